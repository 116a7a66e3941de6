// words: texts taken apart. README.md has the functions.
#include <leat/plugin.hpp>

LEAT_PLUGIN("words", "1.0.0");

namespace {

// ASCII letters and digits, and every byte of a longer UTF-8 character.
bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z');
}

// Calls visit(word) for each run of such characters.
template <class Visit>
void each_word(std::string_view text, Visit visit) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end > i) visit(text.substr(i, end - i));
    i = end + 1;
  }
}

std::string lowered(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string slug(std::string_view text) {
  std::string joined;
  each_word(text, [&](std::string_view word) {
    if (!joined.empty()) joined += '-';
    joined += lowered(word);
  });
  return joined;
}

int64_t count(std::string_view text) {
  int64_t words = 0;
  each_word(text, [&](std::string_view) { ++words; });
  return words;
}

// The instance reads `with` once; each row gives a row per word that is long enough.
class Split {
 public:
  explicit Split(leat::With with)
      : shortest_(with.integer("shortest", 1)), lower_(with.boolean("lower", false)) {
    if (shortest_ < 1) throw std::invalid_argument("`with.shortest` must be at least 1");
  }
  void operator()(std::string_view text, leat::Emit& emit) const {
    int64_t position = 0;
    each_word(text, [&](std::string_view word) {
      ++position;
      if (static_cast<int64_t>(word.size()) < shortest_) return;
      if (lower_) {
        emit.row(lowered(word), position);
      } else {
        emit.row(word, position);
      }
    });
  }

 private:
  int64_t shortest_;
  bool lower_;
};

}  // namespace

LEAT_REGISTER(r) {
  r.scalar("slug", "(text: string) -> string?", slug)
      .pure()
      .null_propagates()
      .batch_invariant()
      .doc("The words of a text in lower case, joined by hyphens.");
  r.scalar("count", "(text: string) -> int?", count)
      .pure()
      .null_propagates()
      .batch_invariant()
      .doc("The number of words of a text.");
  r.flat_map<Split>("split", "(text: string) -> +{ word: string, position: int }")
      .pure()
      .null_propagates()
      .batch_invariant()
      .doc("A row for each word of `text`, with its place from 1.");
}
