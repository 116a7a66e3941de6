#pragma once

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/key_hash.h"
#include "state/key_codec.h"
#include "state/table.h"
#include "state/value_type.h"
#include "support/simple_plans.h"

// Keyed steps made by hand, for tests of the machine that keeps their state.
namespace leat::test {

// A count, as decimal digits on disk.
class CountType final : public state::ValueType {
 public:
  std::size_t inline_bytes() const noexcept override { return sizeof(std::int64_t); }
  void make(void* at) const override { set(at, 0); }
  void destroy(void*) const noexcept override {}
  std::size_t heap_bytes(const void*) const noexcept override { return 0; }
  void encode(const void* value, std::string& out) const override {
    out += std::to_string(get(value));
  }
  Status decode(std::string_view bytes, void* at) const override {
    std::int64_t count = 0;
    const auto read = std::from_chars(bytes.data(), bytes.data() + bytes.size(), count);
    if (read.ec != std::errc()) return Status(Code::data_loss, "no count");
    set(at, count);
    return {};
  }
  std::int64_t due(const void*) const noexcept override { return state::kNeverDue; }

  static std::int64_t get(const void* value) {
    std::int64_t count = 0;
    std::memcpy(&count, value, sizeof count);
    return count;
  }
  static void set(void* at, std::int64_t count) { std::memcpy(at, &count, sizeof count); }
};

// Counts rows per key: each goes on with "key=count". When time is over all keys go, as "key=total".
class CountPerKey final : public flow::Operator {
 public:
  explicit CountPerKey(std::string step) : step_(std::move(step)) {}

  Status open(const flow::OperatorContext& context) override {
    stats_ = &context.stats;
    state_ = context.state;
    if (state_ == nullptr) return Status(Code::internal, "no state");
    auto table = state_->take_table(step_, context.slice);
    if (!table.ok()) return std::move(table).status();
    table_ = *std::move(table);
    return {};
  }

  Status process(record::RecordBatch& batch, flow::Collector& out) override {
    stats_->in.add(batch.size());
    table_->committed(state_->committed());
    std::vector<std::string> bytes(batch.size());
    std::vector<state::Key> keys;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const record::Value key = record::Value::string(batch.rows()[i].key);
      state::encode_key({&key, 1}, bytes[i]);
      keys.push_back({record::mix_key(0, key), bytes[i]});
    }
    std::vector<state::Entry*> entries(keys.size());
    LEAT_RETURN_IF_ERROR(table_->find(keys, true, entries));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      CountType::set(entries[i]->value, CountType::get(entries[i]->value) + 1);
      table_->changed(*entries[i]);
      record::Row& row = batch.rows()[i];
      row.value = batch.arena().copy(std::string(row.key) + "=" +
                                     std::to_string(CountType::get(entries[i]->value)));
    }
    LEAT_RETURN_IF_ERROR(table_->end_batch());
    stats_->out.add(batch.size());
    out.emit(std::move(batch));
    return {};
  }

  Status on_watermark(const flow::Watermark& watermark, flow::Collector& out) override {
    if (watermark.us != flow::kEndOfTime) return {};
    record::RecordBatch batch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
    std::vector<std::string> gone;
    LEAT_RETURN_IF_ERROR(table_->visit(state::Table::Which::all, [&](const state::Entry& entry) {
      gone.emplace_back(entry.key);
      record::Value key;
      state::decode_key(entry.key, batch.arena(), {&key, 1});
      record::Row row;
      row.origin = &origin_;
      row.key = batch.arena().copy(key.as_text());
      row.value = batch.arena().copy(std::string(row.key) + "=total" +
                                     std::to_string(CountType::get(entry.value)));
      batch.rows().push_back(row);
    }));
    for (const std::string& bytes : gone) {
      base::Arena arena;
      record::Value value;
      state::decode_key(bytes, arena, {&value, 1});
      const state::Key key{record::mix_key(0, value), bytes};
      state::Entry* entry = nullptr;
      LEAT_RETURN_IF_ERROR(table_->find({&key, 1}, false, {&entry, 1}));
      if (entry != nullptr) table_->erase(*entry);
    }
    LEAT_RETURN_IF_ERROR(table_->end_batch());
    if (!batch.empty()) out.emit(std::move(batch));
    return {};
  }

  Status on_epoch_end(EpochId epoch, flow::Collector&) override {
    state_->deliver(epoch, table_->take_delta(epoch));
    return {};
  }

 private:
  const std::string step_;
  record::Origin origin_{"counted", PartitionId(0), 0};
  flow::StepStats* stats_ = nullptr;
  flow::StateAccess* state_ = nullptr;
  std::unique_ptr<state::Table> table_;
};

// "in" → re-key by the record's key → "step", which counts per key → "out".
inline std::shared_ptr<plan::Plan> counted(const spec::TriggerSpec& trigger,
                                           std::uint32_t parallelism,
                                           const std::string& schema = "count 1") {
  auto made = re_keyed(trigger, parallelism);
  made->stages[1].nodes[0].make_operator = [] { return std::make_unique<CountPerKey>("step"); };
  plan::KeyedStep keyed;
  keyed.step = "step";
  keyed.stage = 1;
  keyed.schema = schema;
  keyed.type = std::make_shared<const CountType>();
  keyed.key_fields = {"key"};
  keyed.key_types = {spec::SchemaType::Kind::json};
  keyed.show = [](const void* value, std::string& out) {
    out += "{\"n\":" + std::to_string(CountType::get(value)) + "}";
  };
  made->keyed.push_back(std::move(keyed));
  return made;
}

}  // namespace leat::test
