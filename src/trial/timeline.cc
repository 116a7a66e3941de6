#include "trial/timeline.h"

#include <algorithm>
#include <string>
#include <utility>

#include "record/key_hash.h"
#include "trial/row_format.h"

namespace leat::trial {
namespace {

// The input of one source, and how far it was read.
struct Track {
  std::uint32_t source = 0;
  const spec::TestInput* input = nullptr;
  std::size_t next = 0;
  Instant now = VirtualClock().now();

  bool done() const noexcept { return next == input->items.size(); }
  const spec::TestInputItem& item() const { return input->items[next]; }
  // When the next item is.
  WallTime due() const {
    if (const auto* record = std::get_if<spec::TestRecord>(&item().what))
      return record->timestamp.value_or(VirtualClock::wall_at(now));
    if (const auto* advance = std::get_if<spec::TestAdvance>(&item().what))
      return VirtualClock::wall_at(now + advance->by);
    return VirtualClock::wall_at(now);
  }
};

class Merger {
 public:
  Merger(const spec::PipelineSpec& definition, const std::vector<spec::TestInput>& inputs)
      : definition_(definition) {
    made_.timeline.partitions.assign(definition.sources.size(), 1);
    for (const spec::TestInput& input : inputs) add_track(input);
  }

  MadeTimeline merge() {
    for (const Track& track : tracks_) count_partitions(track);
    for (;;) {
      Track* first = nullptr;
      for (Track& track : tracks_)
        if (!track.done() && (first == nullptr || track.due() < first->due())) first = &track;
      if (first == nullptr) return std::move(made_);
      take(*first);
      ++first->next;
    }
  }

 private:
  void add_track(const spec::TestInput& input) {
    for (std::uint32_t i = 0; i < definition_.sources.size(); ++i) {
      if (definition_.sources[i].id != input.source) continue;
      Track& track = tracks_.emplace_back();
      track.source = i;
      track.input = &input;
    }
  }

  void report(const spec::TestInputItem& item, const Status& status) {
    spec::Diagnostic& told = made_.mistakes.emplace_back();
    told.pointer = item.pointer;
    told.code = status.code() == Code::not_available_yet ? "NOT_AVAILABLE_YET" : "BAD_VALUE";
    told.message = status.message();
  }

  void count_partitions(const Track& track) {
    for (const spec::TestInputItem& item : track.input->items) {
      const auto* record = std::get_if<spec::TestRecord>(&item.what);
      if (record == nullptr || !record->partition) continue;
      if (*record->partition < 0 || *record->partition >= kPartitionsMax) {
        report(item, Status(Code::invalid_argument,
                            "`$partition` is from 0 to " + std::to_string(kPartitionsMax - 1)));
        continue;
      }
      std::int32_t& partitions = made_.timeline.partitions[track.source];
      partitions = std::max(partitions, *record->partition + 1);
    }
  }

  void take(Track& track) {
    const spec::TestInputItem& item = track.item();
    if (const auto* record = std::get_if<spec::TestRecord>(&item.what)) return add(track, *record);
    if (const auto* advance = std::get_if<spec::TestAdvance>(&item.what)) {
      track.now += advance->by;
      if (track.now > now_) {
        now_ = track.now;
        items().emplace_back(TimeStep{now_});
      }
      return;
    }
    const auto* watermark = std::get_if<spec::TestWatermark>(&item.what);
    items().emplace_back(
        Mark{track.source, watermark != nullptr ? watermark->to.us : flow::kEndOfTime});
  }

  void add(const Track& track, const spec::TestRecord& record) {
    Result<InputRow> made = make_row(track, record);
    if (!made.ok()) return report(track.item(), made.status());
    auto* last = items().empty() ? nullptr : std::get_if<Arrival>(&items().back());
    if (last == nullptr || last->source != track.source)
      last = &std::get<Arrival>(items().emplace_back(Arrival{track.source, {}}));
    last->rows.push_back(*std::move(made));
    ++made_.timeline.rows;
  }

  Result<InputRow> make_row(const Track& track, const spec::TestRecord& record) const {
    InputRow row;
    row.item = track.next;
    row.timestamp_ms = track.due().us / 1000;
    row.key = record.key;
    row.headers = record.headers;
    row.partition = record.partition
                        ? *record.partition
                        : (record.key ? record::java_partition(
                                            *record.key, made_.timeline.partitions[track.source])
                                            .value()
                                      : 0);
    switch (record.content) {
      case spec::TestRecord::Content::null: return row;
      case spec::TestRecord::Content::raw: row.value = record.raw; return row;
      case spec::TestRecord::Content::row: break;
    }
    Result<std::string> text = write_row(definition_.sources[track.source], record.row);
    if (!text.ok()) return text.status();
    row.value = *std::move(text);
    return row;
  }

  std::vector<std::variant<Arrival, TimeStep, Mark>>& items() noexcept {
    return made_.timeline.items;
  }

  const spec::PipelineSpec& definition_;
  std::vector<Track> tracks_;
  MadeTimeline made_;
  Instant now_ = VirtualClock().now();
};

Status play(const Arrival& arrival, World& world, std::size_t batch_rows) {
  std::size_t waiting = 0;
  for (const InputRow& row : arrival.rows) {
    LEAT_RETURN_IF_ERROR(world.append(arrival.source, row));
    if (++waiting < batch_rows) continue;
    LEAT_RETURN_IF_ERROR(world.settle());
    waiting = 0;
  }
  return world.settle();
}

}  // namespace

MadeTimeline make_timeline(const spec::PipelineSpec& definition,
                           const std::vector<spec::TestInput>& inputs) {
  return Merger(definition, inputs).merge();
}

std::optional<std::size_t> item_of(const Timeline& timeline, std::uint32_t source,
                                   std::int32_t partition, std::int64_t offset) {
  for (const auto& item : timeline.items) {
    const auto* arrival = std::get_if<Arrival>(&item);
    if (arrival == nullptr || arrival->source != source) continue;
    for (const InputRow& row : arrival->rows)
      if (row.partition == partition && offset-- == 0) return row.item;
  }
  return std::nullopt;
}

Status play(const Timeline& timeline, World& world, std::size_t batch_rows) {
  for (const auto& item : timeline.items) {
    if (const auto* step = std::get_if<TimeStep>(&item))
      LEAT_RETURN_IF_ERROR(world.advance_to(step->to));
    else if (const auto* mark = std::get_if<Mark>(&item))
      LEAT_RETURN_IF_ERROR(world.set_watermark(mark->source, mark->us));
    else
      LEAT_RETURN_IF_ERROR(play(std::get<Arrival>(item), world, batch_rows));
  }
  return world.finish();
}

}  // namespace leat::trial
