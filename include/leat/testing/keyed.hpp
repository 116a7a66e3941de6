// Stateful functions under test, in virtual time. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/testing/batches.hpp>

#include <algorithm>

namespace leat::testing {

// A stateful function with its keyed state and timers. Time stands until the test moves it.
class Stateful {
 public:
  Stateful(const leat_function* function, const std::string& with, std::vector<std::string>* log)
      : opened_(function, with, log) {}

  // The step's "ttl" in microseconds; 0: none.
  Stateful& ttl(int64_t us) { return ttl_us_ = us, *this; }

  // Rows of one key, in one call; one event time per row, or none. With LEAT_BATCH_INVARIANT also in random parts on a copy
  // of the state. Throws Violation, Failed, Retried.
  Output feed(const Cell& key, const std::vector<Row>& rows,
              const std::vector<Timestamp>& times = {}, uint64_t seed = 1) {
    std::vector<int64_t> us;
    for (const Timestamp time : times) us.push_back(time.us);
    if (!us.empty() && us.size() != rows.size()) throw Violation("one event time per row, or none");
    const std::string json = key_json(key);
    const Store before = store_;
    const Output whole = batch(opened_, store_, json, rows, us, 0);
    if (opened_.flag(LEAT_BATCH_INVARIANT) && rows.size() > 1)
      check_parts(before, whole, json, rows, us, seed);
    return whole;
  }
  // One row.
  std::vector<Row> feed(const Cell& key, Timestamp time, const Row& row) {
    const Output output = feed(key, std::vector<Row>{row}, std::vector<Timestamp>{time});
    if (!output.failed.empty())
      throw Failed(output.failed.begin()->second.code, output.failed.begin()->second.error);
    return output.values();
  }

  // Moves the watermark; due event-time timers fire in order of their time. The rows that they gave.
  std::vector<Row> advance_watermark(Timestamp to) { return fire(LEAT_EVENT_TIME, to.us); }
  // Moves now(); due processing-time timers fire in order of their time, at which now() then stands.
  std::vector<Row> advance_now(Timestamp to) {
    std::vector<Row> rows = fire(LEAT_PROCESSING_TIME, to.us);
    now_us_ = std::max(now_us_, to.us);
    return rows;
  }
  Timestamp now() const { return {now_us_}; }

  // `why` is LEAT_FLUSH_…
  std::vector<Row> flush(uint32_t why) {
    const auto* ops = opened_.ops<leat_stateful_ops>();
    if (!LEAT_HAS(ops, flush)) return {};
    detail::CallState call = opened_.call(0, now_us_);
    detail::EmitState emit{&call, &opened_.signature(), 0, {}};
    detail::check_status(ops->flush(opened_.self(), call.raw(), why, emit.raw()), call, "flush");
    return Output{std::move(emit.rows), {}}.values();
  }

  // The stored bytes of a key's slot, by map key or list index; empty when there are none.
  Store::Entries stored(const Cell& key, const std::string& slot) const {
    const auto found = store_.keys.find(key_json(key));
    if (found == store_.keys.end()) return {};
    const auto entries = found->second.find(slot);
    return entries == found->second.end() ? Store::Entries() : entries->second;
  }
  // The timers that are set, by time.
  std::multimap<int64_t, Store::TimerKey> timers() const {
    std::multimap<int64_t, Store::TimerKey> by_time;
    for (const auto& [timer, at] : store_.timers) by_time.emplace(at, timer);
    return by_time;
  }

  // What a hot swap does: takes the state of another version of the function. Values of an older slot version go through
  // upgrade. Throws Violation where that is needed and not there.
  void take_over(const Stateful& older) {
    store_ = older.store_;
    now_us_ = older.now_us_;
    for (auto& [key, slots] : store_.keys) {
      for (auto& [name, entries] : slots) {
        for (auto& [sub, entry] : entries) upgrade(name, entry);
      }
    }
  }

 private:
  // JSON text of a key.
  static std::string key_json(const Cell& key) {
    if (key.type() != LEAT_STRING) return key.type() == LEAT_JSON ? key.as_text() : key.print();
    std::string json = "\"";
    for (const char c : key.as_text()) {
      if (c == '"' || c == '\\') json += '\\';
      if (static_cast<unsigned char>(c) < 0x20)
        throw Violation("give keys with control characters as Cell::json");
      json += c;
    }
    return json + '"';
  }

  detail::CallState bound(const detail::Opened& opened, Store& store, const std::string& key,
                          size_t rows) const {
    detail::CallState call = opened.call(rows, now_us_);
    call.store = &store;
    call.key = key;
    call.slots = opened.ops<leat_stateful_ops>();
    call.ttl_us = ttl_us_;
    return call;
  }

