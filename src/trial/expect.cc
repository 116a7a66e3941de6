#include "trial/expect.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/wall_ms.h"
#include "json/write.h"
#include "spec/field_path.h"
#include "trial/match.h"
#include "trial/row_format.h"
#include "trial/show.h"

namespace leat::trial {
namespace {

using spec::ExpectedRow;

// One row that came, read once.
struct SeenRow {
  const OutputRow* row = nullptr;
  Result<json::Value> value = json::Value();  // of rows that are no tombstones
};

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::string quoted_or_null(const std::optional<std::string>& text) {
  return text ? quoted(*text) : "null";
}

std::string differs(std::string_view what, const std::string& expected, const std::string& got) {
  return std::string(what) + ": expected " + expected + ", got " + got;
}

std::optional<std::string> compare_headers(const ExpectedRow& expected, const OutputRow& row) {
  for (const auto& [name, wanted] : expected.headers) {
    const auto found = std::find_if(row.headers.rbegin(), row.headers.rend(),
                                    [&](const auto& header) { return header.first == name; });
    const bool there = found != row.headers.rend();
    const std::string what = "$headers/" + name;
    if (!wanted && there) return what + ": not expected, got " + quoted_or_null(found->second);
    if (wanted && !there)
      return what + ": expected " + quoted_or_null(wanted) + ", and it is not there";
    if (wanted && found->second != wanted)
      return differs(what, quoted_or_null(wanted), quoted_or_null(found->second));
  }
  return std::nullopt;
}

std::optional<std::string> compare_value(const ExpectedRow& expected, const SeenRow& seen) {
  if (expected.raw && seen.row->value != expected.raw)
    return differs("$raw", quoted_or_null(expected.raw), quoted_or_null(seen.row->value));
  if (!expected.value) return std::nullopt;
  if (expected.value->is_null())
    return seen.row->value ? std::optional<std::string>("expected a tombstone, got a row")
                           : std::nullopt;
  if (!seen.row->value) return "expected a row, got a tombstone";
  if (!seen.value.ok()) return seen.value.status().message();
  const std::optional<Difference> found = compare(*expected.value, *seen.value);
  if (!found) return std::nullopt;
  return (found->pointer.empty() ? "" : found->pointer + ": ") + found->message;
}

// Why a row is not the expected one.
std::optional<std::string> compare_row(const ExpectedRow& expected, const SeenRow& seen) {
  const OutputRow& row = *seen.row;
  if (auto found = compare_value(expected, seen)) return found;
  if (expected.key && *expected.key != row.key)
    return differs("$key", quoted_or_null(*expected.key), quoted_or_null(row.key));
  if (expected.timestamp && expected.timestamp->us / 1000 != row.timestamp_ms)
    return differs("$timestamp", base::to_rfc3339(*expected.timestamp),
                   base::to_rfc3339(base::wall_of_ms(row.timestamp_ms)));
  if (expected.topic && *expected.topic != row.topic)
    return differs("$topic", quoted(*expected.topic), quoted(row.topic));
  if (expected.partition && !row.partition)
    return "$partition: not known without a broker, unless the sink names one";
  if (expected.partition && expected.partition != row.partition)
    return differs("$partition", std::to_string(*expected.partition),
                   std::to_string(*row.partition));
  return compare_headers(expected, row);
}

std::string count_of(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

std::string did_not_come(std::size_t missing, std::size_t expected, std::string_view what) {
  if (missing == 0) return {};
  return std::to_string(missing) + " of " + count_of(expected, what) + " did not come";
}

// How many members two rows share: which of them a person would compare.
std::size_t likeness(const ExpectedRow& expected, const SeenRow& seen) {
  if (!expected.value || !seen.value.ok()) return 0;
  std::size_t like = 0;
  for (const json::Member& member : expected.value->members()) {
    const json::Value* there = seen.value->find(member.key);
    if (there != nullptr) like += compare(member.value, *there) ? 1 : 1000;
  }
  return like;
}

class Checker {
 public:
  Checker(const spec::SinkSpec& sink, const spec::TestExpectation& expectation,
          const std::vector<OutputRow>& rows)
      : sink_(sink), expectation_(expectation) {
    for (const OutputRow& row : rows) {
      SeenRow& seen = seen_.emplace_back();
      seen.row = &row;
      if (row.value) seen.value = read_row(sink, *row.value);
    }
  }

  std::vector<Failure> run() {
    if (expectation_.exactly) pair(*expectation_.exactly, all(), Rest::refused, "exactly");
    if (expectation_.contains) pair(*expectation_.contains, all(), Rest::welcome, "contains");
    if (expectation_.sequence) sequence(*expectation_.sequence);
    if (expectation_.last_per_key)
      pair(*expectation_.last_per_key, last_rows(), Rest::refused, "last_per_key");
    if (expectation_.count && *expectation_.count != seen_.size()) count(*expectation_.count);
    return std::move(failures_);
  }

 private:
  enum class Rest : std::uint8_t { refused, welcome };
  using Rows = std::vector<const SeenRow*>;

  Rows all() const {
    Rows rows;
    for (const SeenRow& seen : seen_) rows.push_back(&seen);
    return rows;
  }

  // The last row of every key, in the order of these.
  Rows last_rows() const {
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < seen_.size(); ++i) last[key_of(seen_[i])] = i;
    std::vector<std::size_t> places;
    for (const auto& [key, place] : last) places.push_back(place);
    std::sort(places.begin(), places.end());
    Rows rows;
    for (const std::size_t place : places) rows.push_back(&seen_[place]);
    return rows;
  }

  std::string key_of(const SeenRow& seen) const {
    std::string key;
    for (const std::vector<std::string>& path : expectation_.key) {
      const json::Value* at = seen.value.ok() ? &*seen.value : nullptr;
      for (const std::string& name : path) at = at != nullptr ? at->find(name) : nullptr;
      key += at != nullptr ? json::to_text(*at) : "null";
      key += '\n';
    }
    return key;
  }

  void pair(const std::vector<ExpectedRow>& expected, const Rows& rows, Rest rest,
            std::string_view kind) {
    const auto partner = pair_up(expected.size(), rows.size(), [&](std::size_t i, std::size_t j) {
      return !compare_row(expected[i], *rows[j]);
    });
    std::vector<const ExpectedRow*> missing;
    std::vector<bool> used(rows.size(), false);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (partner[i])
        used[*partner[i]] = true;
      else
        missing.push_back(&expected[i]);
    }
    Rows others;
    for (std::size_t j = 0; j < rows.size(); ++j)
      if (!used[j]) others.push_back(rows[j]);
    if (missing.empty() && (rest == Rest::welcome || others.empty())) return;
    std::string message =
        std::string(kind) + ": " + did_not_come(missing.size(), expected.size(), "expected row");
    if (rest == Rest::refused && !others.empty())
      message += (missing.empty() ? "" : ", ") + count_of(others.size(), "row") +
                 " came that nobody expected";
    fail(std::move(message), missing, others);
  }

