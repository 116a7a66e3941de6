#include <limits>

#include "operators/aggregates/exact_sum.h"
#include "operators/aggregates/function_over.h"
#include "operators/aggregates/makers.h"
#include "operators/aggregates/numbers.h"

namespace leat::operators {
namespace {

using record::RowError;
using record::Type;
using record::Value;

constexpr std::int64_t kUnit = -1074;  // of ExactSum: 2^-1074

bool fits_int64(SignedWide number) noexcept {
  return number >= std::numeric_limits<std::int64_t>::min() &&
         number <= std::numeric_limits<std::int64_t>::max();
}

SignedWide whole_of(const Value& number) noexcept {
  if (number.is(Type::integer)) return number.as_integer();
  return static_cast<SignedWide>(number.as_unsigned());
}

double rounded(const ExactSum& sum) noexcept {
  const auto lowest = static_cast<std::int64_t>(sum.low_word() * 64);
  const double size = nearest_double(sum.magnitude(), kUnit + lowest);
  return sum.negative() ? -size : size;
}

// Of a whole number of up to 127 bits.
Term term_of_whole(SignedWide number) noexcept {
  Term term = term_of(Value::integer(1));
  term.negative = number < 0;
  term.magnitude = number < 0 ? Wide{0} - static_cast<Wide>(number) : static_cast<Wide>(number);
  return term;
}

// The ints and the doubles among the values, apart: the ints overflow where there is no double.
struct Sum {
  std::uint64_t low = 0;  // the sum of the ints, 128 bits
  std::uint64_t high = 0;
  std::uint64_t wholes = 0;  // how many ints
  std::uint64_t reals = 0;   // how many doubles
  ExactSum real_sum;

  SignedWide whole() const noexcept {
    return static_cast<SignedWide>(static_cast<Wide>(high) << 64 | low);
  }
  void set_whole(SignedWide number) noexcept {
    low = static_cast<std::uint64_t>(number);
    high = static_cast<std::uint64_t>(static_cast<Wide>(number) >> 64);
  }
  std::size_t heap_bytes() const noexcept { return real_sum.heap_bytes(); }
  void pack(std::string& out) const {
    put_varint(wholes, out);
    put_varint(reals, out);
    put_signed_wide(whole(), out);
    real_sum.pack(out);
  }
  void unpack(Unpacker& in) {
    wholes = in.varint();
    reals = in.varint();
    const SignedWide number = in.signed_wide();
    const auto most = static_cast<SignedWide>(wholes);
    const SignedWide above = number >> 64;  // no number is beyond 2^64
    if (wholes >> 62 != 0 || above > most || above < -most - 1) in.fail();
    set_whole(number);
    real_sum.unpack(in);
  }
};

class SumFunction final : public FunctionOver<Sum> {
 public:
  const RowError* check(const void* state, Arguments arguments) const override {
    const Value& value = arguments[0];
    if (const RowError* const error = check_summable(value)) return error;
    if (value.is_missing() || value.is(Type::real) || of(state).reals != 0) return nullptr;
    return fits_int64(of(state).whole() + whole_of(value)) ? nullptr : &expr::kOverflow;
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    const Value& value = arguments[0];
    Sum& sum = of(state);
    if (value.is_missing()) return;
    if (value.is(Type::real)) {
      ++sum.reals;
      return sum.real_sum.add(term_of(value));
    }
    ++sum.wholes;
    sum.set_whole(sum.whole() + whole_of(value));
  }
  const RowError* check_merge(const void* into, const void* from) const override {
    if (of(into).reals != 0 || of(from).reals != 0) return nullptr;
    return fits_int64(of(into).whole() + of(from).whole()) ? nullptr : &expr::kOverflow;
  }
  void merge(void* into, const void* from) const override {
    Sum& sum = of(into);
    const Sum& other = of(from);
    sum.wholes += other.wholes;
    sum.reals += other.reals;
    sum.set_whole(sum.whole() + other.whole());
    sum.real_sum.add(other.real_sum);
  }
  bool retracts() const noexcept override { return true; }
  void retract(void* state, Arguments arguments) const override {
    const Value& value = arguments[0];
    Sum& sum = of(state);
    if (value.is_missing()) return;
    if (value.is(Type::real)) {
      --sum.reals;
      return sum.real_sum.subtract(term_of(value));
    }
    --sum.wholes;
    sum.set_whole(sum.whole() - whole_of(value));
  }
  Value result(const void* state, base::Arena&) const override {
    const Sum& sum = of(state);
    if (sum.reals == 0 && sum.wholes == 0) return Value::null();
    if (sum.reals == 0)
      return fits_int64(sum.whole()) ? Value::integer(static_cast<std::int64_t>(sum.whole()))
                                     : Value::error(expr::kOverflow);
    if (sum.whole() == 0) return Value::real(rounded(sum.real_sum));
    ExactSum all(sum.real_sum);
    all.add(term_of_whole(sum.whole()));
    return Value::real(rounded(all));
  }
};

struct Average {
  std::uint64_t values = 0;
  ExactSum sum;

  std::size_t heap_bytes() const noexcept { return sum.heap_bytes(); }
  void pack(std::string& out) const {
    put_varint(values, out);
    sum.pack(out);
  }
  void unpack(Unpacker& in) {
    values = in.varint();
    sum.unpack(in);
  }
};

class AverageFunction final : public FunctionOver<Average> {
 public:
  const RowError* check(const void*, Arguments arguments) const override {
    return check_summable(arguments[0]);
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (arguments[0].is_missing()) return;
    ++of(state).values;
    of(state).sum.add(term_of(arguments[0]));
  }
  void merge(void* into, const void* from) const override {
    of(into).values += of(from).values;
    of(into).sum.add(of(from).sum);
  }
  bool retracts() const noexcept override { return true; }
  void retract(void* state, Arguments arguments) const override {
    if (arguments[0].is_missing()) return;
    --of(state).values;
    of(state).sum.subtract(term_of(arguments[0]));
  }
  Value result(const void* state, base::Arena&) const override {
    constexpr std::size_t kExtraWords = 2;  // so that the quotient has bits enough to round
    const Average& average = of(state);
    if (average.values == 0) return Value::null();
    Natural number = average.sum.magnitude();
    number.shift_words(kExtraWords);
    const bool more = number.divide(average.values) != 0;
    const auto lowest = static_cast<std::int64_t>(average.sum.low_word() * 64);
    const double size =
        nearest_double(number, kUnit + lowest - static_cast<std::int64_t>(kExtraWords * 64), more);
    return Value::real(average.sum.negative() ? -size : size);
  }
};

}  // namespace

MadeFunction make_sum() { return std::make_shared<SumFunction>(); }
MadeFunction make_average() { return std::make_shared<AverageFunction>(); }

}  // namespace leat::operators
