#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/thread_checker.h"
#include "flow/sink.h"
#include "kafka/partitioner.h"
#include "kafka/producer.h"
#include "kafka/profile.h"
#include "kafka/row_text.h"

namespace leat::kafka {

// One slice of one Kafka sink: encodes rows, counts them into the ledger and hands them to the
// shared producer. Rows that find no room wait here in order, which is the back pressure.
// Thread-confined to its worker.
class Writer final : public flow::SinkWriter {
 public:
  Writer(Producer& producer, Target& target, flow::SinkBinding binding,
         const flow::WriterContext& context, ProducePolicy policy);
  ~Writer() override;

  bool ready() override;
  Status write(record::RecordBatch& batch, EpochId epoch) override;
  Status on_epoch_end(EpochId epoch) override;
  Instant serve(Instant now) override;
  void close() noexcept override;

 private:
  // Encodes the rows of the batch into `rows_`, leaving out those that fail.
  void prepare(const record::RecordBatch& batch);
  const record::RowError* prepare_row(const record::RecordBatch& batch, std::size_t index,
                                      Outgoing& out);
  const record::RowError* choose_target(const record::RecordBatch& batch, std::size_t index,
                                        Outgoing& out);
  const record::RowError* choose_key(const record::RecordBatch& batch, std::size_t index,
                                     Outgoing& out);
  const record::RowError* choose_timestamp(const record::RecordBatch& batch, std::size_t index,
                                           Outgoing& out);
  // Sends rows that name their topics, each to its own; false when the rest must wait.
  bool send_named(Parcel& parcel);
  // Hands over what it can; false when the rest must wait.
  bool send(Parcel& parcel, Instant now);
  // Produces it, or gives it to the error route when it can never be written; false when there is no
  // room.
  bool send_row(Outgoing& row);
  rd_kafka_resp_err_t produce(const Outgoing& row);
  // Makes less of a dead letter that was refused; false when it is none, or nothing can be left
  // out.
  bool shorten(Outgoing& row, rd_kafka_resp_err_t error);
  void refuse(Outgoing& row, rd_kafka_resp_err_t error);
  // A record that was counted as written cannot be.
  void give_up(const FlightRow& row, const record::RowError& error);
  void take_refusals();
  bool send_waiting(Instant now);
  void release_lanes(Instant now, bool all);
  bool lanes_full() const noexcept {
    return lanes_ && (no_room_ || lanes_->bytes() > Lanes::kBytesMax);
  }

  Producer& producer_;
  Target& target_;
  const flow::SinkBinding binding_;
  const HeaderPlan headers_;
  const flow::WriterContext context_;
  WriterStore& store_;
  Partitioner partitioner_;
  std::map<std::string, Target*, std::less<>> named_;  // topics that rows named
  std::vector<std::string_view> values_;
  std::vector<const record::RowError*> errors_;
  std::vector<Outgoing> rows_;
  std::vector<const record::Row*> sources_;  // of rows_
  std::deque<Parcel> waiting_;
  std::unique_ptr<Lanes> lanes_;  // of the paced policy
  bool no_room_ = false;
  bool closed_ = false;
  base::ThreadChecker thread_;
};

}  // namespace leat::kafka
