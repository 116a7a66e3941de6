#include "kafka/writer.h"

#include <algorithm>

#include "base/faults.h"
#include "flow/short_letter.h"
#include "kafka/errors.h"

namespace leat::kafka {
namespace {

constexpr record::RowError kBadTimestamp{"TIMESTAMP_INVALID",
                                         "the timestamp's expression gives no time"};

constexpr record::RowError kTopicUnknown{"TOPIC_UNKNOWN",
                                         "the topic that the row names is not there"};
constexpr record::RowError kTooManyTopics{"TOO_MANY_TOPICS",
                                          "the rows of the sink name more than 1000 topics"};

// A flight knows the sink that takes its rows; the memory of the batch is the sink's until the rows
// are handed over.
HeaderPlan plan_headers(const spec::KafkaSinkSpec& spec, const flow::SinkBinding& binding) {
  return {spec.forward_headers, spec.origin_header, binding.headers};
}

const char* pointer(std::string_view text) noexcept {
  return text.data() != nullptr ? text.data() : "";
}

}  // namespace

Writer::Writer(Producer& producer, Target& target, flow::SinkBinding binding,
               const flow::WriterContext& context, ProducePolicy policy)
    : producer_(producer),
      target_(target),
      binding_(std::move(binding)),
      headers_(plan_headers(*target.spec, binding_)),
      context_(context),
      store_(producer.join(context.worker)),
      partitioner_(context.slice.value()) {
  // Lanes are those of one topic.
  if (policy == ProducePolicy::paced && !binding_.topic_column)
    lanes_ = std::make_unique<Lanes>(store_.paces, [this](Outgoing& row) { return send_row(row); });
}

Writer::~Writer() { close(); }

void Writer::close() noexcept {
  if (closed_) return;
  closed_ = true;
  for (Parcel& parcel : waiting_) drop_headers(parcel);
  waiting_.clear();
  lanes_.reset();
  producer_.leave(context_.worker);
}

bool Writer::ready() {
  thread_.check();
  if (!waiting_.empty() || lanes_full()) return send_waiting(context_.clock.now());
  if (target_.dead_letters || target_.partitions.load(std::memory_order_acquire) > 0) return true;
  producer_.wait_for_room();
  return false;
}

Status Writer::write(record::RecordBatch& batch, EpochId epoch) {
  thread_.check();
  if (batch.empty()) return {};
  context_.stats.in.add(batch.size());
  prepare(batch);
  if (rows_.empty()) return {};
  context_.stats.out.add(rows_.size());
  Flight& flight = store_.flights.take(rows_.size());
  flight.ledger = &context_.ledger;
  flight.refusals = &store_.refusals;
  flight.epoch = epoch;
  flight.handed_over = context_.clock.now();
  if (batch.now.us > 0)
    context_.latency.process.add(static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, context_.clock.wall_now().us - batch.now.us)));
  flight.expect(static_cast<std::uint32_t>(rows_.size()));
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    // The time of a row that a step made is its window's: no record was under way since then.
    flight.rows[i].source_timestamp_ms = sources_[i]->made() ? 0 : sources_[i]->timestamp_ms;
    flight.rows[i].source = sources_[i];
    rows_[i].flight = &flight.rows[i];
    bytes += rows_[i].value.size() + rows_[i].key.size();
  }
  context_.stats.bytes.add(bytes);
  context_.ledger.add(epoch, rows_.size());
  Parcel parcel{base::Ref<Kept>(new Kept(std::move(batch))), std::move(rows_), 0};
  flight.kept = parcel.kept.get();
  if (producer_.mode() == ProducerMode::one_by_one) flight.hold = parcel.kept;
  if (!waiting_.empty() || !send(parcel, flight.handed_over))
    waiting_.push_back(std::move(parcel));
  else
    rows_ = std::move(parcel.rows);
  return base::Faults::hit("produce.handed_over");
}

void Writer::prepare(const record::RecordBatch& batch) {
  const std::size_t count = batch.size();
  values_.assign(count, {});
  errors_.assign(count, nullptr);
  rows_.clear();
  sources_.clear();
  binding_.encoder->encode(batch, values_, errors_);
  for (std::size_t i = 0; i < count; ++i) {
    Outgoing out;
    out.value = values_[i];
    const record::RowError* const error =
        errors_[i] != nullptr ? errors_[i] : prepare_row(batch, i, out);
    if (error != nullptr) {
      context_.errors.fail(batch, i, *error);
      continue;
    }
    rows_.push_back(out);
    sources_.push_back(&batch.rows()[i]);
  }
}

