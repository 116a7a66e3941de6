#include "kafka/flight.h"

#include <algorithm>

#include "base/wall_ms.h"
#include "kafka/errors.h"
#include "kafka/lanes.h"

namespace leat::kafka {
namespace {

thread_local Landing* t_landing = nullptr;

}  // namespace

Flight& FlightPool::take(std::size_t rows) {
  Flight* flight = free_.take();
  if (flight == nullptr) flight = all_.emplace_back(std::make_unique<Flight>(free_)).get();
  flight->rows.resize(rows);
  for (FlightRow& row : flight->rows) row = {flight};
  return *flight;
}

Landing::Landing(const Clock& clock, ProducerMode mode, flow::LatencyStats* latency,
                 const std::function<void(rd_kafka_resp_err_t)>& failed)
    : clock_(clock), mode_(mode), latency_(latency), failed_(failed) {
  LEAT_DCHECK(t_landing == nullptr);
  t_landing = this;
}

Landing::~Landing() {
  end_round();
  end_flight();
  t_landing = nullptr;
}

void Landing::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  // Only a client that is being destroyed calls without somebody who polls; nobody counts any more.
  if (t_landing == nullptr || message->_private == nullptr) return;
  FlightRow& row = *static_cast<FlightRow*>(message->_private);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
    t_landing->take(row);
  else
    t_landing->refuse(row, message->err);
}

void Landing::take(const FlightRow& row) {
  if (acknowledged_++ == 0) {
    now_ = clock_.now();
    wall_us_ = clock_.wall_now().us;
  }
  if (row.round != round_) {
    end_round();
    round_ = row.round;
  }
  ++round_records_;
  if (row.flight != flight_) {
    end_flight();
    flight_ = row.flight;
  }
  ++flight_records_;
  if (row.source_timestamp_ms != timestamp_ms_) {
    end_timestamp();
    timestamp_ms_ = row.source_timestamp_ms;
  }
  ++timestamp_records_;
}

void Landing::end_timestamp() {
  if (timestamp_records_ != 0 && timestamp_ms_ > 0 && latency_ != nullptr)
    latency_->end_to_end.add(static_cast<std::uint64_t>(std::max<std::int64_t>(
                                 0, wall_us_ - base::wall_of_ms(timestamp_ms_).us)),
                             timestamp_records_);
  timestamp_records_ = 0;
}

void Landing::end_round() {
  if (round_ != nullptr && round_records_ != 0) round_->landed(round_records_, now_);
  round_ = nullptr;
  round_records_ = 0;
}

void Landing::end_flight() {
  if (flight_records_ == 0) return;
  end_timestamp();
  if (latency_ != nullptr) {
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(now_ - flight_->handed_over).count();
    latency_->sink_ack.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, took)),
                           flight_records_);
  }
  flight_->ledger->done(flight_->epoch, flight_records_);
  flight_->landed(flight_records_);
  flight_records_ = 0;
}

void Landing::refuse(FlightRow& row, rd_kafka_resp_err_t error) {
  end_round();
  end_flight();
  if (row.round != nullptr) row.round->landed(1, clock_.now());
  Flight& flight = *row.flight;
  // Its writer's worker decides what becomes of it, and lands it then.
  if (classify(error).kind == ErrorClass::row && mode_ == ProducerMode::one_by_one &&
      flight.refusals->push({&row, error}))
    return;
  flight.ledger->fail(1);
  failed_(error);
  flight.landed(1);
}

}  // namespace leat::kafka
