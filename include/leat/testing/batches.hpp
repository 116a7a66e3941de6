// Scalar, filter and flat_map functions under test. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/testing/opened.hpp>

namespace leat::testing {

// The rows that a call gave, and those of its input that failed.
struct Output {
  std::vector<Emitted> rows;
  std::map<uint32_t, Outcome> failed;  // by input row

  // The values of the rows alone.
  std::vector<Row> values() const {
    std::vector<Row> list;
    for (const Emitted& emitted : rows) list.push_back(emitted.row);
    return list;
  }
  friend bool operator==(const Output& a, const Output& b) {
    return a.rows == b.rows && a.failed == b.failed;
  }
  friend bool operator!=(const Output& a, const Output& b) { return !(a == b); }
};

namespace detail {

// Runs `one_batch(opened, rows of a part, index of its first row)` over random parts on a fresh instance, `rounds` times.
template <class OneBatch>
void in_random_parts(const Opened& opened, size_t rows, uint64_t seed, OneBatch one_batch) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 8; ++round) {
    const Opened fresh = opened.again();
    size_t begin = 0;
    for (const size_t part : random_parts(rows, random)) {
      one_batch(fresh, begin, begin + part);
      begin += part;
    }
  }
}

inline std::vector<Row> part_of(const std::vector<Row>& rows, size_t begin, size_t end) {
  return {rows.begin() + static_cast<ptrdiff_t>(begin), rows.begin() + static_cast<ptrdiff_t>(end)};
}
inline std::vector<int64_t> part_of(const std::vector<int64_t>& times, size_t begin, size_t end) {
  if (times.empty()) return {};
  return {times.begin() + static_cast<ptrdiff_t>(begin),
          times.begin() + static_cast<ptrdiff_t>(end)};
}

[[noreturn]] inline void not_invariant(size_t row) {
  throw Violation("LEAT_BATCH_INVARIANT is declared, and row " + std::to_string(row) +
                  " differs when the rows come in other batches");
}

}  // namespace detail

// A scalar function.
class Scalar {
 public:
  Scalar(const leat_function* function, const std::string& with, std::vector<std::string>* log)
      : opened_(function, with, log) {}

  Scalar& now(Timestamp time) { return now_us_ = time.us, *this; }

  // One batch. With LEAT_BATCH_INVARIANT also in random parts. Throws Violation, Failed, Retried.
  std::vector<Outcome> call(const std::vector<Row>& rows, uint64_t seed = 1) {
    const std::vector<Outcome> whole = batch(opened_, rows, true);
    if (opened_.flag(LEAT_BATCH_INVARIANT)) {
      detail::in_random_parts(opened_, rows.size(), seed,
                              [&](const detail::Opened& fresh, size_t begin, size_t end) {
                                const std::vector<Outcome> part =
                                    batch(fresh, detail::part_of(rows, begin, end), false);
                                for (size_t i = 0; i < part.size(); ++i) {
                                  if (part[i] != whole[begin + i]) detail::not_invariant(begin + i);
                                }
                              });
    }
    return whole;
  }

  // One row. Throws Failed when it fails.
  template <class... T>
  Cell operator()(T&&... cells) {
    const Outcome outcome = call({Row{Cell(std::forward<T>(cells))...}})[0];
    if (outcome.failed()) throw Failed(outcome.code, outcome.error);
    return outcome.value;
  }

 private:
  std::vector<Outcome> batch(const detail::Opened& opened, const std::vector<Row>& rows,
                             bool allow_const) const {
    std::vector<Outcome> outcomes(rows.size());
    std::vector<Row> called;
    std::vector<size_t> place;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (std::optional<Outcome> known = detail::without_call(opened, rows[i])) {
        outcomes[i] = *known;
      } else {
        called.push_back(rows[i]);
        place.push_back(i);
      }
    }
    if (called.empty()) return outcomes;
    const detail::Columns columns(opened.signature().params, called, {}, allow_const);
    detail::OutColumn out(opened.signature().results.at(0), called.size());
    detail::CallState call = opened.call(called.size(), now_us_);
    const leat_status status =
        opened.ops<leat_scalar_ops>()->eval(opened.self(), call.raw(), columns.batch(), out.out());
    out.check();
    detail::check_status(status, call, "eval");
    for (size_t i = 0; i < called.size(); ++i) {
      const auto failed = call.failed.find(static_cast<uint32_t>(i));
      outcomes[place[i]] =
          failed != call.failed.end() ? failed->second : Outcome{out.cell(i), 0, {}};
    }
    return outcomes;
  }

  detail::Opened opened_;
  int64_t now_us_ = 0;
};

// A filter function.
class Filter {
 public:
  Filter(const leat_function* function, const std::string& with, std::vector<std::string>* log)
      : opened_(function, with, log) {}

  Filter& now(Timestamp time) { return now_us_ = time.us, *this; }

