#include "admin/tap_hub.h"

#include <algorithm>

#include "base/wall_ms.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::admin {
namespace {

// The value is JSON where the record is; anything else is shown as text.
void write_value(json::Writer& writer, const std::string& text) {
  json::ParseOptions options;
  options.comments = false;
  if (json::parse(text, options).ok())
    writer.raw(text);
  else
    writer.value(text);
}

std::string end_event(std::string_view reason) {
  return "event: end\ndata: {\"reason\":\"" + std::string(reason) + "\"}\n\n";
}

std::string dropped_event(std::uint64_t count) {
  return "event: dropped\ndata: {\"count\":" + std::to_string(count) + "}\n\n";
}

std::uint64_t dropped_by(const runtime::TapSubscription& subscription) {
  std::uint64_t sum = 0;
  for (const auto& point : subscription.points) sum += point->dropped();
  return sum;
}

}  // namespace

std::string row_event(const flow::TapRow& row) {
  json::Writer writer;
  writer.begin_object().key("$value");
  write_value(writer, row.value);
  writer.key("$key");
  if (row.key_null)
    writer.null();
  else
    writer.value(row.key);
  writer.member("$topic", row.topic)
      .member("$partition", row.partition)
      .member("$offset", row.offset)
      .member("$timestamp", to_rfc3339(base::wall_of_ms(row.timestamp_ms)))
      .end_object();
  std::string line = writer.take();
  // JSON as somebody wrote it may have line ends, which end an event's data line.
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return "event: row\ndata: " + line + "\n\n";
}

void TapHub::add(const std::string& pipeline, const std::string& step, const TapOptions& options,
                 const Reply& reply) {
  const Key key{pipeline, step};
  const auto [entry, fresh] = steps_.try_emplace(key);
  if (entry->second.subscribed) return open(key, entry->second, reply, options);
  entry->second.waiting.emplace_back(reply, options);
  if (!fresh) return;
  backend_.tap(pipeline, step, [this, key](Result<runtime::TapSubscription> result) {
    loop_.post(
        [this, key, result = std::move(result)]() mutable { subscribed(key, std::move(result)); });
  });
}

void TapHub::subscribed(const Key& key, Result<runtime::TapSubscription> result) {
  Step& step = steps_.at(key);
  if (!result.ok()) {
    const Problem problem = problem_of(result.status());
    for (const auto& [reply, options] : step.waiting) reply(problem);
    steps_.erase(key);
    return;
  }
  step.subscribed = true;
  step.serial = ++serial_;
  step.subscription = std::move(*result);
  step.told_dropped = dropped_by(step.subscription);
  step.ticked = clock_.now();
  for (const auto& point : step.subscription.points) point->want(true);
  for (const auto& [reply, options] : std::exchange(step.waiting, {}))
    open(key, step, reply, options);
  const std::uint64_t serial = step.serial;
  drop_unread(key);
  tick_later(key, serial);
}

void TapHub::open(const Key& key, Step& step, const Reply& reply, const TapOptions& options) {
  std::shared_ptr<EventStream> stream = reply.stream();
  if (stream == nullptr) {
    Problem problem;
    problem.code = ProblemCode::too_many_streams;
    problem.detail = "too many streams are open";
    problem.headers.emplace_back("Retry-After", "1");
    return reply(problem);
  }
  const EventStream* identity = stream.get();
  stream->on_close([this, key, identity] { remove(key, identity); });
  step.readers.push_back({std::move(stream), options, 0, static_cast<double>(options.rate), 0});
}

void TapHub::tick_later(const Key& key, std::uint64_t serial) {
  loop_.after(kTick, [this, key, serial] { tick(key, serial); });
}

void TapHub::tick(const Key& key, std::uint64_t serial) {
  const auto found = steps_.find(key);
  if (found == steps_.end() || !found->second.subscribed || found->second.serial != serial) return;
  hand_out(found->second);
  const auto& alive = found->second.subscription.alive;
  const bool ended = alive != nullptr && !alive->load();
  if (ended || !runs(key.first)) return end_all(key, "pipeline");
  tick_later(key, serial);
}

void TapHub::hand_out(Step& step) {
  const Instant now = clock_.now();
  const double seconds = std::chrono::duration<double>(now - step.ticked).count();
  step.ticked = now;
  const std::uint64_t dropped = dropped_by(step.subscription);
  for (Reader& reader : step.readers) {
    const auto rate = static_cast<double>(reader.options.rate);
    reader.allowance = std::min(rate, reader.allowance + seconds * rate);
    reader.dropped += dropped - step.told_dropped;
  }
  step.told_dropped = dropped;
  flow::TapRow row;
  std::size_t bytes = 0;
  for (const auto& point : step.subscription.points) {
    // What stays behind fills the point, and its worker drops and counts: large rows must not keep
    // this thread busy.
    for (std::size_t n = 0; n < kRowsPerTick && bytes < kBytesPerTick && point->take(row); ++n) {
      bytes += row.value.size();
      const std::string event = row_event(row);
      for (Reader& reader : step.readers) {
        if (reader.options.limit != 0 && reader.sent >= reader.options.limit) continue;
        const bool sent = reader.allowance >= 1 && reader.stream->send(event);
        if (!sent)
          ++reader.dropped;
        else
          reader.allowance -= 1, ++reader.sent;
      }
    }
  }
  for (Reader& reader : step.readers) {
    if (reader.dropped > 0 && reader.stream->send(dropped_event(reader.dropped)))
      reader.dropped = 0;
    if (reader.options.limit != 0 && reader.sent >= reader.options.limit)
      reader.stream->end(end_event("limit"));
  }
}

void TapHub::end_all(const Key& key, std::string_view reason) {
  const auto found = steps_.find(key);
  if (found == steps_.end()) return;
  for (const Reader& reader : found->second.readers) reader.stream->end(end_event(reason));
}

void TapHub::remove(const Key& key, const EventStream* stream) {
  const auto found = steps_.find(key);
  if (found == steps_.end()) return;
  std::erase_if(found->second.readers,
                [&](const Reader& reader) { return reader.stream.get() == stream; });
  drop_unread(key);
}

void TapHub::drop_unread(const Key& key) {
  const auto found = steps_.find(key);
  if (found == steps_.end() || !found->second.subscribed || !found->second.readers.empty()) return;
  for (const auto& point : found->second.subscription.points) point->want(false);
  steps_.erase(found);
  backend_.untap(key.first, key.second);
}

bool TapHub::runs(const std::string& pipeline) const {
  const runtime::SnapshotPtr snapshot = backend_.find(pipeline);
  if (snapshot == nullptr) return false;
  return snapshot->actual != runtime::Actual::stopped &&
         snapshot->actual != runtime::Actual::failed;
}

}  // namespace leat::admin
