#include "daemon/crash.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "base/clock.h"
#include "base/exit_code.h"
#include "base/version.h"

// Everything below install_crash_files() runs in a signal handler: no allocation, no locks, no
// stdio.
namespace leat::daemon {
namespace {

constexpr int kFramesMax = 64;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

std::array<char, 1024> g_folder{};
std::array<char, 64 * 1024> g_stack;  // a handler after a stack overflow needs one of its own

// Text put together in place; what does not fit is cut.
class Text {
 public:
  Text& add(const char* text) noexcept {
    while (*text != '\0' && size_ + 1 < bytes_.size()) bytes_[size_++] = *text++;
    return *this;
  }
  Text& add_number(std::uint64_t number, unsigned base, int width = 1) noexcept {
    char digits[24];
    int count = 0;
    do {
      digits[count++] = "0123456789abcdef"[number % base];
      number /= base;
    } while (number != 0 || count < width);
    while (count > 0 && size_ + 1 < bytes_.size()) bytes_[size_++] = digits[--count];
    return *this;
  }
  // Inside a JSON string: what would need an escape becomes a blank or an apostrophe.
  Text& add_plain(const char* text) noexcept {
    for (; *text != '\0' && size_ + 1 < bytes_.size(); ++text) {
      const bool control = static_cast<unsigned char>(*text) < 0x20;
      bytes_[size_++] = control ? ' ' : *text == '"' ? '\'' : *text == '\\' ? '/' : *text;
    }
    return *this;
  }
  const char* c_str() noexcept {
    bytes_[size_] = '\0';
    return bytes_.data();
  }
  void write_to(int fd) const noexcept { (void)!::write(fd, bytes_.data(), size_); }

 private:
  std::array<char, 8192> bytes_;
  std::size_t size_ = 0;
};

// 20260101T120000.123456Z; the calendar by Howard Hinnant's days-to-civil formula.
void add_time(Text& text, std::int64_t us) noexcept {
  const std::int64_t seconds = us / 1'000'000;
  const std::int64_t shifted = seconds / 86400 + 719468;
  const std::int64_t era = shifted / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_shifted = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_shifted < 10 ? month_shifted + 3 : month_shifted - 9;
  const auto put = [&](std::int64_t number, int width) {
    text.add_number(static_cast<std::uint64_t>(number), 10, width);
  };
  put(year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
  put(month, 2);
  put(day_of_year - (153 * month_shifted + 2) / 5 + 1, 2);
  text.add("T");
  put(seconds / 3600 % 24, 2);
  put(seconds / 60 % 60, 2);
  put(seconds % 60, 2);
  text.add(".");
  put(us % 1'000'000, 6);
  text.add("Z");
}

const char* signal_name(int signal) noexcept {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    case SIGABRT: return "SIGABRT";
    case SIGQUIT: return "SIGQUIT";
    default: return "CHECK";
  }
}

void write_crash_file(int signal, const char* why) noexcept {
  Text path;
  path.add(g_folder.data()).add("/");
  Text body;
  body.add("{\"at\":\"");
  const std::int64_t now_us = base::machine_clock().wall_now().us;
  add_time(path, now_us);
  add_time(body, now_us);
  path.add(".json");
  body.add("\",\"signal\":\"").add(signal_name(signal)).add("\",\"pid\":");
  body.add_number(static_cast<std::uint64_t>(::getpid()), 10)
      .add(",\"version\":\"")
      .add_plain(base::version().data());
  body.add("\",\"commit\":\"")
      .add_plain(base::commit().data())
      .add("\",\"why\":\"")
      .add_plain(why)
      .add("\",\"anchor\":\"0x");
  // Where a known function lies, so that addresses of a relocated program can be looked up.
  body.add_number(reinterpret_cast<std::uintptr_t>(&install_crash_files), 16).add("\",\"stack\":[");
  void* frames[kFramesMax];
  const int count = ::backtrace(frames, kFramesMax);
  for (int i = 0; i < count; ++i) {
    body.add(i == 0 ? "\"0x" : ",\"0x")
        .add_number(reinterpret_cast<std::uintptr_t>(frames[i]), 16)
        .add("\"");
  }
  body.add("]}\n");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  Text told;
  told.add("leat: ended by ").add(signal_name(signal));
  if (fd >= 0) {
    body.write_to(fd);
    ::close(fd);
    told.add("; see ").add(path.c_str());
  }
  told.add("\n").write_to(STDERR_FILENO);
}

void on_signal(int signal) noexcept {
  write_crash_file(signal, "");
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  ::raise(signal);
}

void on_check(const char* text) noexcept {
  write_crash_file(0, text);
  ::_exit(static_cast<int>(ExitCode::internal));
}

}  // namespace

void install_crash_files(const std::string& folder) {
  LEAT_CHECK(folder.size() < g_folder.size());
  std::memcpy(g_folder.data(), folder.c_str(), folder.size() + 1);
  // The first call loads a library; the one in the handler then does not.
  void* frame = nullptr;
  ::backtrace(&frame, 1);
  stack_t stack{};
  stack.ss_sp = g_stack.data();
  stack.ss_size = g_stack.size();
  ::sigaltstack(&stack, nullptr);
  for (const int signal : kSignals) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
    ::sigaction(signal, &action, nullptr);
  }
  base::set_check_handler(on_check);
}

}  // namespace leat::daemon