  // true, false or an error for each row. With LEAT_BATCH_INVARIANT also in random parts.
  std::vector<Outcome> call(const std::vector<Row>& rows, uint64_t seed = 1) {
    const std::vector<Outcome> whole = batch(opened_, rows, true);
    if (opened_.flag(LEAT_BATCH_INVARIANT)) {
      detail::in_random_parts(opened_, rows.size(), seed,
                              [&](const detail::Opened& fresh, size_t begin, size_t end) {
                                const std::vector<Outcome> part =
                                    batch(fresh, detail::part_of(rows, begin, end), false);
                                for (size_t i = 0; i < part.size(); ++i) {
                                  if (part[i] != whole[begin + i]) detail::not_invariant(begin + i);
                                }
                              });
    }
    return whole;
  }

  template <class... T>
  bool operator()(T&&... cells) {
    const Outcome outcome = call({Row{Cell(std::forward<T>(cells))...}})[0];
    if (outcome.failed()) throw Failed(outcome.code, outcome.error);
    return outcome.value.as_bool();
  }

 private:
  std::vector<Outcome> batch(const detail::Opened& opened, const std::vector<Row>& rows,
                             bool allow_const) const {
    std::vector<Outcome> outcomes(rows.size());
    std::vector<Row> called;
    std::vector<size_t> place;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (std::optional<Outcome> known = detail::without_call(opened, rows[i])) {
        outcomes[i] = known->failed() ? *known : Outcome{Cell(false), 0, {}};
      } else {
        called.push_back(rows[i]);
        place.push_back(i);
      }
    }
    if (called.empty()) return outcomes;
    const detail::Columns columns(opened.signature().params, called, {}, allow_const);
    detail::Guarded bits((called.size() + 63) / 64 * 8, 8, 0, "its bitmap");
    detail::CallState call = opened.call(called.size(), now_us_);
    auto* words = reinterpret_cast<uint64_t*>(bits.data());
    const leat_status status =
        opened.ops<leat_filter_ops>()->keep(opened.self(), call.raw(), columns.batch(), words);
    bits.check();
    detail::check_status(status, call, "keep");
    for (size_t i = 0; i < called.size(); ++i) {
      const auto failed = call.failed.find(static_cast<uint32_t>(i));
      const Outcome kept{Cell((words[i / 64] >> (i % 64) & 1) != 0), 0, {}};
      outcomes[place[i]] = failed != call.failed.end() ? failed->second : kept;
    }
    return outcomes;
  }

  detail::Opened opened_;
  int64_t now_us_ = 0;
};

// A flat_map function.
class FlatMap {
 public:
  FlatMap(const leat_function* function, const std::string& with, std::vector<std::string>* log)
      : opened_(function, with, log) {}

  FlatMap& now(Timestamp time) { return now_us_ = time.us, *this; }

  // One batch. With LEAT_BATCH_INVARIANT also in random parts.
  Output call(const std::vector<Row>& rows, uint64_t seed = 1) {
    const Output whole = batch(opened_, rows, 0, true);
    if (opened_.flag(LEAT_BATCH_INVARIANT)) {
      Output parts;
      detail::in_random_parts(
          opened_, rows.size(), seed, [&](const detail::Opened& fresh, size_t begin, size_t end) {
            if (begin == 0) parts = Output{};
            const Output part = batch(fresh, detail::part_of(rows, begin, end),
                                      static_cast<uint32_t>(begin), false);
            parts.rows.insert(parts.rows.end(), part.rows.begin(), part.rows.end());
            parts.failed.insert(part.failed.begin(), part.failed.end());
            if (end == rows.size() && parts != whole) detail::not_invariant(begin);
          });
    }
    return whole;
  }

  // `why` is LEAT_FLUSH_…
  Output flush(uint32_t why) {
    const auto* ops = opened_.ops<leat_flat_map_ops>();
    if (!LEAT_HAS(ops, flush)) return {};
    detail::CallState call = opened_.call(0, now_us_);
    detail::EmitState emit{&call, &opened_.signature(), 0, {}};
    detail::check_status(ops->flush(opened_.self(), call.raw(), why, emit.raw()), call, "flush");
    return {std::move(emit.rows), {}};
  }

 private:
  Output batch(const detail::Opened& opened, const std::vector<Row>& rows, uint32_t first,
               bool allow_const) const {
    Output output;
    std::vector<Row> called;
    std::vector<uint32_t> place;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      const std::optional<Outcome> known = detail::without_call(opened, rows[i]);
      if (known && known->failed()) output.failed[first + i] = *known;
      if (known) continue;
      called.push_back(rows[i]);
      place.push_back(first + i);
    }
    if (called.empty()) return output;
    const detail::Columns columns(opened.signature().params, called, {}, allow_const);
    detail::CallState call = opened.call(called.size(), now_us_);
    detail::EmitState emit{&call, &opened.signature(), static_cast<uint32_t>(called.size()), {}};
    const auto* ops = opened.ops<leat_flat_map_ops>();
    detail::check_status(ops->rows(opened.self(), call.raw(), columns.batch(), emit.raw()), call,
                         "rows");
    for (Emitted& emitted : emit.rows) {
      if (call.failed.count(emitted.origin) != 0)
        continue;  // the row failed: what it gave is dropped
      emitted.origin = place[emitted.origin];
      output.rows.push_back(std::move(emitted));
    }
    for (const auto& [row, outcome] : call.failed) output.failed[place[row]] = outcome;
    return output;
  }

  detail::Opened opened_;
  int64_t now_us_ = 0;
};

}  // namespace leat::testing