  Output batch(const detail::Opened& opened, Store& store, const std::string& key,
               const std::vector<Row>& rows, const std::vector<int64_t>& times,
               uint32_t first) const {
    const detail::Columns columns(opened.signature().params, rows, times, first == 0);
    detail::CallState call = bound(opened, store, key, rows.size());
    detail::EmitState emit{&call, &opened.signature(), static_cast<uint32_t>(rows.size()), {}};
    const auto* ops = opened.ops<leat_stateful_ops>();
    detail::check_status(
        ops->rows(opened.self(), call.raw(), to_str(key), columns.batch(), emit.raw()), call,
        "rows");
    Output output;
    for (Emitted& emitted : emit.rows) {
      if (call.failed.count(emitted.origin) != 0) continue;
      emitted.origin += first;
      output.rows.push_back(std::move(emitted));
    }
    for (const auto& [row, outcome] : call.failed) output.failed[first + row] = outcome;
    return output;
  }

  void check_parts(const Store& before, const Output& whole, const std::string& key,
                   const std::vector<Row>& rows, const std::vector<int64_t>& times,
                   uint64_t seed) const {
    Output parts;
    Store store;
    detail::in_random_parts(
        opened_, rows.size(), seed, [&](const detail::Opened& fresh, size_t begin, size_t end) {
          if (begin == 0) parts = Output{}, store = before;
          const Output part =
              batch(fresh, store, key, detail::part_of(rows, begin, end),
                    detail::part_of(times, begin, end), static_cast<uint32_t>(begin));
          parts.rows.insert(parts.rows.end(), part.rows.begin(), part.rows.end());
          parts.failed.insert(part.failed.begin(), part.failed.end());
          if (end != rows.size()) return;
          if (parts != whole) detail::not_invariant(begin);
          if (store.keys[key] != store_.keys.at(key) || store.timers != store_.timers) {
            throw Violation(
                "LEAT_BATCH_INVARIANT is declared, and the state differs when the rows come in "
                "other batches");
          }
        });
  }

  std::vector<Row> fire(uint32_t domain, int64_t to) {
    std::vector<Row> rows;
    while (true) {
      const std::pair<const Store::TimerKey, int64_t>* next = nullptr;
      for (const auto& timer : store_.timers) {
        if (timer.first.domain != domain || timer.second > to) continue;
        if (next == nullptr || timer.second < next->second) next = &timer;
      }
      if (next == nullptr) return rows;
      const Store::TimerKey timer = next->first;
      const int64_t at = next->second;
      store_.timers.erase(timer);
      if (domain == LEAT_PROCESSING_TIME) now_us_ = std::max(now_us_, at);
      fire_one(timer, at, rows);
    }
  }

  void fire_one(const Store::TimerKey& timer, int64_t at, std::vector<Row>& rows) {
    const auto* ops = opened_.ops<leat_stateful_ops>();
    if (!LEAT_HAS(ops, timer)) throw Violation("a timer was set, and there is no timer function");
    detail::CallState call = bound(opened_, store_, timer.key, 0);
    detail::EmitState emit{&call, &opened_.signature(), 0, {}};
    detail::check_status(ops->timer(opened_.self(), call.raw(), to_str(timer.key), timer.domain, at,
                                    timer.tag, emit.raw()),
                         call, "timer");
    for (Emitted& emitted : emit.rows) rows.push_back(std::move(emitted.row));
  }

  void upgrade(const std::string& name, Store::Entry& entry) const {
    const auto* ops = opened_.ops<leat_stateful_ops>();
    for (uint32_t slot = 0; slot < ops->slot_count; ++slot) {
      if (name != ops->slots[slot].name || entry.version == ops->slots[slot].version) continue;
      if (!LEAT_HAS(ops, upgrade))
        throw Violation("slot " + name + " has another version, and there is no upgrade");
      std::string bytes;
      detail::CallState call = opened_.call(0, now_us_);
      auto* buffer = reinterpret_cast<leat_buf*>(&bytes);
      detail::check_status(ops->upgrade(opened_.self(), call.raw(), slot, entry.version,
                                        to_str(entry.bytes), buffer),
                           call, "upgrade");
      entry.bytes = bytes;
      entry.version = ops->slots[slot].version;
    }
  }

  detail::Opened opened_;
  Store store_;
  int64_t now_us_ = 0, ttl_us_ = 0;
};

}  // namespace leat::testing
