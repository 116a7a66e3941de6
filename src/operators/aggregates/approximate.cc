#include "operators/aggregates/distinct_sketch.h"
#include "operators/aggregates/function_over.h"
#include "operators/aggregates/makers.h"
#include "operators/aggregates/quantile_sketch.h"
#include "operators/aggregates/row_errors.h"
#include "operators/aggregates/value_order.h"
#include "record/key_hash.h"

namespace leat::operators {
namespace {

using record::RowError;
using record::Value;

class ApproxCountFunction final : public FunctionOver<DistinctSketch> {
 public:
  const RowError* check(const void*, Arguments arguments) const override {
    return arguments[0].is_missing() ? nullptr : check_comparable(arguments[0]);
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (!arguments[0].is_missing()) of(state).add(record::mix_key(0, arguments[0]));
  }
  void merge(void* into, const void* from) const override { of(into).merge(of(from)); }
  Value result(const void* state, base::Arena&) const override {
    return Value::integer(static_cast<std::int64_t>(of(state).estimate()));
  }
};

class PercentileFunction final : public FunctionOver<QuantileSketch> {
 public:
  explicit PercentileFunction(double share) : share_(share) {}

  const RowError* check(const void* state, Arguments arguments) const override {
    const Value& value = arguments[0];
    if (value.is_missing()) return nullptr;
    if (const RowError* const error = check_comparable(value)) return error;
    const Kind kind = kind_of(value);
    if (kind != Kind::number && kind != Kind::timestamp && kind != Kind::duration)
      return &expr::kNoSuchOverload;
    const Kind held = of(state).kind();
    return held == Kind::none || held == kind ? nullptr : &kMixedTypes;
  }
  void add(void* state, Arguments arguments, const RowPlace&) const override {
    if (!arguments[0].is_missing()) of(state).add(arguments[0]);
  }
  bool merges() const noexcept override { return false; }
  const RowError* check_merge(const void* into, const void* from) const override {
    const Kind a = of(into).kind();
    const Kind b = of(from).kind();
    return a == b || a == Kind::none || b == Kind::none ? nullptr : &kMixedTypes;
  }
  void merge(void* into, const void* from) const override { of(into).merge(of(from)); }
  Value result(const void* state, base::Arena&) const override { return of(state).at(share_); }

 private:
  double share_;
};

}  // namespace

MadeFunction make_approx_count_distinct() { return std::make_shared<ApproxCountFunction>(); }
MadeFunction make_approx_percentile(double share) {
  return std::make_shared<PercentileFunction>(share);
}

}  // namespace leat::operators
