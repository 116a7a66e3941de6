#include "admin/handlers/metrics_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace leat::admin {
namespace {

struct Bucket {
  std::uint64_t us;
  std::string_view text;
};
constexpr std::array<Bucket, 18> kBuckets{{{100, "0.0001"},
                                           {250, "0.00025"},
                                           {500, "0.0005"},
                                           {1'000, "0.001"},
                                           {2'500, "0.0025"},
                                           {5'000, "0.005"},
                                           {10'000, "0.01"},
                                           {25'000, "0.025"},
                                           {50'000, "0.05"},
                                           {100'000, "0.1"},
                                           {250'000, "0.25"},
                                           {500'000, "0.5"},
                                           {1'000'000, "1"},
                                           {2'500'000, "2.5"},
                                           {5'000'000, "5"},
                                           {10'000'000, "10"},
                                           {30'000'000, "30"},
                                           {60'000'000, "60"}}};

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), error == std::errc() ? end : buffer.data());
}

void append_label_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  heading_ = "# HELP " + name_ + ' ' + std::string(help) + "\n# TYPE " + name_ + ' ' +
             std::string(type) + '\n';
}

void MetricsText::begin_samples() {
  out_ += heading_;
  heading_.clear();
}

void MetricsText::line(std::string_view suffix, const MetricLabels& labels, std::string_view bound,
                       const std::string& value) {
  begin_samples();
  out_ += name_;
  out_ += suffix;
  char separator = '{';
  for (const auto& [key, text] : labels) {
    out_ += separator;
    out_ += key;
    out_ += "=\"";
    append_label_value(out_, text);
    out_ += '"';
    separator = ',';
  }
  if (!bound.empty()) {
    out_ += separator;
    out_ += "le=\"";
    out_ += bound;
    out_ += '"';
    separator = ',';
  }
  if (separator == ',') out_ += '}';
  out_ += ' ' + value + '\n';
}

void MetricsText::sample(const MetricLabels& labels, double value) {
  line("", labels, "", number_text(value));
}

void MetricsText::sample(const MetricLabels& labels, std::uint64_t value) {
  line("", labels, "", std::to_string(value));
}

void MetricsText::histogram(const MetricLabels& labels,
                            const base::HistogramSnapshot& microseconds) {
  for (const Bucket& bucket : kBuckets)
    line("_bucket", labels, bucket.text, std::to_string(microseconds.count_up_to(bucket.us)));
  line("_bucket", labels, "+Inf", std::to_string(microseconds.total()));
  line("_sum", labels, "", number_text(static_cast<double>(microseconds.sum()) / 1e6));
  line("_count", labels, "", std::to_string(microseconds.total()));
}

std::string MetricsText::take() { return std::exchange(out_, {}); }

}  // namespace leat::admin
