#include "kafka/lanes.h"

#include <algorithm>

namespace leat::kafka {

Lanes::~Lanes() {
  for (auto& [partition, lane] : lanes_)
    for (const Outgoing& row : lane.rows)
      if (row.headers != nullptr) rd_kafka_headers_destroy(row.headers);
}

void Lanes::add(Parcel parcel, Instant now, const std::vector<std::int32_t>& leader_of) {
  for (std::size_t i = parcel.sent; i < parcel.rows.size(); ++i) {
    const Outgoing& row = parcel.rows[i];
    Lane& lane = lanes_[row.partition];
    const auto place = static_cast<std::size_t>(row.partition);
    if (lane.rows.empty()) lane.leader = place < leader_of.size() ? leader_of[place] : -1;
    Group& group = groups_[lane.leader];
    if (lane.rows.empty()) group.partitions.push_back(row.partition);
    if (group.kept.empty() || group.kept.back().get() != parcel.kept.get())
      group.kept.push_back(parcel.kept);
    group.oldest = std::min(group.oldest, now);
    const std::size_t bytes = row.value.size() + row.key.size();
    group.bytes += bytes;
    bytes_ += bytes;
    ++rows_;
    lane.rows.push_back(row);
  }
}

bool Lanes::release(Instant now, bool all) {
  for (auto& [leader, group] : groups_) {
    if (group.partitions.empty()) continue;
    Pace& pace = store_.paces[leader];
    pace.adapt(now);
    if (!all && !pace.due(now, group.bytes, group.oldest)) continue;
    if (!release(group, pace, now)) return false;
  }
  return true;
}

bool Lanes::release(Group& group, Pace& pace, Instant now) {
  Round& round = take_round();
  round.begin(pace, now);
  pace.released(now);
  bool room = true;
  std::size_t sent = 0;
  while (room && !group.partitions.empty()) {
    Lane& lane = lanes_[group.partitions.back()];
    while (!lane.rows.empty()) {
      Outgoing& row = lane.rows.front();
      const std::size_t bytes = row.value.size() + row.key.size();
      row.flight->round = &round;
      round.add();
      room = produce_(row);
      if (!room) {
        row.flight->round = nullptr;
        round.landed(1, now);
        break;
      }
      ++sent;
      lane.rows.pop_front();
      group.bytes -= bytes;
      bytes_ -= bytes;
      --rows_;
    }
    if (lane.rows.empty()) group.partitions.pop_back();
  }
  if (group.partitions.empty()) {
    group.kept.clear();
    group.oldest = base::kNever;
  }
  if (sent == 0)
    round.abandon();
  else
    round.landed(1, now);
  return room;
}

Instant Lanes::due_at() const {
  Instant next = base::kNever;
  for (const auto& [leader, group] : groups_)
    if (!group.partitions.empty()) next = std::min(next, store_.paces[leader].due_at(group.oldest));
  return next;
}

Round& Lanes::take_round() {
  if (Round* const kept = store_.free.take(); kept != nullptr) return *kept;
  return *store_.all.emplace_back(std::make_unique<Round>(store_.free));
}

}  // namespace leat::kafka
