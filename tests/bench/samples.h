#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace leat::bench {

// Every value of a run is kept, so that a percentile is exact. Thread-confined.
class Samples {
 public:
  void reserve(std::size_t count) { values_.reserve(count); }
  void add(std::int64_t value) { values_.push_back(value); }

  // {"count":…,"p50":…,"p90":…,"p99":…,"p999":…,"max":…,"mean":…,"histogram":[[upper,count],…]}: values divided by `unit`;
  // the histogram's bounds are 1 % apart, empty ones left out.
  std::string json(double unit) {
    if (values_.empty()) return "null";
    std::sort(values_.begin(), values_.end());
    double sum = 0;
    for (const std::int64_t value : values_) sum += static_cast<double>(value);
    std::string out = "{\"count\":" + std::to_string(values_.size());
    append(out, "p50", at(0.5) / unit);
    append(out, "p90", at(0.9) / unit);
    append(out, "p99", at(0.99) / unit);
    append(out, "p999", at(0.999) / unit);
    append(out, "max", static_cast<double>(values_.back()) / unit);
    append(out, "mean", sum / static_cast<double>(values_.size()) / unit);
    out += ",\"histogram\":[";
    append_histogram(out, unit);
    return out + "]}";
  }
  // After json().
  double at(double share) const {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values_.size())));
    return static_cast<double>(values_[rank == 0 ? 0 : rank - 1]);
  }
  void sort() { std::sort(values_.begin(), values_.end()); }
  bool empty() const noexcept { return values_.empty(); }

 private:
  static void append(std::string& out, const char* name, double value) {
    char text[64];
    std::snprintf(text, sizeof text, ",\"%s\":%.3f", name, value);
    out += text;
  }
  void append_histogram(std::string& out, double unit) const {
    std::size_t from = 0;
    while (from < values_.size()) {
      const double bound = std::max(static_cast<double>(values_[from]), unit) * 1.01;
      std::size_t to = from;
      while (to < values_.size() && static_cast<double>(values_[to]) <= bound) ++to;
      char text[64];
      std::snprintf(text, sizeof text, "%s[%.1f,%zu]", from == 0 ? "" : ",", bound / unit, to - from);
      out += text;
      from = to;
    }
  }

  std::vector<std::int64_t> values_;
};

}  // namespace leat::bench
