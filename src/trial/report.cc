#include "trial/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <utility>

#include "base/text.h"
#include "spec/text.h"
#include "trial/match.h"

namespace leat::trial {
namespace {

constexpr std::size_t kRowsShown = 10;

void write_failure(json::Writer& writer, const Failure& failure) {
  writer.begin_object().key("sink");
  if (failure.sink.empty())
    writer.null();
  else
    writer.value(failure.sink);
  writer.member("expected", failure.expected)
      .member("actual", failure.actual)
      .member("message", failure.message)
      .end_object();
}

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.6f", seconds);
  return std::string(text.data(), static_cast<std::size_t>(std::max(size, 0)));
}

std::string batch_text(const TestRun& run) {
  return run.mode + ", " + std::to_string(run.batch_size) +
         (run.batch_size == 1 ? " row" : " rows") + " at a time";
}

void append_rows(std::string& out, const json::Value& rows, std::string_view sign) {
  if (!rows.is_array()) return;
  for (std::size_t i = 0; i < rows.elements().size(); ++i) {
    if (i == kRowsShown) {
      out += "        … and " + std::to_string(rows.elements().size() - i) + " more\n";
      return;
    }
    out += "      ";
    out += sign;
    out += ' ';
    base::append_printable(out, brief(rows.elements()[i]));
    out += '\n';
  }
}

std::string failure_text(const Failure& failure) {
  std::string out = "    ";
  if (failure.sink == "errors")
    out += "dead letters: ";
  else if (!failure.sink.empty())
    base::append_printable(out, "sink `" + failure.sink + "`: ");
  base::append_printable(out, failure.message);
  out += '\n';
  append_rows(out, failure.expected, "-");
  append_rows(out, failure.actual, "+");
  return out;
}

// The runs of one test stand together.
template <class Each>
void for_each_test(const std::vector<TestRun>& runs, Each&& each) {
  for (std::size_t begin = 0; begin < runs.size();) {
    std::size_t end = begin;
    while (end < runs.size() && runs[end].name == runs[begin].name) ++end;
    each(std::span(runs).subspan(begin, end - begin));
    begin = end;
  }
}

// The first of the notes of a test that passes.
std::string note_text(std::span<const TestRun> runs) {
  const auto noted =
      std::find_if(runs.begin(), runs.end(), [](const TestRun& run) { return !run.note.empty(); });
  return noted == runs.end() ? "" : "        note: " + noted->note + "\n";
}

std::string counted(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

void append_xml(std::string& out, std::string_view text) {
  std::string clean;
  base::append_printable(clean, text);
  for (const char c : clean) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view text) {
  out += ' ';
  out += name;
  out += "=\"";
  append_xml(out, text);
  out += '"';
}

// Every line has an end, which stays.
void append_xml_lines(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    append_xml(out, text.substr(at, end - at));
    out += '\n';
    at = end + 1;
  }
}

// The rest of a run's case, from the end of its attributes.
std::string outcome(const TestRun& run) {
  std::string out;
  if (run.passed()) {
    if (run.note.empty()) return "/>\n";
    out += ">\n      <system-out>";
    append_xml(out, "note: " + run.note);
    return out + "</system-out>\n    </testcase>\n";
  }
  out += ">\n      <failure";
  append_attribute(out, "message", run.failures.front().message);
  out += '>';
  for (const Failure& failure : run.failures) append_xml_lines(out, failure_text(failure));
  return out + "</failure>\n    </testcase>\n";
}

// The case of a definition that cannot be tested.
std::string invalid_case(const std::vector<spec::Diagnostic>& diagnostics, std::string_view file) {
  const auto first = std::find_if(diagnostics.begin(), diagnostics.end(), [](const auto& one) {
    return one.severity == spec::Severity::error;
  });
  std::string out = "    <testcase";
  append_attribute(out, "classname", file);
  append_attribute(out, "name", "the definition is valid");
  append_attribute(out, "time", seconds_text(0));
  out += ">\n      <failure";
  append_attribute(out, "message", first == diagnostics.end() ? "" : first->message);
  out += '>';
  for (const spec::Diagnostic& one : diagnostics)
    append_xml_lines(out, spec::to_line(file, one) + "\n");
  return out + "</failure>\n    </testcase>\n";
}

}  // namespace

