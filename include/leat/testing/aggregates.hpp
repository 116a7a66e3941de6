// Aggregates under test. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/testing/batches.hpp>

namespace leat::testing {

class Aggregate;

// One state of an aggregate, between canaries. Lives no longer than its Aggregate.
class State {
 public:
  explicit State(const Aggregate& aggregate);
  ~State();
  State(State&&) = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // One batch. Throws Violation, Failed (also when a row failed), Retried.
  State& update(const std::vector<Row>& rows);
  // Requires: the aggregate has retract.
  State& retract(const std::vector<Row>& rows);
  State& merge(const State& from);
  Cell finish() const;
  // The state's bytes; those of a plain state as they lie in memory.
  std::string save() const;
  // Requires: a new state.
  State& load(uint32_t version, const std::string& bytes);
  State& load(const std::string& bytes);

 private:
  void apply(bool retract, const std::vector<Row>& rows);
  void check(leat_status status, const detail::CallState& call, const char* what) const;

  const Aggregate* aggregate_;
  std::unique_ptr<detail::Guarded> memory_;
};

// An aggregate.
class Aggregate {
 public:
  Aggregate(const leat_function* function, const std::string& with, std::vector<std::string>* log)
      : opened_(function, with, log) {}

  State state() const { return State(*this); }
  bool can_retract() const { return LEAT_HAS(ops(), retract); }

  // The result of all rows in one state. With LEAT_BATCH_INVARIANT also by random batches, and always by merging states of
  // random parts that were saved and loaded on the way; doubles may differ in their last digits. With retract also with
  // rows that come and go. Throws Violation when results differ.
  Cell of(const std::vector<Row>& rows, uint64_t seed = 1) const {
    State whole(*this);
    if (!rows.empty()) whole.update(rows);
    const Cell result = whole.finish();
    std::mt19937_64 random(seed);
    for (int round = 0; round < 8; ++round) {
      same(result, merged(rows, random), "merging the states of parts");
      if (opened_.flag(LEAT_BATCH_INVARIANT))
        same(result, batched(rows, random), "updating in other batches");
      if (can_retract()) same(result, retracted(rows, random), "retracting rows that were added");
    }
    return result;
  }

  const detail::Opened& opened() const { return opened_; }
  const leat_aggregate_ops* ops() const { return opened_.ops<leat_aggregate_ops>(); }

 private:
  static void same(const Cell& whole, const Cell& other, const char* what) {
    if (!whole.near(other))
      throw Violation(std::string(what) + " gives " + other.print() + ", one state gives " +
                      whole.print());
  }

  Cell merged(const std::vector<Row>& rows, std::mt19937_64& random) const {
    State into(*this);
    size_t begin = 0;
    for (const size_t part : detail::random_parts(rows.size(), random)) {
      State one(*this), copy(*this);
      one.update(detail::part_of(rows, begin, begin + part));
      copy.load(one.save());
      into.merge(copy);
      begin += part;
    }
    return into.finish();
  }
  Cell batched(const std::vector<Row>& rows, std::mt19937_64& random) const {
    State state(*this);
    size_t begin = 0;
    for (const size_t part : detail::random_parts(rows.size(), random)) {
      state.update(detail::part_of(rows, begin, begin + part));
      begin += part;
    }
    return state.finish();
  }
  // The first part stands twice and goes once.
  Cell retracted(const std::vector<Row>& rows, std::mt19937_64& random) const {
    State state(*this);
    if (rows.empty()) return state.finish();
    const std::vector<Row> first = detail::part_of(rows, 0, 1 + random() % rows.size());
    state.update(first).update(rows).retract(first);
    return state.finish();
  }

  detail::Opened opened_;
};

inline State::State(const Aggregate& aggregate) : aggregate_(&aggregate) {
  const leat_aggregate_ops* ops = aggregate.ops();
  memory_ = std::make_unique<detail::Guarded>(ops->state_size, ops->state_align, '\0', "its state");
  if (ops->init != nullptr) ops->init(aggregate.opened().self(), memory_->data());
  memory_->check();
}

inline State::~State() {
  const leat_aggregate_ops* ops = aggregate_->ops();
  if (memory_ && ops->drop != nullptr) ops->drop(aggregate_->opened().self(), memory_->data());
}

inline void State::check(leat_status status, const detail::CallState& call,
                         const char* what) const {
  memory_->check();
  detail::check_status(status, call, what);
  if (!call.failed.empty())
    throw Failed(call.failed.begin()->second.code, call.failed.begin()->second.error);
}

inline void State::apply(bool retract, const std::vector<Row>& rows) {
  const detail::Opened& opened = aggregate_->opened();
  std::vector<Row> called;
  for (const Row& row : rows) {
    const std::optional<Outcome> known = detail::without_call(opened, row);
    if (known && known->failed()) throw Failed(known->code, known->error);
    if (!known) called.push_back(row);
  }
  if (called.empty()) return;
  const detail::Columns columns(opened.signature().params, called, {}, true);
  const std::vector<void*> states(called.size(), memory_->data());
  detail::CallState call = opened.call(called.size(), 0);
  const auto function = retract ? aggregate_->ops()->retract : aggregate_->ops()->update;
  if (function == nullptr) throw Violation("the aggregate has no retract");
  check(function(opened.self(), call.raw(), states.data(), columns.batch()), call,
        retract ? "retract" : "update");
}

inline State& State::update(const std::vector<Row>& rows) {
  apply(false, rows);
  return *this;
}
inline State& State::retract(const std::vector<Row>& rows) {
  apply(true, rows);
  return *this;
}

inline State& State::merge(const State& from) {
  detail::CallState call = aggregate_->opened().call(0, 0);
  check(aggregate_->ops()->merge(aggregate_->opened().self(), call.raw(), memory_->data(),
                                 from.memory_->data()),
        call, "merge");
  return *this;
}

inline Cell State::finish() const {
  detail::OutColumn out(aggregate_->opened().signature().results.at(0), 1);
  detail::CallState call = aggregate_->opened().call(1, 0);
  const void* const states[] = {memory_->data()};
  const leat_status status =
      aggregate_->ops()->finish(aggregate_->opened().self(), call.raw(), states, out.out());
  out.check();
  check(status, call, "finish");
  return out.cell(0);
}

inline std::string State::save() const {
  const leat_aggregate_ops* ops = aggregate_->ops();
  if (ops->save == nullptr) return std::string(memory_->data(), ops->state_size);
  std::string bytes;
  detail::CallState call = aggregate_->opened().call(0, 0);
  auto* buffer = reinterpret_cast<leat_buf*>(&bytes);
  check(ops->save(aggregate_->opened().self(), call.raw(), memory_->data(), buffer), call, "save");
  return bytes;
}

inline State& State::load(uint32_t version, const std::string& bytes) {
  const leat_aggregate_ops* ops = aggregate_->ops();
  if (ops->load == nullptr) {
    if (bytes.size() != ops->state_size)
      throw Violation("a plain state has " + std::to_string(ops->state_size) + " bytes");
    std::memcpy(memory_->data(), bytes.data(), bytes.size());
    return *this;
  }
  detail::CallState call = aggregate_->opened().call(0, 0);
  check(ops->load(aggregate_->opened().self(), call.raw(), memory_->data(), version, to_str(bytes)),
        call, "load");
  return *this;
}
inline State& State::load(const std::string& bytes) {
  return load(aggregate_->opened().function()->state_version, bytes);
}

}  // namespace leat::testing