  void fail(std::string message, const std::vector<const ExpectedRow*>& missing,
            const Rows& others) {
    if (!missing.empty() && !others.empty()) {
      const SeenRow* nearest =
          *std::max_element(others.begin(), others.end(), [&](const SeenRow* a, const SeenRow* b) {
            return likeness(*missing[0], *a) < likeness(*missing[0], *b);
          });
      message += "; " + compare_row(*missing[0], *nearest).value_or("");
    }
    Failure& failure = failures_.emplace_back(told(sink_.id, std::move(message)));
    std::vector<json::Value> wanted;
    for (const ExpectedRow* row : missing) wanted.push_back(show(*row));
    std::vector<json::Value> came;
    for (const SeenRow* seen : others) came.push_back(shown(*seen));
    failure.expected = json::Value::array({}, std::move(wanted));
    failure.actual = json::Value::array({}, std::move(came));
  }

  void sequence(const std::vector<ExpectedRow>& expected) {
    for (std::size_t i = 0; i < std::max(expected.size(), seen_.size()); ++i) {
      std::optional<std::string> why;
      if (i >= seen_.size())
        why = "only " + count_of(seen_.size(), "row") + " came, expected " +
              std::to_string(expected.size());
      else if (i >= expected.size())
        why = count_of(seen_.size(), "row") + " came, expected " + std::to_string(expected.size());
      else
        why = compare_row(expected[i], seen_[i]);
      if (!why) continue;
      Failure& failure = failures_.emplace_back(
          told(sink_.id, "sequence: row " + std::to_string(i + 1) + ": " + *why));
      std::vector<json::Value> wanted;
      for (const ExpectedRow& row : expected) wanted.push_back(show(row));
      std::vector<json::Value> came;
      for (const SeenRow& seen : seen_) came.push_back(shown(seen));
      failure.expected = json::Value::array({}, std::move(wanted));
      failure.actual = json::Value::array({}, std::move(came));
      return;
    }
  }

