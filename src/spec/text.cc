#include "spec/text.h"

#include "base/text.h"

namespace leat::spec {
namespace {

void write_members(json::Writer& writer, const Diagnostic& diagnostic) {
  writer.member("pointer", diagnostic.pointer);
  if (diagnostic.line > 0)
    writer.member("line", diagnostic.line).member("column", diagnostic.column);
  if (diagnostic.span)
    writer.key("span")
        .begin_array()
        .value(diagnostic.span->first)
        .value(diagnostic.span->second)
        .end_array();
  writer.member("code", diagnostic.code).member("message", diagnostic.message);
  if (diagnostic.did_you_mean.empty()) return;
  writer.key("did_you_mean").begin_array();
  for (const std::string& name : diagnostic.did_you_mean) writer.value(name);
  writer.end_array();
}

}  // namespace

std::string_view mode_name(TriggerMode mode) noexcept {
  switch (mode) {
    case TriggerMode::micro_batch: return "micro_batch";
    case TriggerMode::real_time: return "real_time";
    case TriggerMode::available_now: return "available_now";
  }
  return "";
}

std::string_view format_name(Format format) noexcept {
  switch (format) {
    case Format::json: return "json";
    case Format::string: return "string";
    case Format::bytes: return "bytes";
    case Format::csv: return "csv";
  }
  return "";
}

std::string_view compression_name(Compression value) noexcept {
  switch (value) {
    case Compression::none: return "none";
    case Compression::gzip: return "gzip";
    case Compression::snappy: return "snappy";
    case Compression::lz4: return "lz4";
    case Compression::zstd: return "zstd";
  }
  return "";
}

std::string_view severity_name(Severity severity) noexcept {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: return "info";
  }
  return "";
}

std::string verb_of(const StepSpec& step) {
  static constexpr std::string_view kVerbs[] = {"filter",      "set",     "select",    "drop",
                                                "repartition", "explode", "aggregate", "dedupe"};
  static_assert(std::size(kVerbs) == std::variant_size_v<decltype(step.verb)>);
  return std::string(kVerbs[step.verb.index()]);
}

bool has_late_output(const StepSpec& step) noexcept {
  if (const auto* aggregate = std::get_if<AggregateStep>(&step.verb))
    return aggregate->late == LateRows::side_output || aggregate->too_late_to_side;
  const auto* dedupe = std::get_if<DedupeStep>(&step.verb);
  return dedupe != nullptr && dedupe->late == LateRows::side_output;
}

void write_trigger(json::Writer& writer, const TriggerSpec& trigger) {
  writer.begin_object().member("mode", mode_name(trigger.mode));
  if (trigger.mode == TriggerMode::micro_batch)
    writer.member("interval", base::format_duration(trigger.interval.count()));
  if (trigger.mode == TriggerMode::real_time)
    writer.member("checkpoint_interval",
                  base::format_duration(trigger.checkpoint_interval.count()));
  if (trigger.max_records != 0) writer.member("max_records", trigger.max_records);
  writer.end_object();
}

std::string to_json(const TriggerSpec& trigger) {
  json::Writer writer;
  write_trigger(writer, trigger);
  return writer.take();
}

void write_error(json::Writer& writer, const Diagnostic& diagnostic) {
  writer.begin_object();
  write_members(writer, diagnostic);
  writer.end_object();
}

void write_diagnostic(json::Writer& writer, const Diagnostic& diagnostic) {
  writer.begin_object().member("severity", severity_name(diagnostic.severity));
  write_members(writer, diagnostic);
  writer.end_object();
}

std::string to_line(std::string_view file, const Diagnostic& diagnostic) {
  std::string line(file);
  if (diagnostic.line > 0)
    line += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  line += ": ";
  if (diagnostic.severity != Severity::error)
    line += std::string(severity_name(diagnostic.severity)) + ": ";
  base::append_printable(line, diagnostic.message);
  line += " [" + diagnostic.code + "]";
  for (std::size_t i = 0; i < diagnostic.did_you_mean.size(); ++i)
    line += (i == 0 ? " did you mean `" : ", `") + diagnostic.did_you_mean[i] + "`";
  return line;
}

}  // namespace leat::spec
