#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flow/source.h"
#include "support/fake_broker.h"

namespace leat::test {

// What a test may do to the reading side.
struct FakeSourceControl {
  std::size_t poll_rows_max = record::RecordBatch::kRowsMax;  // of one poll, at most
  bool end_fixed = false;
  bool hold_commits = false;   // commits are not applied
  Status commit_answer;        // not ok: commits are refused with it
  std::uint64_t commits = 0;   // applied so far
  bool revoke = false;         // once: the group wants the partitions back, and gives them again
  bool lose = false;           // once: the partitions are gone, and come again
  bool away = false;           // they are gone and not yet here again
  std::uint64_t released = 0;  // revocations that were agreed to
  std::uint64_t rewinds = 0;   // how often reading began again at what is committed
  bool hold_stop = false;      // leaving takes longer
  Status purge_answer;
};

// Reads the partitions p with p % slices = slice, one after the other, from the committed offset or
// the beginning.
class FakeReader final : public flow::SourceReader {
 public:
  FakeReader(FakeTopic& topic, SliceId slice, std::uint32_t slices,
             const FakeSourceControl& control)
      : control_(control), rewinds_(control.rewinds) {
    for (std::size_t p = slice.value(); p < topic.partitions.size(); p += slices) {
      FakeTopic::Partition& partition = *topic.partitions[p];
      owned_.push_back({&partition, partition.committed.value_or(0), partition.event_time_us});
    }
  }

  flow::PollResult poll(std::size_t rows_max, record::RecordBatch& out) override {
    if (control_.away) return flow::PollResult::empty;
    rewind();
    std::size_t room = std::min(rows_max, control_.poll_rows_max);
    bool at_end = true;
    for (std::size_t i = 0; i < owned_.size() && room > 0; ++i) {
      Place& place = owned_[(turn_ + i) % owned_.size()];
      while (room > 0 && place.next < static_cast<std::int64_t>(place.partition->records.size())) {
        append(place, out);
        --room;
      }
    }
    if (!owned_.empty()) turn_ = (turn_ + 1) % owned_.size();
    for (const Place& place : owned_)
      if (place.next < static_cast<std::int64_t>(place.partition->records.size())) at_end = false;
    if (!out.empty()) return flow::PollResult::records;
    return control_.end_fixed && at_end ? flow::PollResult::finished : flow::PollResult::empty;
  }

  void positions(std::vector<flow::PartitionPosition>& out) override {
    rewind();
    for (const Place& place : owned_)
      out.push_back({&place.partition->origin, Offset(place.next), place.event_time_us});
  }

  std::uint64_t replayed() const noexcept override { return replayed_; }

 private:
  struct Place {
    FakeTopic::Partition* partition;
    std::int64_t next;
    std::int64_t event_time_us;
  };

  void rewind() {
    if (std::exchange(rewinds_, control_.rewinds) == control_.rewinds) return;
    for (Place& place : owned_) place.next = place.partition->committed.value_or(0);
  }

  // Copies into the batch's memory, so that a sanitizer sees views that outlive it.
  void append(Place& place, record::RecordBatch& out) {
    if (!out.memory())
      out = record::RecordBatch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
    const FakeRecord& from = place.partition->records[static_cast<std::size_t>(place.next)];
    record::Row row;
    row.origin = &place.partition->origin;
    row.offset = place.next;
    row.timestamp_ms = from.timestamp_ms;
    row.value = out.arena().copy(from.value.value_or(""));
    row.key = out.arena().copy(from.key.value_or(""));
    if (!from.value) row.flags |= record::Row::kNullValue;
    if (!from.key) row.flags |= record::Row::kNullKey;
    if (!from.headers.empty()) {
      const auto headers = out.arena().array<record::Header>(from.headers.size());
      for (std::size_t i = 0; i < headers.size(); ++i) {
        headers[i].name = out.arena().copy(from.headers[i].first);
        headers[i].value = out.arena().copy(from.headers[i].second);
      }
      row.set_headers(headers);
    }
    out.rows().push_back(row);
    if (place.next <= place.partition->highest_read) ++replayed_;
    place.partition->highest_read = std::max(place.partition->highest_read, place.next);
    ++place.next;
  }

