#include "expr/errors.h"
#include "operators/aggregates/function_over.h"
#include "operators/aggregates/makers.h"

namespace leat::operators {
namespace {

using record::RowError;
using record::Type;
using record::Value;

struct Count {
  std::uint64_t rows = 0;

  static std::size_t heap_bytes() noexcept { return 0; }
  void pack(std::string& out) const { put_varint(rows, out); }
  void unpack(Unpacker& in) { rows = in.varint(); }
};

enum class Counted : std::uint8_t { rows, values, true_ones };

template <Counted counted>
class CountFunction final : public FunctionOver<Count> {
 public:
  const RowError* check(const void*, Arguments arguments) const override {
    if constexpr (counted == Counted::true_ones)
      if (!arguments[0].is_missing() && !arguments[0].is(Type::boolean))
        return &expr::kNoSuchOverload;
    return nullptr;
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    of(state).rows += counts(arguments);
  }
  void merge(void* into, const void* from) const override { of(into).rows += of(from).rows; }
  bool retracts() const noexcept override { return true; }
  void retract(void* state, Arguments arguments) const override {
    of(state).rows -= counts(arguments);
  }
  Value result(const void* state, base::Arena&) const override {
    return Value::integer(static_cast<std::int64_t>(of(state).rows));
  }

 private:
  static std::uint64_t counts(Arguments arguments) noexcept {
    if constexpr (counted == Counted::rows) return 1;
    if constexpr (counted == Counted::values) return arguments[0].is_missing() ? 0 : 1;
    if constexpr (counted == Counted::true_ones)
      return !arguments[0].is_missing() && arguments[0].as_boolean() ? 1 : 0;
  }
};

}  // namespace

MadeFunction make_count_rows() { return std::make_shared<CountFunction<Counted::rows>>(); }
MadeFunction make_count_values() { return std::make_shared<CountFunction<Counted::values>>(); }
MadeFunction make_count_if() { return std::make_shared<CountFunction<Counted::true_ones>>(); }

}  // namespace leat::operators