const record::RowError* Writer::prepare_row(const record::RecordBatch& batch, std::size_t index,
                                            Outgoing& out) {
  const record::Row& row = batch.rows()[index];
  out.null_value = row.tombstone();
  out.timestamp_ms = row.timestamp_ms;
  out.partition = target_.spec->partition.value_or(-1);
  if (const record::RowError* const error = choose_target(batch, index, out); error != nullptr)
    return error;
  if (const record::RowError* const error = choose_key(batch, index, out); error != nullptr)
    return error;
  if (binding_.timestamp_column)
    if (const record::RowError* const error = choose_timestamp(batch, index, out); error != nullptr)
      return error;
  const bool forwarded = headers_.forward && !row.all_headers().empty();
  if (!forwarded && headers_.rules.empty() && !headers_.origin) return nullptr;
  const record::RowError* failed = nullptr;
  out.headers = make_headers(headers_, batch, index, failed);
  return failed;
}

const record::RowError* Writer::choose_target(const record::RecordBatch& batch, std::size_t index,
                                              Outgoing& out) {
  out.target = &target_;
  if (!binding_.topic_column) return nullptr;
  const std::string_view topic = batch.column(*binding_.topic_column)[index].as_text();
  const auto known = named_.find(topic);
  if (known != named_.end()) {
    out.target = known->second;
    return nullptr;
  }
  out.target = producer_.named_target(*target_.spec, topic);
  if (out.target == nullptr) return &kTooManyTopics;
  named_.emplace(topic, out.target);
  return nullptr;
}

const record::RowError* Writer::choose_key(const record::RecordBatch& batch, std::size_t index,
                                           Outgoing& out) {
  const record::Row& row = batch.rows()[index];
  if (std::holds_alternative<flow::SinkBinding::FromRecord>(binding_.key)) {
    out.key = row.key;
    out.null_key = row.null_key();
  } else if (const auto* text = std::get_if<std::string>(&binding_.key)) {
    out.key = *text;
  } else if (const auto* column = std::get_if<flow::SinkBinding::Column>(&binding_.key)) {
    if (row.tombstone()) {  // the expression needs the row; the record's key stays
      out.key = row.key;
      out.null_key = row.null_key();
      return nullptr;
    }
    const record::Value& value = batch.column(column->index)[index];
    std::optional<std::string_view> key;
    if (const record::RowError* error = as_key_text(value, batch.arena(), key)) return error;
    out.null_key = !key;
    if (key) out.key = *key;
  } else {
    out.null_key = true;
  }
  return nullptr;
}

const record::RowError* Writer::choose_timestamp(const record::RecordBatch& batch,
                                                 std::size_t index, Outgoing& out) {
  if (batch.rows()[index].tombstone()) return nullptr;
  const record::Value& value = batch.column(*binding_.timestamp_column)[index];
  if (value.is_error()) return &value.as_error();
  if (value.is(record::Type::timestamp))
    out.timestamp_ms = value.as_integer() / 1000;
  else if (value.is(record::Type::integer))
    out.timestamp_ms = value.as_integer();
  else
    return &kBadTimestamp;
  return out.timestamp_ms > 0 ? nullptr : &kBadTimestamp;
}

bool Writer::send_named(Parcel& parcel) {
  for (; parcel.sent < parcel.rows.size(); ++parcel.sent) {
    Outgoing& row = parcel.rows[parcel.sent];
    const std::int32_t partitions = row.target->partitions.load(std::memory_order_acquire);
    if (partitions <= 0) {
      if (!row.target->missing.load(std::memory_order_acquire)) {
        producer_.wait_for_room();
        return false;
      }
      if (row.headers != nullptr) rd_kafka_headers_destroy(std::exchange(row.headers, nullptr));
      give_up(*row.flight, kTopicUnknown);
      continue;
    }
    if (row.partition < 0)
      row.partition =
          partitioner_.choose(row.key, row.null_key, row.value.size() + row.key.size(), partitions);
    if (!send_row(row)) return false;
  }
  return true;
}

bool Writer::send(Parcel& parcel, Instant now) {
  if (binding_.topic_column) return send_named(parcel);
  const std::int32_t partitions = target_.partitions.load(std::memory_order_acquire);
  if (partitions <= 0) {
    producer_.wait_for_room();
    return false;
  }
  for (std::size_t i = parcel.sent; i < parcel.rows.size(); ++i) {
    Outgoing& row = parcel.rows[i];
    if (row.partition < 0)
      row.partition =
          partitioner_.choose(row.key, row.null_key, row.value.size() + row.key.size(), partitions);
  }
  if (lanes_) {
    lanes_->add(std::exchange(parcel, {}), now, *target_.leaders.load());
    release_lanes(now, false);
    return true;
  }
  for (; parcel.sent < parcel.rows.size(); ++parcel.sent)
    if (!send_row(parcel.rows[parcel.sent])) return false;
  return true;
}

bool Writer::send_row(Outgoing& row) {
  rd_kafka_resp_err_t error = produce(row);
  while (error != RD_KAFKA_RESP_ERR_NO_ERROR && shorten(row, error)) error = produce(row);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (classify(error).kind == ErrorClass::retriable) {
    producer_.wait_for_room();
    return false;
  }
  refuse(row, error);
  return true;
}

