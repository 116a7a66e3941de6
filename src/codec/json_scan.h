#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "record/batch.h"

namespace leat::codec {

// What a value begins with.
enum class Kind : std::uint8_t {
  bad,
  object,
  list,
  string,
  number,
  true_word,
  false_word,
  null_word
};

namespace detail {
inline constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  kinds['{'] = Kind::object;
  kinds['['] = Kind::list;
  kinds['"'] = Kind::string;
  kinds['-'] = Kind::number;
  for (std::size_t c = '0'; c <= '9'; ++c) kinds[c] = Kind::number;
  kinds['t'] = Kind::true_word;
  kinds['f'] = Kind::false_word;
  kinds['n'] = Kind::null_word;
  return kinds;
}();
}  // namespace detail

inline Kind kind_of(char first) noexcept {
  return detail::kKinds[static_cast<unsigned char>(first)];
}
inline bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// One record after the first stage, a view: its bytes and where its tokens begin. A token is a
// bracket, comma or colon outside of strings, or the first character of a string, number or word.
// Behind the last token of the scan stand others, so that reading two tokens ahead is safe; behind
// the bytes stand 64 readable ones.
struct ScannedText {
  const char* base = nullptr;  // offsets are relative to this
  std::uint32_t begin = 0;     // of the record
  std::uint32_t end = 0;
  const std::uint32_t* tokens = nullptr;      // the record's first
  const std::uint32_t* tokens_end = nullptr;  // of the record; the next is at or behind `end`
  bool escapes = false;                       // a backslash stands somewhere in it
  const record::RowError* error = nullptr;
};

// Reads the tokens of one record in order. The caller knows what must come; nothing moves past the
// record's end unseen, because what stands there is no part of it and finish() asks.
class Cursor {
 public:
  explicit Cursor(const ScannedText& text) noexcept
      : base_(text.base), at_(text.tokens), end_(text.tokens_end) {}
  Cursor(const char* base, const std::uint32_t* at, const std::uint32_t* end) noexcept
      : base_(base), at_(at), end_(end) {}

  char peek() const noexcept { return base_[*at_]; }
  char peek(std::size_t ahead) const noexcept { return base_[at_[ahead]]; }
  std::uint32_t position() const noexcept { return *at_; }
  std::uint32_t position(std::size_t ahead) const noexcept { return at_[ahead]; }
  void advance(std::size_t tokens = 1) noexcept { at_ += tokens; }
  const std::uint32_t* token() const noexcept { return at_; }
  bool done() const noexcept { return at_ >= end_; }
  // The value's last character + 1, for the scalar or string at the cursor: what stands before the
  // next token, without spaces.
  std::uint32_t scalar_end() const noexcept {
    std::uint32_t end = at_[1];
    while (is_space(base_[end - 1])) --end;
    return end;
  }
  // Moves behind the object or list at the cursor and gives its end; 0 when it does not end (the
  // cursor is then done()), or has more than `depth_max` levels.
  std::uint32_t skip_nested(
      std::size_t depth_max = std::numeric_limits<std::size_t>::max()) noexcept {
    std::size_t depth = 0;
    for (; at_ < end_; ++at_) {
      const char c = base_[*at_];
      if (c == '{' || c == '[') {
        if (++depth > depth_max) return 0;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return *at_++ + 1;
      }
    }
    return 0;
  }

 private:
  const char* base_;
  const std::uint32_t* at_;
  const std::uint32_t* end_;
};

// simdjson's first stage over many records at once. Thread-confined; one of each per decoder or
// encoder, its memory is used again.
class JsonScanner {
 public:
  // Records are taken together up to about so many bytes: copy and tokens then stay in the
  // processor's caches.
  static constexpr std::size_t kChunkBytes = 24 * 1024;
  static constexpr std::size_t kRecordBytesMax = std::size_t{1} << 30;

  // Larger values are RECORD_TOO_LARGE.
  explicit JsonScanner(std::size_t bytes_max = std::numeric_limits<std::size_t>::max());
  ~JsonScanner();
  JsonScanner(const JsonScanner&) = delete;
  JsonScanner& operator=(const JsonScanner&) = delete;

  // Copies the values of rows from `first` on into the arena and finds their tokens; out[i - first]
  // is row i's. Gives the row behind the last one taken (at least one is). Tombstones get an empty
  // text without error. Valid until the next scan. Requires: first < rows.size(), out.size() >=
  // rows.size() - first.
  std::size_t scan(std::span<const record::Row> rows, std::size_t first, base::Arena& arena,
                   std::span<ScannedText> out);

 private:
  class Stage;
  void scan_each(std::span<const record::Row> rows, std::span<ScannedText> out, const char* base);
  void split(std::span<const record::Row> rows, std::span<ScannedText> out);

  const std::size_t bytes_max_;  // at most kRecordBytesMax
  const record::RowError* const too_large_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace leat::codec
