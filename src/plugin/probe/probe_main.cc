#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>

#include "base/file.h"
#include "json/write.h"
#include "plugin/library.h"
#include "plugin/probe/probe.h"
#include "plugin/probe/self_test.h"

namespace leat::plugin {
namespace {

constexpr int kReport = 3;
constexpr std::size_t kLibraryBytesMax = std::size_t{1} << 30;

// Lines of JSON: {"at": …} before each part, at the end {"functions": …} or {"code": …}.
class Report final : public TestProgress {
 public:
  void begins(std::string_view function) override { at(function); }
  void at(std::string_view part) { line(json::Writer().begin_object().member("at", part)); }
  int refuse(const Refusal& refusal) {
    json::Writer out;
    out.begin_object().member("code", to_string(refusal.code)).member("message", refusal.message);
    line(out);
    return 0;
  }
  int listing(const std::vector<FunctionInfo>& functions) {
    line(json::Writer().begin_object().member_raw("functions", write_listing(functions)));
    return 0;
  }

 private:
  static void line(json::Writer& out) {
    out.end_object();
    const std::string text = out.text() + "\n";
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t got = ::write(kReport, text.data() + written, text.size() - written);
      if (got <= 0) return;
      written += static_cast<std::size_t>(got);
    }
  }
};

int probe(const std::string& path, std::uint64_t memory_bytes) {
  Report report;
  // Dies with the daemon, and leaves nothing behind.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  const Result<std::string> bytes = base::read_file(path, kLibraryBytesMax);
  if (!bytes.ok()) return report.refuse({RefusalCode::probe_failed, bytes.status().to_string()});
  const Inspection found = inspect(*bytes, {});
  if (!found.identity)
    return report.refuse({RefusalCode::probe_failed, "the copy in the store is damaged"});
  const Status sandbox = enter_sandbox({memory_bytes, 10});
  if (!sandbox.ok()) return report.refuse({RefusalCode::probe_failed, sandbox.message()});
  report.at("leat_plugin_init");
  const auto library = Library::load(path, *found.identity);
  if (!library.ok()) return report.refuse(library.refusal());
  if (const auto refusal = self_test(**library, report)) return report.refuse(*refusal);
  return report.listing((*library)->infos());
}

}  // namespace

int probe_main(const std::vector<std::string>& arguments) {
  std::uint64_t memory_bytes = 0;
  if (arguments.size() != 3 || arguments[0] != kProbeCommand) return 64;
  const std::string& number = arguments[2];
  const auto read = std::from_chars(number.data(), number.data() + number.size(), memory_bytes);
  if (read.ec != std::errc()) return 64;
  const int status = probe(arguments[1], memory_bytes);
  // Without destructors: those of the plugin are none of the probe's business.
  ::_exit(status);
}

}  // namespace leat::plugin
