#include "runtime/checkpoint.h"

#include <algorithm>
#include <array>

#include "crypto/digest.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::runtime {
namespace {

constexpr std::size_t kNameMax = 63;
constexpr std::string_view kIdPrefix = "ckpt-";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

template <class T>
bool read(const json::Value& object, std::string_view name, T& out) {
  const json::Value* member = object.find(name);
  if (member == nullptr) return false;
  const auto number = member->as_integer<T>();
  if (number) out = *number;
  return number.has_value();
}

bool read(const json::Value& object, std::string_view name, double& out) {
  const json::Value* member = object.find(name);
  const auto number = member == nullptr ? std::nullopt : member->as_double();
  if (number) out = *number;
  return number.has_value();
}

bool read(const json::Value& object, std::string_view name, std::string& out) {
  const json::Value* member = object.find(name);
  const std::string* text = member == nullptr ? nullptr : member->as_string();
  if (text != nullptr) out = *text;
  return text != nullptr;
}

bool read_position(const json::Value& object, CheckpointInfo::Position& out) {
  read(object, "event_time_us", out.event_time_us);  // absent = none
  return read(object, "source", out.source) && read(object, "topic", out.topic) &&
         read(object, "partition", out.partition) && read(object, "next", out.next);
}

}  // namespace

std::string definition_digest(const plan::Plan& plan) {
  std::string all = plan.spec->json;
  for (const plan::KeyedStep& step : plan.keyed) all += '\n' + step.step + '\n' + step.schema;
  std::array<std::uint8_t, crypto::kDigestBytesMax> bytes{};
  crypto::Digester digester;
  if (!digester.compute(crypto::DigestKind::sha256, all, bytes)) return all;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string write_metadata(const CheckpointInfo& about) {
  json::Writer writer;
  writer.begin_object()
      .member("v", 1)
      .member("generation", about.generation)
      .member("at_us", about.at.us)
      .member("align_ms", about.align_ms)
      .member("persist_ms", about.persist_ms)
      .member("commit_ms", about.commit_ms)
      .member("definition", about.definition)
      .key("positions")
      .begin_array();
  for (const CheckpointInfo::Position& position : about.positions) {
    writer.begin_object()
        .member("source", position.source)
        .member("topic", position.topic)
        .member("partition", position.partition)
        .member("next", position.next);
    if (position.event_time_us != record::kNoTime)
      writer.member("event_time_us", position.event_time_us);
    writer.end_object();
  }
  return writer.end_array().end_object().take();
}

Result<CheckpointInfo> read_checkpoint(const state::Store::Checkpoint& kept) {
  CheckpointInfo about;
  about.id = kept.id;
  about.name = kept.name;
  about.epoch = kept.epoch;
  about.bytes = kept.bytes;
  const Status damaged =
      Status(Code::data_loss, "a checkpoint's description cannot be read").with("id", kept.id);
  json::ParseOptions options;
  options.bytes_max = kept.metadata.size();
  options.values_max = kept.metadata.size();
  const json::Parsed parsed = json::parse(kept.metadata, options);
  if (!parsed.ok()) return damaged;
  const json::Value& root = parsed.root();
  const json::Value* positions = root.find("positions");
  const bool whole = read(root, "generation", about.generation) &&
                     read(root, "at_us", about.at.us) && read(root, "align_ms", about.align_ms) &&
                     read(root, "persist_ms", about.persist_ms) &&
                     read(root, "commit_ms", about.commit_ms) &&
                     read(root, "definition", about.definition) && positions != nullptr;
  if (!whole) return damaged;
  for (const json::Value& one : positions->elements())
    if (!read_position(one, about.positions.emplace_back())) return damaged;
  return about;
}

const CheckpointInfo* find_checkpoint(const std::vector<CheckpointInfo>& all,
                                      std::string_view wanted) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const CheckpointInfo& one) {
    return one.id == wanted || (!wanted.empty() && one.name == wanted);
  });
  return found == all.end() ? nullptr : &*found;
}

bool is_checkpoint_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kNameMax || !(is_letter(name[0]) || is_digit(name[0])))
    return false;
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), fits)) return false;
  if (!name.starts_with(kIdPrefix)) return true;
  const std::string_view rest = name.substr(kIdPrefix.size());
  return rest.empty() || !std::all_of(rest.begin(), rest.end(), is_digit);
}

}  // namespace leat::runtime
