#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "spec/diagnostic.h"

namespace leat::expr {

enum class TokenKind : std::uint8_t {
  end,
  identifier,         // keywords and reserved words too: the parser knows where they may stand
  quoted_identifier,  // in backticks; text = inside
  integer,            // magnitude
  unsigned_integer,
  real,
  string,  // text = with escapes resolved
  bytes,
  punctuation,  // text = `??`, `&&`, `(`, …
};

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
  std::string text;
  std::uint64_t magnitude = 0;
  double real = 0;
};

struct Tokens {
  std::vector<Token> tokens;  // the last is `end`
  std::vector<spec::Diagnostic> diagnostics;
  bool dropped = false;  // the list is not what was meant: the grammar has nothing to say about it
};

// What to write where a quote ended a string too early.
inline constexpr std::string_view kQuoteInside =
    ": inside '…' a `'` is written \\', and inside \"…\" it needs nothing";

// Splits the text of an expression; comments (`//`) and white space are dropped. A bad token is
// reported and stands in the list as what it looks like. Requires: valid UTF-8.
Tokens tokenize(std::string_view text);

// Words that stand for something else than a name, and words that CEL keeps for other languages.
bool is_keyword(std::string_view word) noexcept;
bool is_reserved(std::string_view word) noexcept;

// A diagnostic of an expression, without pointer.
spec::Diagnostic diagnose(std::string code, std::string message, Span span);

}  // namespace leat::expr
