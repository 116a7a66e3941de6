#include "runtime/stop_rule.h"

#include <algorithm>

#include "base/text.h"
#include "json/write.h"

namespace leat::runtime {
namespace {

std::string_view name_of(spec::StopIfSpec::Measure measure) noexcept {
  switch (measure) {
    case spec::StopIfSpec::Measure::error_ratio: return "error_ratio";
    case spec::StopIfSpec::Measure::errors: return "errors";
    case spec::StopIfSpec::Measure::late_ratio: return "late_ratio";
  }
  return "errors";
}

double ratio(std::uint64_t part, std::uint64_t all) noexcept {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

std::string number(double value) {
  std::string text;
  json::append_double(text, value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

Duration StopRule::step() const noexcept {
  return std::max<Duration>(std::chrono::seconds(1), spec_.over / kSamplesMax);
}

void StopRule::begin(Instant now, const Totals& totals) {
  samples_.assign(1, {now, totals});
  next_ = now + step();
}

double StopRule::measured(const Totals& from, const Totals& to) const noexcept {
  switch (spec_.measure) {
    case spec::StopIfSpec::Measure::error_ratio:
      return ratio(to.errors - from.errors, to.records - from.records);
    case spec::StopIfSpec::Measure::errors: return static_cast<double>(to.errors - from.errors);
    case spec::StopIfSpec::Measure::late_ratio:
      return ratio(to.late - from.late, to.records - from.records);
  }
  return 0;
}

std::optional<std::string> StopRule::look(Instant now, const Totals& totals) {
  if (now < next_ || samples_.empty()) return std::nullopt;
  next_ = now + step();
  while (samples_.size() > 1 && samples_[1].first <= now - spec_.over) samples_.pop_front();
  const Totals from = samples_.front().second;
  samples_.emplace_back(now, totals);
  if (totals.records - from.records <= spec_.more_records_than && spec_.more_records_than != 0)
    return std::nullopt;
  const double value = measured(from, totals);
  const bool met = spec_.or_equal ? value >= spec_.threshold : value > spec_.threshold;
  if (!met) return std::nullopt;
  return "STOP_IF: " + std::string(name_of(spec_.measure)) + " " + number(value) +
         (spec_.or_equal ? " >= " : " > ") + number(spec_.threshold) + " over " +
         base::format_duration(spec_.over.count());
}

}  // namespace leat::runtime