rd_kafka_resp_err_t Writer::produce(const Outgoing& row) {
  // NOLINTBEGIN(cppcoreguidelines-pro-type-cstyle-cast): librdkafka's macros
  void* const value = row.null_value ? nullptr : const_cast<char*>(pointer(row.value));
  const void* const key = row.null_key ? nullptr : pointer(row.key);
  rd_kafka_t* const client = producer_.client().handle();
  if (row.headers == nullptr)
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(row.target->handle), RD_KAFKA_V_PARTITION(row.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, row.value.size()),
        RD_KAFKA_V_KEY(key, row.key.size()), RD_KAFKA_V_TIMESTAMP(row.timestamp_ms),
        RD_KAFKA_V_OPAQUE(row.flight), RD_KAFKA_V_END);
  return rd_kafka_producev(
      client, RD_KAFKA_V_RKT(row.target->handle), RD_KAFKA_V_PARTITION(row.partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, row.value.size()),
      RD_KAFKA_V_KEY(key, row.key.size()), RD_KAFKA_V_TIMESTAMP(row.timestamp_ms),
      RD_KAFKA_V_HEADERS(row.headers), RD_KAFKA_V_OPAQUE(row.flight), RD_KAFKA_V_END);
  // NOLINTEND(cppcoreguidelines-pro-type-cstyle-cast)
}

bool Writer::shorten(Outgoing& row, rd_kafka_resp_err_t error) {
  if (!target_.dead_letters || classify(error).kind != ErrorClass::row ||
      error == RD_KAFKA_RESP_ERR_INVALID_RECORD)
    return false;
  const auto fault = error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ? flow::LetterFault::time
                                                                  : flow::LetterFault::size;
  FlightRow& flight_row = *row.flight;
  base::Arena& arena = flight_row.flight->kept->memory->arena();
  const auto shorter = flow::shorten_letter(*flight_row.source, fault, arena);
  if (!shorter) return false;
  record::Row& letter = arena.array<record::Row>(1)[0];
  letter = *shorter;
  flight_row.source = &letter;
  if (row.headers != nullptr) rd_kafka_headers_destroy(row.headers);
  row.headers = copy_headers(letter);
  row.value = letter.value;
  row.key = letter.key;
  row.null_value = letter.tombstone();
  row.null_key = letter.null_key();
  row.timestamp_ms = letter.timestamp_ms;
  return true;
}

void Writer::refuse(Outgoing& row, rd_kafka_resp_err_t error) {
  if (row.headers != nullptr) rd_kafka_headers_destroy(std::exchange(row.headers, nullptr));
  FlightRow& flight_row = *row.flight;
  if (flight_row.round != nullptr) flight_row.round->landed(1, context_.clock.now());
  if (classify(error).kind == ErrorClass::row) return give_up(flight_row, row_error(error));
  Flight& flight = *flight_row.flight;
  flight.ledger->fail(1);
  producer_.fail(error);
  flight.landed(1);
}

void Writer::give_up(const FlightRow& row, const record::RowError& error) {
  producer_.count_refusal();
  Flight& flight = *row.flight;
  context_.stats.out.restore(context_.stats.out.value() - 1);
  context_.errors.fail(flight.kept->memory, *row.source, error);
  // Its dead letter is in the ledger before it leaves. What goes wrong there the chain asks for.
  if (context_.errors.flush(flight.epoch).ok()) flight.ledger->done(flight.epoch, 1);
  flight.landed(1);
}

void Writer::take_refusals() {
  for (const Refusal& refusal : store_.refusals.take()) {
    FlightRow& flight_row = *refusal.row;
    Outgoing row;
    row.flight = &flight_row;
    row.target = &target_;
    row.partition = target_.spec->partition.value_or(-1);
    if (!shorten(row, refusal.error)) {
      give_up(flight_row, row_error(refusal.error));
      continue;
    }
    producer_.count_refusal();
    flight_row.round = nullptr;
    waiting_.push_back({flight_row.flight->hold, {row}, 0});
  }
}

bool Writer::send_waiting(Instant now) {
  while (!waiting_.empty()) {
    if (!send(waiting_.front(), now)) return false;
    waiting_.pop_front();
  }
  release_lanes(now, false);
  return !lanes_full();
}

void Writer::release_lanes(Instant now, bool all) {
  if (!lanes_) return;
  no_room_ = !lanes_->release(now, all);
  if (lanes_full()) producer_.wait_for_room();
}

Status Writer::on_epoch_end(EpochId) {
  thread_.check();
  release_lanes(context_.clock.now(), true);
  return {};
}

Instant Writer::serve(Instant now) {
  thread_.check();
  producer_.serve(&context_.latency);
  take_refusals();
  if (!waiting_.empty() || (lanes_ && !lanes_->empty())) send_waiting(now);
  return lanes_ && !no_room_ ? lanes_->due_at() : base::kNever;
}

}  // namespace leat::kafka
