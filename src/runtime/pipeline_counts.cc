#include "json/parse.h"
#include "json/write.h"
#include "runtime/run.h"

namespace leat::runtime {
namespace {

// in, out, bytes, dropped by reason, failed, dead letters, late: closed, idle, ahead
constexpr std::size_t kFailed = 3 + flow::kDropReasons;
constexpr std::size_t kLate = kFailed + 2;
constexpr std::size_t kAhead = kLate + 2;
constexpr std::size_t kNumbers = kAhead + 1;
using Numbers = std::array<std::uint64_t, kNumbers>;

Numbers sum(const PipelineCounts::PerSlice& slices) {
  Numbers numbers{};
  for (const auto& stats : slices) {
    numbers[0] += stats->in.value();
    numbers[1] += stats->out.value();
    numbers[2] += stats->bytes.value();
    numbers[kFailed] += stats->failed.value();
    numbers[kFailed + 1] += stats->dead_lettered.value();
    numbers[kLate] += stats->late_closed.value();
    numbers[kLate + 1] += stats->late_idle.value();
    numbers[kAhead] += stats->ahead.value();
    for (std::size_t r = 0; r < flow::kDropReasons; ++r)
      numbers[3 + r] += stats->dropped(static_cast<flow::DropReason>(r)).value();
  }
  return numbers;
}

void write(json::Writer& writer, std::string_view key,
           const std::map<std::string, PipelineCounts::PerSlice>& all) {
  writer.key(key).begin_object();
  for (const auto& [id, slices] : all) {
    writer.key(id).begin_array();
    for (const std::uint64_t number : sum(slices)) writer.value(number);
    writer.end_array();
  }
  writer.end_object();
}

std::uint64_t number_in(const json::Value& value) {
  return value.as_integer<std::uint64_t>().value_or(0);
}

void read(const json::Value* from, std::map<std::string, PipelineCounts::PerSlice>& all) {
  if (from == nullptr) return;
  for (const json::Member& member : from->members()) {
    const auto found = all.find(member.key);
    const auto numbers = member.value.elements();
    if (found == all.end() || numbers.size() < kFailed) continue;
    flow::StepStats& stats = *found->second.front();
    stats.in.restore(number_in(numbers[0]));
    stats.out.restore(number_in(numbers[1]));
    stats.bytes.restore(number_in(numbers[2]));
    if (numbers.size() >= kLate) {
      stats.failed.restore(number_in(numbers[kFailed]));
      stats.dead_lettered.restore(number_in(numbers[kFailed + 1]));
    }
    if (numbers.size() >= kAhead) {
      stats.late_closed.restore(number_in(numbers[kLate]));
      stats.late_idle.restore(number_in(numbers[kLate + 1]));
    }
    if (numbers.size() >= kNumbers) stats.ahead.restore(number_in(numbers[kAhead]));
    for (std::size_t r = 0; r < flow::kDropReasons; ++r)
      stats.dropped(static_cast<flow::DropReason>(r)).restore(number_in(numbers[3 + r]));
  }
}

}  // namespace

std::string PipelineCounts::to_json() const {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  for (const auto& task : tasks_) {
    records += task->records_in.value();
    bytes += task->bytes_in.value();
  }
  json::Writer writer;
  writer.begin_object().member("version", 1).member("records_in", records);
  writer.member("bytes_in", bytes);
  write(writer, "steps", steps_);
  write(writer, "sinks", sinks_);
  return writer.end_object().take();
}

void PipelineCounts::restore(std::string_view text) {
  const json::Parsed parsed = json::parse(text);
  if (!parsed.ok() || tasks_.empty()) return;
  const json::Value& root = parsed.root();
  if (const json::Value* records = root.find("records_in"))
    tasks_.front()->records_in.restore(number_in(*records));
  if (const json::Value* bytes = root.find("bytes_in"))
    tasks_.front()->bytes_in.restore(number_in(*bytes));
  read(root.find("steps"), steps_);
  read(root.find("sinks"), sinks_);
}

}  // namespace leat::runtime