  const FakeSourceControl& control_;
  std::vector<Place> owned_;
  std::size_t turn_ = 0;
  std::uint64_t rewinds_;
  std::uint64_t replayed_ = 0;
};

// The whole reading side of one pipeline over a FakeBroker.
class FakeSource final : public flow::Source {
 public:
  FakeSource(FakeBroker& broker, FakeSourceControl& control)
      : broker_(broker), control_(control), life_(broker.life()) {}

  Status start(flow::SourceListener& listener, base::Wakeup&) override {
    listener_ = &listener;
    return {};
  }
  std::unique_ptr<flow::SourceReader> make_reader(std::uint32_t source, SliceId slice,
                                                  std::uint32_t slices, base::Wakeup&) override {
    return std::make_unique<FakeReader>(broker_.topic(source), slice, slices, control_);
  }
  Instant serve(Instant) override {
    if (!std::exchange(positioned_, true)) {
      if (std::exchange(control_.away, false)) ++control_.rewinds;
      listener_->on_connected(true, "", "");
      listener_->on_positioned(broker_.committed_epoch(), flow::state_id_of(broker_.metadata()));
    }
    rebalance();
    if (left_ && !control_.hold_stop) std::exchange(left_, nullptr)();
    if (broker_.life() != life_) commits_.clear();  // what a dead process sent and nobody received
    while (!control_.hold_commits && !commits_.empty()) {
      Commit commit = std::move(commits_.front());
      commits_.pop_front();
      if (control_.commit_answer.ok()) apply(commit);
      commit.done(control_.commit_answer);
    }
    return base::kNever;
  }
  void commit(EpochId epoch, std::span<const flow::PartitionPosition> positions,
              const std::string& metadata, std::function<void(Status)> done) override {
    commits_.push_back({epoch, {positions.begin(), positions.end()}, metadata, std::move(done)});
  }
  void fix_end() override { control_.end_fixed = true; }
  void free_end() override { control_.end_fixed = false; }
  void stop(bool, std::function<void()> done) override {
    if (control_.hold_stop)
      left_ = std::move(done);
    else
      done();
  }
  void purge(std::function<void(Status)> done) override { done(control_.purge_answer); }
  void find(WallTime at,
            std::function<void(Result<std::vector<flow::PartitionPosition>>)> done) override {
    std::vector<flow::PartitionPosition> found;
    for (const auto& [source, topic] : broker_.topics())
      for (const auto& partition : topic.partitions) {
        const auto& records = partition->records;
        const auto first = std::find_if(records.begin(), records.end(), [&](const FakeRecord& one) {
          return one.timestamp_ms * 1000 >= at.us;
        });
        found.push_back({&partition->origin, Offset(first - records.begin())});
      }
    done(std::move(found));
  }
  std::vector<flow::PartitionLag> lag() const override {
    std::vector<flow::PartitionLag> all;
    for (const auto& [source, topic] : broker_.topics())
      for (const auto& partition : topic.partitions) {
        flow::PartitionLag one;
        one.origin = &partition->origin;
        one.committed = one.position = partition->committed.value_or(0);
        one.committed_event_time_us = partition->event_time_us;
        one.begin = 0;
        one.end = static_cast<std::int64_t>(partition->records.size());
        all.push_back(one);
      }
    return all;
  }

 private:
  struct Commit {
    EpochId epoch;
    std::vector<flow::PartitionPosition> positions;
    std::string metadata;
    std::function<void(Status)> done;
  };
  void rebalance() {
    if (std::exchange(control_.lose, false)) {
      control_.away = true;
      positioned_ = false;
      listener_->on_lost("test");
    }
    if (std::exchange(control_.revoke, false)) {
      listener_->on_revoke([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        ++control_.rewinds;
        ++control_.released;
        positioned_ = false;
      });
    }
  }
  void apply(const Commit& commit) {
    for (const flow::PartitionPosition& position : commit.positions)
      if (FakeTopic::Partition* partition = broker_.partition_of(position.origin)) {
        partition->committed = position.next.value();
        partition->event_time_us = position.event_time_us;
      }
    broker_.mark_committed(commit.epoch, commit.metadata);
    ++control_.commits;
  }

  FakeBroker& broker_;
  FakeSourceControl& control_;
  const std::uint64_t life_;
  flow::SourceListener* listener_ = nullptr;
  bool positioned_ = false;
  std::function<void()> left_;
  std::deque<Commit> commits_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::test