  void count(std::uint64_t expected) {
    Failure& failure =
        failures_.emplace_back(told(sink_.id, "count: expected " + count_of(expected, "row") +
                                                  ", got " + std::to_string(seen_.size())));
    const auto number = [](std::uint64_t n) {
      return json::Value::integer({}, static_cast<std::int64_t>(n), std::to_string(n));
    };
    failure.expected = number(expected);
    failure.actual = number(seen_.size());
  }

  // As the expectations are written: plain rows, unless one of them looks beyond the value.
  json::Value shown(const SeenRow& seen) const {
    const auto looks_beyond = [](const std::optional<std::vector<ExpectedRow>>& rows) {
      return rows && std::any_of(rows->begin(), rows->end(),
                                 [](const ExpectedRow& row) { return is_long(row); });
    };
    const bool beyond = looks_beyond(expectation_.exactly) || looks_beyond(expectation_.sequence) ||
                        looks_beyond(expectation_.contains) ||
                        looks_beyond(expectation_.last_per_key);
    return show(*seen.row, seen.value.ok() ? &*seen.value : nullptr,
                beyond ? RowForm::full : RowForm::plain);
  }

  const spec::SinkSpec& sink_;
  const spec::TestExpectation& expectation_;
  std::vector<SeenRow> seen_;
  std::vector<Failure> failures_;
};

bool fits(const spec::ExpectedError& expected, const OutputRow& letter) {
  if (expected.step && *expected.step != step_of(letter)) return false;
  if (expected.code && *expected.code != code_of(letter)) return false;
  if (!expected.record) return true;
  SeenRow seen;
  seen.row = &letter;
  if (letter.value) seen.value = show_bytes(*letter.value);
  return !compare_row(*expected.record, seen);
}

}  // namespace

Failure told(std::string sink, std::string message) {
  return {std::move(sink), json::Value(), json::Value(), std::move(message)};
}

std::string_view header_of(const OutputRow& row, std::string_view name) noexcept {
  for (auto header = row.headers.rbegin(); header != row.headers.rend(); ++header)
    if (header->first == name && header->second) return *header->second;
  return {};
}

std::string_view step_of(const OutputRow& letter) noexcept {
  return header_of(letter, "leat-step");
}
std::string_view code_of(const OutputRow& letter) noexcept {
  return header_of(letter, "leat-error");
}

std::vector<Failure> check(const spec::SinkSpec& sink, const spec::TestExpectation& expectation,
                           const std::vector<OutputRow>& rows) {
  return Checker(sink, expectation, rows).run();
}

std::vector<Failure> check_errors(const std::vector<spec::ExpectedError>& expected,
                                  const std::vector<OutputRow>& letters,
                                  const std::function<std::string(const OutputRow&)>& input_of) {
  const auto partner = pair_up(expected.size(), letters.size(), [&](std::size_t i, std::size_t j) {
    return fits(expected[i], letters[j]);
  });
  std::vector<json::Value> missing;
  std::vector<bool> used(letters.size(), false);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (partner[i])
      used[*partner[i]] = true;
    else
      missing.push_back(show(expected[i]));
  }
  std::vector<json::Value> others;
  for (std::size_t j = 0; j < letters.size(); ++j)
    if (!used[j])
      others.push_back(show_letter(letters[j], LetterForm::whole,
                                   others.size() < kInputsNamed ? input_of(letters[j]) : ""));
  if (missing.empty() && others.empty()) return {};
  std::string message = did_not_come(missing.size(), expected.size(), "expected dead letter");
  if (!others.empty())
    message += (missing.empty() ? "" : ", ") + count_of(others.size(), "dead letter") +
               " came that nobody expected";
  Failure failure = told("errors", std::move(message));
  failure.expected = json::Value::array({}, std::move(missing));
  failure.actual = json::Value::array({}, std::move(others));
  return {std::move(failure)};
}

}  // namespace leat::trial
