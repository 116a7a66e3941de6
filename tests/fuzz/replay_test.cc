// The corpora of the fuzz targets, and damaged copies of what is in them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/codec_target.h"
#include "fuzz/elf_target.h"
#include "fuzz/events_target.h"
#include "fuzz/expr_target.h"
#include "fuzz/expr_tree_target.h"
#include "fuzz/gate_target.h"
#include "fuzz/http_target.h"
#include "fuzz/json_target.h"
#include "fuzz/spec_target.h"
#include "source_dir.h"

namespace leat::fuzz {
namespace {

using Target = void (*)(std::string_view);

struct Sample {
  std::string name;
  std::string bytes;
};

std::vector<Sample> corpus_of(const std::string& target) {
  std::vector<Sample> samples;
  const std::filesystem::path folder = LEAT_SOURCE_DIR "/tests/fuzz/corpus/" + target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    samples.push_back({entry.path().filename().string(),
                       {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}});
  }
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.name < b.name; });
  return samples;
}

// A crash ends the program: what is said before it names the sample.
void replay(const std::string& target, Target run) {
  const std::vector<Sample> samples = corpus_of(target);
  ASSERT_FALSE(samples.empty());
  for (const Sample& sample : samples) {
    std::cout << target << '/' << sample.name << std::endl;
    run(sample.bytes);
  }
}

constexpr std::string_view kPieces = "{}[]()\",:.?\\ \t\r\n0-e%/'`\x1e\xC3\x80\x7f";

void replay_damaged(const std::string& target, Target run, int copies) {
  const std::vector<Sample> samples = corpus_of(target);
  std::mt19937 random(2026);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (const Sample& sample : samples) {
    std::cout << target << '/' << sample.name << " damaged" << std::endl;
    for (int copy = 0; copy < copies; ++copy) {
      std::string bytes = sample.bytes;
      if (below(4) == 0) {
        const std::string& other = samples[below(samples.size())].bytes;
        bytes = bytes.substr(0, below(bytes.size() + 1)) + other.substr(below(other.size() + 1));
      }
      for (std::size_t hits = 1 + below(4); hits > 0 && !bytes.empty(); --hits) {
        const std::size_t at = below(bytes.size());
        switch (below(4)) {
          case 0: bytes.erase(at, 1 + below(4)); break;
          case 1: bytes.insert(at, 1, kPieces[below(kPieces.size())]); break;
          case 2: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
          default: bytes.resize(at);
        }
      }
      run(bytes);
    }
  }
}

TEST(FuzzReplay, Json) { replay("json", fuzz_json); }
TEST(FuzzReplay, JsonDamaged) { replay_damaged("json", fuzz_json, 200); }
TEST(FuzzReplay, Spec) { replay("spec", fuzz_spec); }
TEST(FuzzReplay, SpecDamaged) { replay_damaged("spec", fuzz_spec, 60); }
TEST(FuzzReplay, Expr) { replay("expr", fuzz_expr); }
TEST(FuzzReplay, ExprDamaged) { replay_damaged("expr", fuzz_expr, 100); }
TEST(FuzzReplay, ExprTree) { replay("expr_tree", fuzz_expr_tree); }
TEST(FuzzReplay, ExprTreeDamaged) { replay_damaged("expr_tree", fuzz_expr_tree, 100); }
TEST(FuzzReplay, Gate) { replay("gate", fuzz_gate); }
TEST(FuzzReplay, GateDamaged) { replay_damaged("gate", fuzz_gate, 200); }
TEST(FuzzReplay, Codec) { replay("codec", fuzz_codec); }
TEST(FuzzReplay, CodecDamaged) { replay_damaged("codec", fuzz_codec, 60); }
TEST(FuzzReplay, Events) { replay("events", fuzz_events); }
TEST(FuzzReplay, EventsDamaged) { replay_damaged("events", fuzz_events, 200); }
TEST(FuzzReplay, Http) { replay("http", fuzz_http); }
TEST(FuzzReplay, HttpDamaged) { replay_damaged("http", fuzz_http, 20); }
TEST(FuzzReplay, Elf) { replay("elf", fuzz_elf); }
TEST(FuzzReplay, ElfDamaged) { replay_damaged("elf", fuzz_elf, 400); }

}  // namespace
}  // namespace leat::fuzz
