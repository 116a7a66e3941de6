#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reference/interpreter.h"

// Random expressions that mostly fit together, and rows for them.
namespace leat::reference {

enum class Kind : std::uint8_t {
  boolean,
  integer,
  natural,
  real,
  string,
  bytes,
  timestamp,
  duration,
  list,
  map,  // from strings
  optional,
  any,
};

// The type of an expression; lists, maps and optionals are of scalars.
struct Shape {
  Kind kind = Kind::any;
  Kind item = Kind::integer;
};

struct FieldShape {
  std::string_view name;
  Shape shape;
};
// The top-level fields of the rows; `n` is an object of anything.
extern const std::array<FieldShape, 16> kFields;

// Chooses by a seed, or by the bytes it is given (zeros behind them): the same gives the same. Thread-confined.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  explicit Generator(std::string_view choices) : by_choices_(true), choices_(choices) {}

  // An expression of the text, at most `depth` operators and calls inside each other.
  std::string expression(int depth);
  // Values for the fields: often of their shape, sometimes of another, null or absent.
  Row row();
  // 0 … bound - 1. Requires: bound > 0, and at most 256 when it chooses by bytes.
  std::size_t below(std::size_t bound) {
    if (!by_choices_) return random_() % bound;
    if (choices_.empty()) return 0;
    const auto choice = static_cast<unsigned char>(choices_.front());
    choices_.remove_prefix(1);
    return choice % bound;
  }

 private:
  bool one_in(std::size_t bound) { return below(bound) == 0; }
  std::string_view pick(std::initializer_list<std::string_view> all) {
    return all.begin()[below(all.size())];
  }
  Kind scalar();

  // Texts; each kind of expression is written by the function of its name.
  std::string of(Shape shape, int depth);
  std::string of(Kind kind, int depth) { return of(Shape{kind, Kind::integer}, depth); }
  std::string leaf(Shape shape);
  std::string literal(Shape shape);
  std::string general(Shape shape,
                      int depth);  // ?:, ??, variables, macros and optionals of any kind
  std::string boolean(int depth);
  std::string quantifier(int depth);
  std::string integer(int depth);
  std::string natural(int depth);
  std::string real(int depth);
  std::string string(int depth);
  std::string bytes(int depth);
  std::string timestamp(int depth);
  std::string duration(int depth);
  std::string list(Kind item, int depth);
  std::string map(Kind item, int depth);
  std::string optional(Kind item, int depth);
  std::string any(int depth);
  // `body` with a variable of that shape in scope, called `name`.
  std::string inside(std::string_view name, Shape variable, Shape body, int depth);
  std::string_view variable_name() { return pick({"v", "w", "i", "s"}); }

  Thing value(Shape shape);
  Thing json(int depth);

  std::mt19937 random_;
  bool by_choices_ = false;
  std::string_view choices_;
  std::vector<std::pair<std::string, Shape>> scope_;
};

}  // namespace leat::reference
