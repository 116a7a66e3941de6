#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"

namespace leat::log {
namespace {

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error", "off"};
constexpr std::string_view kTextNames[] = {"DEBUG", "INFO ", "WARN ", "ERROR", "OFF  "};
constexpr std::uint64_t kEqualMax = 10;
constexpr std::int64_t kEqualWindowUs = 10'000'000;
constexpr std::size_t kFoldKeysMax = 1024;

struct Fold {
  std::int64_t window_start_us = 0;
  std::uint64_t seen = 0;
  std::uint64_t folded = 0;
};

struct State {
  std::mutex mutex;
  Format format = Format::text;
  std::string path;
  int fd = 2;
  std::map<std::string, Level, std::less<>> levels;
  std::map<std::string, Fold, std::less<>> folds;
};

State& state() {
  static State* const kept = new State();
  return *kept;
}

std::atomic<Level> g_default{Level::info};
std::atomic<bool> g_have_levels{false};
thread_local int t_muted = 0;

Level level_of(std::string_view logger) {
  if (!g_have_levels.load(std::memory_order_acquire))
    return g_default.load(std::memory_order_relaxed);
  State& s = state();
  const std::lock_guard lock(s.mutex);
  const auto found = s.levels.find(logger);
  return found == s.levels.end() ? g_default.load(std::memory_order_relaxed) : found->second;
}

void append_value(std::string& out, const Value& value, bool json) {
  if (const auto* text = std::get_if<std::string_view>(&value.held)) {
    if (json) {
      out += '"';
      base::append_json_escaped(out, *text);
      out += '"';
    } else {
      base::append_printable(out, *text);
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&value.held)) {
    fmt::format_to(std::back_inserter(out), "{}", *number);
  } else if (const auto* real = std::get_if<double>(&value.held)) {
    fmt::format_to(std::back_inserter(out), "{}", *real);
  } else {
    out += std::get<bool>(value.held) ? "true" : "false";
  }
}

std::string format_line(Format format, Level level, std::string_view logger,
                        std::string_view message, Fields fields, WallTime at,
                        std::uint64_t repeated) {
  std::string line;
  line.reserve(160);
  const auto index = static_cast<std::size_t>(level);
  if (format == Format::json) {
    line += "{\"ts\":\"" + base::to_rfc3339_us(at) + "\",\"level\":\"";
    line += kNames[index];
    line += "\",\"logger\":\"";
    base::append_json_escaped(line, logger);
    line += "\",\"msg\":\"";
    base::append_json_escaped(line, message);
    line += '"';
    for (const auto& [key, value] : fields) {
      line += ",\"";
      base::append_json_escaped(line, key);
      line += "\":";
      append_value(line, value, true);
    }
    if (repeated != 0) line += fmt::format(",\"repeated\":{}", repeated);
    line += "}\n";
    return line;
  }
  line = fmt::format("{} {} {:<8} ", base::to_rfc3339(at), kTextNames[index], logger);
  base::append_printable(line, message);
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    append_value(line, value, false);
  }
  if (repeated != 0) line += fmt::format(" repeated={}", repeated);
  line += '\n';
  return line;
}

void put(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t n = ::write(fd, line.data(), line.size());
    if (n <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Says whether the line is to be written, and how many equal ones were folded before it.
bool admit(State& s, std::string_view logger, std::string_view message, Fields fields,
           std::int64_t now_us, std::uint64_t& repeated) {
  std::string key(logger);
  key += '\0';
  key += message;
  // One pipeline's storm does not hide another's line.
  for (const auto& [name, value] : fields) {
    const auto* text = std::get_if<std::string_view>(&value.held);
    if (name == "pipeline" && text != nullptr) key += *text;
  }
  if (s.folds.size() >= kFoldKeysMax) s.folds.clear();
  Fold& fold = s.folds[key];
  if (now_us - fold.window_start_us >= kEqualWindowUs) {
    repeated = fold.folded;
    fold = {now_us, 0, 0};
  }
  if (++fold.seen <= kEqualMax) return true;
  ++fold.folded;
  return false;
}

}  // namespace

Status configure(Level level, Format format, const std::string& path) {
  int fd = 2;
  if (!path.empty()) {
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
      return Status(Code::permission_denied, "the log file cannot be opened for writing")
          .with("path", path);
  }
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.fd != 2) ::close(s.fd);
  s.fd = fd;
  s.path = path;
  s.format = format;
  g_default.store(level, std::memory_order_relaxed);
  return {};
}

void set_level(std::string_view logger, Level level) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.levels[std::string(logger)] = level;
  g_have_levels.store(true, std::memory_order_release);
}

void clear_levels() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.levels.clear();
  g_have_levels.store(false, std::memory_order_release);
}

void set_default_level(Level level) { g_default.store(level, std::memory_order_relaxed); }

void reopen() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.path.empty()) return;
  const int fd = ::open(s.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return;
  ::close(s.fd);
  s.fd = fd;
}

bool parse_level(std::string_view text, Level& out) noexcept {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (text != kNames[i]) continue;
    out = static_cast<Level>(i);
    return true;
  }
  return false;
}

Muted::Muted() noexcept { ++t_muted; }
Muted::~Muted() { --t_muted; }

void write(Level level, std::string_view logger, std::string_view message, Fields fields) {
  if (t_muted > 0) return;
  if (level < level_of(logger)) return;
  const WallTime at = base::machine_clock().wall_now();
  State& s = state();
  const std::lock_guard lock(s.mutex);
  std::uint64_t repeated = 0;
  if (!admit(s, logger, message, fields, at.us, repeated)) return;
  put(s.fd, format_line(s.format, level, logger, message, fields, at, repeated));
}

}  // namespace leat::log
