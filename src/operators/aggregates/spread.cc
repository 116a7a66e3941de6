#include <algorithm>
#include <cmath>

#include "operators/aggregates/exact_sum.h"
#include "operators/aggregates/function_over.h"
#include "operators/aggregates/makers.h"
#include "operators/aggregates/numbers.h"

namespace leat::operators {
namespace {

using record::RowError;
using record::Value;

struct Moments {
  std::uint64_t values = 0;
  ExactSum sum;      // units of 2^-1074
  ExactSum squares;  // units of 2^-2148

  std::size_t heap_bytes() const noexcept { return sum.heap_bytes() + squares.heap_bytes(); }
  void pack(std::string& out) const {
    put_varint(values, out);
    sum.pack(out);
    squares.pack(out);
  }
  void unpack(Unpacker& in) {
    values = in.varint();
    sum.unpack(in);
    squares.unpack(in);
    // What 2^64 values can make, so that the numbers below have room.
    constexpr std::size_t kSumWords = 36;
    if (sum.low_word() + sum.word_count() > kSumWords || squares.negative()) in.fail();
  }
};

// The double nearest to (n * squares - sum^2) / (n * divisor).
double variance_of(const Moments& moments, std::uint64_t divisor) {
  constexpr std::size_t kExtraWords = 3;  // so that the quotient has bits enough to round
  Natural numerator = moments.squares.magnitude();
  numerator.times(moments.values);
  Natural square = Natural::square(moments.sum.magnitude());
  std::size_t low = moments.squares.low_word();
  const std::size_t square_low = moments.sum.low_word() * 2;
  if (!square.zero()) {
    const std::size_t lowest = std::min(low, square_low);
    numerator.shift_words(low - lowest);
    square.shift_words(square_low - lowest);
    low = lowest;
    numerator.subtract(square);
  }
  numerator.shift_words(kExtraWords);
  bool more = numerator.divide(moments.values) != 0;
  more = numerator.divide(divisor) != 0 || more;
  const auto exponent =
      static_cast<std::int64_t>(low * 64) - 2148 - static_cast<std::int64_t>(kExtraWords * 64);
  return nearest_double(numerator, exponent, more);
}

class SpreadFunction final : public FunctionOver<Moments> {
 public:
  SpreadFunction(Spread spread, Over over) : spread_(spread), over_(over) {}

  const RowError* check(const void*, Arguments arguments) const override {
    return check_summable(arguments[0]);
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (arguments[0].is_missing()) return;
    Moments& moments = of(state);
    const Term term = term_of(arguments[0]);
    ++moments.values;
    moments.sum.add(term);
    moments.squares.add(square_of(term));
  }
  void merge(void* into, const void* from) const override {
    of(into).values += of(from).values;
    of(into).sum.add(of(from).sum);
    of(into).squares.add(of(from).squares);
  }
  bool retracts() const noexcept override { return true; }
  void retract(void* state, Arguments arguments) const override {
    if (arguments[0].is_missing()) return;
    Moments& moments = of(state);
    const Term term = term_of(arguments[0]);
    --moments.values;
    moments.sum.subtract(term);
    moments.squares.subtract(square_of(term));
  }
  Value result(const void* state, base::Arena&) const override {
    const Moments& moments = of(state);
    const std::uint64_t missing = over_ == Over::sample ? 1 : 0;
    if (moments.values <= missing) return Value::null();
    const double variance = variance_of(moments, moments.values - missing);
    return Value::real(spread_ == Spread::variance ? variance : std::sqrt(variance));
  }

 private:
  Spread spread_;
  Over over_;
};

}  // namespace

MadeFunction make_spread(Spread spread, Over over) {
  return std::make_shared<SpreadFunction>(spread, over);
}

}  // namespace leat::operators