std::string to_json(const Report& report, std::string_view file) {
  json::Writer writer;
  writer.begin_object();
  if (!file.empty()) writer.member("file", file);
  writer.member("passed", report.passed()).key("tests").begin_array();
  for (const TestRun& run : report.runs) {
    writer.begin_object()
        .member("name", run.name)
        .member("mode", run.mode)
        .member("batch_size", run.batch_size)
        .member("passed", run.passed())
        .member("seconds", run.seconds)
        .key("failures")
        .begin_array();
    for (const Failure& failure : run.failures) write_failure(writer, failure);
    writer.end_array();
    if (!run.note.empty()) writer.member("note", run.note);
    writer.end_object();
  }
  writer.end_array();
  if (!report.valid()) {
    writer.key("diagnostics").begin_array();
    for (const spec::Diagnostic& one : report.diagnostics) spec::write_diagnostic(writer, one);
    writer.end_array();
  }
  return writer.end_object().take();
}

std::string to_text(const Report& report, std::string_view file) {
  std::string out;
  std::size_t tests = 0;
  std::size_t failed = 0;
  for_each_test(report.runs, [&](std::span<const TestRun> runs) {
    ++tests;
    const auto first =
        std::find_if(runs.begin(), runs.end(), [](const TestRun& run) { return !run.passed(); });
    const auto bad = static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [](const TestRun& run) { return !run.passed(); }));
    out += bad == 0 ? "  ok    " : "  FAIL  ";
    base::append_printable(out, runs.front().name);
    if (bad != 0)
      out += "  (" + std::to_string(bad) + " of " + counted(runs.size(), "run") +
             "; first: " + batch_text(*first) + ")";
    out += '\n';
    if (bad == 0) {
      out += note_text(runs);
      return;
    }
    ++failed;
    for (const Failure& failure : first->failures) out += failure_text(failure);
  });
  std::string head;
  base::append_printable(head, file);
  if (report.runs.empty()) return head + ": no tests\n";
  head += ": " + counted(tests, "test") + " in " + counted(report.runs.size(), "run") + ", ";
  head += failed == 0 ? "all passed\n" : std::to_string(failed) + " failed\n";
  return head + out;
}

void JUnit::add(const Report& report, std::string_view file) {
  std::string cases;
  std::size_t tests = report.runs.size();
  std::size_t failures = 0;
  double seconds = 0;
  if (!report.valid()) {
    cases += invalid_case(report.diagnostics, file);
    ++tests;
    ++failures;
  }
  for (const TestRun& run : report.runs) {
    seconds += run.seconds;
    cases += "    <testcase";
    append_attribute(cases, "classname", file);
    append_attribute(cases, "name", run.name + " [" + batch_text(run) + "]");
    append_attribute(cases, "time", seconds_text(run.seconds));
    cases += outcome(run);
    if (!run.passed()) ++failures;
  }
  suites_ += "  <testsuite";
  append_attribute(suites_, "name", file);
  append_attribute(suites_, "tests", std::to_string(tests));
  append_attribute(suites_, "failures", std::to_string(failures));
  append_attribute(suites_, "time", seconds_text(seconds));
  suites_ += ">\n" + cases + "  </testsuite>\n";
  tests_ += tests;
  failures_ += failures;
  seconds_ += seconds;
}

std::string JUnit::take() const {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites";
  append_attribute(out, "tests", std::to_string(tests_));
  append_attribute(out, "failures", std::to_string(failures_));
  append_attribute(out, "time", seconds_text(seconds_));
  return out + ">\n" + suites_ + "</testsuites>\n";
}

}  // namespace leat::trial
