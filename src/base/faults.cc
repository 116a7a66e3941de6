#include "base/faults.h"

#include <csignal>
#include <ctime>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "base/text.h"

namespace leat::base {
namespace {

// Every fault point there is. A point that is not listed here cannot be armed, and hit() refuses
// unknown names.
constexpr std::string_view kNames[] = {
    "barrier.aligned",      // a task has the barrier on all inputs
    "barrier.injected",     // a source task put the barrier into the stream
    "checkpoint.files",     // a checkpoint's files are linked, nothing says so
    "checkpoint.gc",        // a checkpoint is no longer listed, its files are there
    "checkpoint.manifest",  // a checkpoint's description is written, its folder not renamed
    "checkpoint.rename",    // a checkpoint is complete
    "commit.acknowledged",  // the offsets are committed, the coordinator does not know yet
    "commit.applied",       // the coordinator knows
    "commit.sent",          // the offset commit is on its way
    "config.renamed",       // a definition is in place, its folder is not synced
    "config.synced",        // the temporary file is synced, not renamed
    "config.temp",          // the temporary file is written, not synced
    "cut.requested",        // the coordinator told the source tasks to cut
    "delta.applied",        // committed epochs are in the database, not durable there
    "delta.deleted",        // the changelog has forgotten what is durable in the database
    "delta.synced",         // an epoch is in the changelog and synced
    "delta.temp",           // an epoch is written into the changelog, not synced
    "drain.committed",      // all that waited for time came out and is committed
    "drain.requested",      // a drain was asked for, nothing was done about it yet
    "epoch.acknowledged",   // all records of the epoch are acknowledged
    "epoch.durable",        // what the epoch changed in the state is durable
    "epoch.sealed",         // all tasks have passed the barrier
    "lost.dropped",         // partitions were lost, the open epoch is dropped, nothing begun anew
    "offsets.discarded",    // the state is gone, the moved offsets are not committed
    "produce.handed_over",  // records of a batch are in the producer
    "restore.begun",        // the state is about to be read
    "restore.brought",      // a checkpoint is the state, its offsets are not committed
    "restore.copied",       // a checkpoint is copied, nothing is replaced by it
    "restore.done",         // the state is that of the last commit, no task runs yet
    "restore.swapped",      // a checkpoint is the state, the changelog is still the old one
    "revoke.committed",     // the epoch of a revocation is committed, partitions not yet given back
    "revoke.requested",     // partitions must be given back, nothing was done about it yet
    "switch.flipped",       // the new trigger counts
    "switch.persisted",     // the override is on disk
    "switch.requested",
};

struct Armed {
  std::string name;
  enum class Action { crash, error, sleep } action = Action::crash;
  std::uint64_t sleep_ms = 0;
  std::uint64_t from = 1;
  bool repeats = false;
  std::uint64_t passes = 0;
};

std::mutex g_mutex;
std::vector<Armed>& armed_points() {
  static auto* const points = new std::vector<Armed>();
  return *points;
}
std::function<void(std::string_view)>& crash_handler() {
  static auto* const handler = new std::function<void(std::string_view)>();
  return *handler;
}

bool parse_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Status bad(std::string_view item, std::string_view why) {
  return Status(Code::invalid_argument, "LEAT_FAULTS: " + std::string(why)).with("item", item);
}

Result<Armed> parse_item(std::string_view item) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos) return bad(item, "expected name=crash|error|sleep:ms[@n]");
  Armed armed;
  armed.name = item.substr(0, equals);
  const auto& names = Faults::names();
  if (std::find(names.begin(), names.end(), armed.name) == names.end()) {
    std::string known;
    for (const std::string_view name : names)
      known += (known.empty() ? "" : " ") + std::string(name);
    return bad(item, "unknown fault point; known are: " + known);
  }
  std::string_view action = item.substr(equals + 1);
  if (const std::size_t at = action.find('@'); at != std::string_view::npos) {
    std::string_view count = action.substr(at + 1);
    if (!count.empty() && count.back() == '+') {
      armed.repeats = true;
      count.remove_suffix(1);
    }
    if (!parse_number(count, armed.from) || armed.from == 0)
      return bad(item, "`@` needs a number from 1");
    action = action.substr(0, at);
  }
  if (action == "crash") return armed;
  if (action == "error") {
    armed.action = Armed::Action::error;
    return armed;
  }
  constexpr std::string_view kSleep = "sleep:";
  if (!action.starts_with(kSleep) || !parse_number(action.substr(kSleep.size()), armed.sleep_ms))
    return bad(item, "the action is crash, error or sleep:ms");
  armed.action = Armed::Action::sleep;
  return armed;
}

}  // namespace

std::atomic<bool> Faults::armed_{false};

const std::vector<std::string_view>& Faults::names() {
  static const auto* const names =
      new std::vector<std::string_view>(std::begin(kNames), std::end(kNames));
  return *names;
}

Status Faults::configure(std::string_view specification) {
  std::vector<Armed> points;
  while (!specification.empty()) {
    const std::size_t comma = std::min(specification.find(','), specification.size());
    Result<Armed> armed = parse_item(specification.substr(0, comma));
    if (!armed.ok()) return armed.status();
    points.push_back(*std::move(armed));
    specification.remove_prefix(std::min(comma + 1, specification.size()));
  }
  const std::lock_guard lock(g_mutex);
  armed_points() = std::move(points);
  armed_.store(!armed_points().empty(), std::memory_order_relaxed);
  return {};
}

void Faults::clear() noexcept {
  const std::lock_guard lock(g_mutex);
  armed_points().clear();
  armed_.store(false, std::memory_order_relaxed);
}

void Faults::set_crash_handler(std::function<void(std::string_view)> handler) {
  const std::lock_guard lock(g_mutex);
  crash_handler() = std::move(handler);
}

Status Faults::hit_slow(std::string_view name) {
  std::function<void(std::string_view)> handler;
  Armed hit;
  {
    const std::lock_guard lock(g_mutex);
    auto& points = armed_points();
    LEAT_CHECK(std::binary_search(std::begin(kNames), std::end(kNames), name));
    const auto found =
        std::find_if(points.begin(), points.end(), [&](const Armed& a) { return a.name == name; });
    if (found == points.end()) return {};
    ++found->passes;
    const bool now = found->repeats ? found->passes >= found->from : found->passes == found->from;
    if (!now) return {};
    hit = *found;
    handler = crash_handler();
  }
  if (hit.action == Armed::Action::error)
    return Status(Code::unavailable, "fault injected").with("fault", name);
  if (hit.action == Armed::Action::sleep) {
    const timespec length{static_cast<time_t>(hit.sleep_ms / 1000),
                          static_cast<long>(hit.sleep_ms % 1000) * 1'000'000};
    ::nanosleep(&length, nullptr);
    return {};
  }
  if (handler) {
    handler(name);
    return Status(Code::cancelled, "crashed by a fault point").with("fault", name);
  }
  ::kill(::getpid(), SIGKILL);
  ::_exit(137);
}

}  // namespace leat::base
