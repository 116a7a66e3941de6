#include "spec/stop_if.h"

#include <array>
#include <charconv>
#include <string>

#include "base/text.h"
#include "spec/fields.h"

namespace leat::spec {
namespace {

Status bad(std::string why) {
  return Status(Code::invalid_argument,
                why +
                    "; write `error_ratio > 0.05 over 1m` or `errors >= 10 over 5m and records > "
                    "100`");
}

template <class T>
bool read_number(std::string_view text, T& out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_measure(std::string_view word, StopIfSpec::Measure& out) noexcept {
  using M = StopIfSpec::Measure;
  constexpr std::array<std::pair<std::string_view, M>, 3> kMeasures{
      {{"error_ratio", M::error_ratio}, {"errors", M::errors}, {"late_ratio", M::late_ratio}}};
  for (const auto& [name, measure] : kMeasures) {
    if (word != name) continue;
    out = measure;
    return true;
  }
  return false;
}

Status read_threshold(std::string_view word, StopIfSpec& out) {
  if (!read_number(word, out.threshold) || !(out.threshold >= 0 && out.threshold <= 1e15))
    return bad("the bound is not a number from 0 on");
  if (out.measure != StopIfSpec::Measure::errors && out.threshold > 1)
    return bad("a ratio lies between 0 and 1");
  return {};
}

Status read_span(std::string_view word, StopIfSpec& out) {
  std::int64_t ns = 0;
  if (!base::parse_duration_ns(word, ns)) return bad("the time behind `over` is not a duration");
  out.over = Duration(ns);
  if (out.over < std::chrono::seconds(1) || out.over > std::chrono::hours(24))
    return bad("the time behind `over` lies between 1s and 1d");
  return {};
}

}  // namespace

Result<StopIfSpec> parse_stop_if(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split_words(text))
    if (!word.empty()) words.push_back(word);
  StopIfSpec out;
  if (words.size() != 5 && words.size() != 9) return bad("this is no condition");
  if (!read_measure(words[0], out.measure))
    return bad("a condition begins with `error_ratio`, `errors` or `late_ratio`");
  if (words[1] != ">" && words[1] != ">=") return bad("a condition compares by `>` or `>=`");
  out.or_equal = words[1] == ">=";
  LEAT_RETURN_IF_ERROR(read_threshold(words[2], out));
  if (words[3] != "over") return bad("`over` is missing");
  LEAT_RETURN_IF_ERROR(read_span(words[4], out));
  if (words.size() == 5) return out;
  if (words[5] != "and" || words[6] != "records" || words[7] != ">")
    return bad("only `and records > N` can follow");
  if (!read_number(words[8], out.more_records_than))
    return bad("the number of records is not an integer from 0 on");
  return out;
}

}  // namespace leat::spec
