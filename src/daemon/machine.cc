#include "daemon/machine.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "base/file.h"

namespace leat::daemon {
namespace {

constexpr std::size_t kSmallFile = 64 * 1024;

template <class Number>
bool parse_number(std::string_view text, Number& out) noexcept {
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

// Calls `visit` with the file `name` of our cgroup (v2) and of those above it.
void for_each_cgroup(std::string_view name, const std::function<void(const std::string&)>& visit) {
  const Result<std::string> own = base::read_file("/proc/self/cgroup", kSmallFile);
  std::string path;
  if (own.ok()) {
    const std::size_t at = own->find("0::");
    if (at != std::string::npos) path = own->substr(at + 3, own->find('\n', at) - at - 3);
  }
  for (;;) {
    const Result<std::string> text =
        base::read_file("/sys/fs/cgroup" + path + "/" + std::string(name), kSmallFile);
    if (text.ok()) visit(*text);
    const std::size_t slash = path.rfind('/');
    if (path.empty() || slash == std::string::npos) return;
    path.resize(slash);
  }
}

}  // namespace

std::uint32_t cores_of_quota(std::string_view cpu_max) noexcept {
  const std::size_t blank = cpu_max.find(' ');
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  if (blank == std::string_view::npos || !parse_number(cpu_max.substr(0, blank), quota) ||
      !parse_number(cpu_max.substr(blank + 1), period) || period == 0) {
    return 0;
  }
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (quota + period - 1) / period));
}

std::uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::uint32_t cores = 1;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0)
    cores = static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
  for_each_cgroup("cpu.max", [&](const std::string& text) {
    const std::uint32_t quota = cores_of_quota(text);
    if (quota != 0) cores = std::min(cores, quota);
  });
  return cores;
}

std::uint64_t usable_memory() {
  struct sysinfo about {};
  std::uint64_t bytes = std::uint64_t{1} << 30;
  if (::sysinfo(&about) == 0) bytes = std::uint64_t{about.totalram} * about.mem_unit;
  for_each_cgroup("memory.max", [&](const std::string& text) {
    std::uint64_t limit = 0;
    if (parse_number(text, limit)) bytes = std::min(bytes, limit);
  });
  return bytes;
}

std::string fit_name(std::string_view text) {
  std::string name;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && name.empty()) continue;
    name += letter || c == '.' || c == '_' ? c : '-';
  }
  if (name.size() > 63) name.resize(63);
  return name.empty() ? "leat" : name;
}

std::string host_as_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof(name) - 1) != 0) return "leat";
  return fit_name(name);
}

std::uint32_t own_user() noexcept { return ::geteuid(); }

}  // namespace leat::daemon
