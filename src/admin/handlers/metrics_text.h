#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace leat::admin {

using MetricLabels = std::vector<std::pair<std::string_view, std::string_view>>;

// Writes the Prometheus text format 0.0.4: families one after the other, each with HELP and TYPE
// before its samples. A family without samples leaves no trace. Thread-confined.
class MetricsText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(const MetricLabels& labels, double value);
  void sample(const MetricLabels& labels, std::uint64_t value);
  // All of one histogram of microseconds, in seconds, with buckets from 100 µs to 60 s.
  void histogram(const MetricLabels& labels, const base::HistogramSnapshot& microseconds);
  std::string take();

 private:
  void line(std::string_view suffix, const MetricLabels& labels, std::string_view bound,
            const std::string& value);
  void begin_samples();

  std::string out_;
  std::string name_;
  std::string heading_;  // of the family, until its first sample
};

}  // namespace leat::admin
