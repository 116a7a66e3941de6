#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/ref.h"
#include "flow/ledger.h"
#include "flow/stats.h"
#include "kafka/pool.h"
#include "record/batch.h"

namespace leat::kafka {

class Flight;
class Round;

// The rows of one batch as they came to the writer, and the memory they view. Immutable.
class Kept final : public base::RefCounted {
 public:
  explicit Kept(record::RecordBatch&& batch)
      : memory(batch.memory()), rows(std::move(batch.rows())) {}
  const base::Ref<record::BatchMemory> memory;
  const std::vector<record::Row> rows;

 private:
  ~Kept() override = default;
};

// A broker refuses whole requests and does not say for which record. So a refusal in `together`
// fails the producer, and the pipeline's next one sends a request for each record: what is refused
// then is that record's own fault.
enum class ProducerMode : std::uint8_t { together, one_by_one };

// What librdkafka carries for each record and gives back with the acknowledgement.
struct FlightRow {
  Flight* flight = nullptr;
  std::int64_t source_timestamp_ms = 0;  // of the record in Kafka; 0 = unknown
  Round* round = nullptr;                // that it left with, when the sink paces its rounds
  const record::Row* source = nullptr;   // valid as long as Flight::kept
};

// A record that the broker refused by itself, on its way back to its writer.
struct Refusal {
  FlightRow* row = nullptr;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

// The records of one batch between the writer and their acknowledgements. The writer fills it;
// whoever polls the producer counts it down, and it goes back to its pool.
class Flight {
 public:
  flow::Ledger* ledger = nullptr;
  base::Mailbox<Refusal>* refusals = nullptr;  // of the writer
  const Kept* kept = nullptr;                  // as long as its rows wait, or `hold` holds it
  base::Ref<Kept> hold;                        // in `one_by_one`: until the last acknowledgement
  EpochId epoch;
  Instant handed_over{};
  std::vector<FlightRow> rows;
  Flight* next_free = nullptr;

  explicit Flight(Pool<Flight>& home) : home_(home) {}
  // Writer: `records` are on their way. Before the first is handed over.
  void expect(std::uint32_t records) noexcept { left_.store(records, std::memory_order_relaxed); }
  // So many will not be told of any more.
  void landed(std::uint32_t records) noexcept {
    if (left_.fetch_sub(records, std::memory_order_acq_rel) != records) return;
    hold = {};
    home_.give(this);
  }

 private:
  Pool<Flight>& home_;
  std::atomic<std::uint32_t> left_{0};
};

// The flights of one writer.
class FlightPool {
 public:
  // A flight with room for `rows`. The writer's thread.
  Flight& take(std::size_t rows);

 private:
  Pool<Flight> free_{~std::uint32_t{0}};
  std::vector<std::unique_ptr<Flight>> all_;
};

// Takes the acknowledgements of one poll of the producer, adds up what belongs together, and writes
// ledger and latencies once for each run. Lives on the stack of the thread that polls; at most one
// a thread.
class Landing {
 public:
  // Null `latency`: counts down only. `failed` is told of records that can never be delivered.
  Landing(const Clock& clock, ProducerMode mode, flow::LatencyStats* latency,
          const std::function<void(rd_kafka_resp_err_t)>& failed);
  ~Landing();
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  std::uint64_t acknowledged() const noexcept { return acknowledged_; }
  // librdkafka's delivery callback.
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*);

 private:
  void take(const FlightRow& row);
  void refuse(FlightRow& row, rd_kafka_resp_err_t error);
  void end_flight();
  void end_round();
  void end_timestamp();

  const Clock& clock_;
  const ProducerMode mode_;
  flow::LatencyStats* const latency_;
  const std::function<void(rd_kafka_resp_err_t)>& failed_;
  Instant now_{};
  std::int64_t wall_us_ = 0;
  Flight* flight_ = nullptr;
  std::uint32_t flight_records_ = 0;
  Round* round_ = nullptr;
  std::uint32_t round_records_ = 0;
  std::int64_t timestamp_ms_ = 0;
  std::uint64_t timestamp_records_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace leat::kafka
