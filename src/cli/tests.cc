// test and preview: what a definition does, without a broker.

#include "spec/tests.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/definition_files.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/plan.h"
#include "spec/parse.h"
#include "trial/preview.h"
#include "trial/report.h"
#include "trial/tests.h"

namespace leat::cli {
namespace {

constexpr std::size_t kInputBytesMax = std::size_t{64} << 20;

bool has_errors(const std::vector<spec::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const auto& one) { return one.severity == spec::Severity::error; });
}

// Adds to what was found what only shows when the definition is put together.
void check_rest(const Definition& definition, spec::ParseResult& parsed) {
  if (parsed.malformed) return;
  const auto more = plan::check_rest(parsed, {});
  parsed.diagnostics.insert(parsed.diagnostics.end(), more.begin(), more.end());
  spec::locate(definition.text, parsed.diagnostics);
}

ExitCode test_one(Session& session, const Definition& definition, trial::JUnit& junit) {
  spec::ParseResult parsed = spec::parse_pipeline(definition.text);
  trial::Report report;
  if (parsed.ok())
    report = trial::run_tests(*parsed.spec, session.clock(), {});
  else
    check_rest(definition, parsed);
  report.diagnostics.insert(report.diagnostics.begin(), parsed.diagnostics.begin(),
                            parsed.diagnostics.end());
  spec::locate(definition.text, report.diagnostics);
  print_diagnostics(session, definition, report.diagnostics);
  junit.add(report, definition.file);
  if (session.output() == Output::json)
    session.print(trial::to_json(report, definition.file) + "\n");
  else if (report.valid() && (!session.invocation().quiet || !report.passed()))
    session.print(trial::to_text(report, definition.file));
  if (!report.valid()) return ExitCode::bad_config;
  return report.passed() ? ExitCode::done : ExitCode::failed;
}

// ---- preview

// `--input orders=rows.ndjson`: of which source, and which file.
struct InputName {
  std::string source;
  std::string file;
};

// The source is the only one unless it is named.
std::optional<InputName> name_of(const spec::PipelineSpec& spec, const std::string& text) {
  for (const spec::SourceSpec& source : spec.sources)
    if (text.starts_with(source.id + "="))
      return InputName{source.id, text.substr(source.id.size() + 1)};
  if (spec.sources.size() != 1) return std::nullopt;
  return InputName{spec.sources.front().id, text};
}

// Rows of every source, as the text of an input: `{"orders": [row, …]}`.
class InputText {
 public:
  explicit InputText(const Session& session, const spec::PipelineSpec& spec)
      : session_(session), spec_(spec) {}

  ExitCode add_row(const std::string& text, const std::string& place) {
    const auto named = name_of(spec_, text);
    if (!named) return ambiguous();
    return add(named->source, named->file, place);
  }

  ExitCode add_file(const std::string& text) {
    const auto named = name_of(spec_, text);
    if (!named) return ambiguous();
    const Result<std::string> lines = base::read_file(named->file, kInputBytesMax);
    if (!lines.ok()) {
      session_.console().err("leat: " + lines.status().to_string() + "\n");
      return ExitCode::failed;
    }
    for (const auto& [number, line] : lines_of(*lines)) {
      const std::string place = named->file + ":" + std::to_string(number);
      if (const ExitCode code = add(named->source, std::string(line), place);
          code != ExitCode::done)
        return code;
    }
    return ExitCode::done;
  }

  // Where the row came from that a pointer leads to: "rows.ndjson:3", and what is behind it.
  std::string place_of(const std::string& pointer) const {
    for (const auto& [source, places] : places_)
      for (std::size_t i = 0; i < places.size(); ++i) {
        const std::string at = json::pointer_to(json::pointer_to("", source), i);
        if (pointer != at && !pointer.starts_with(at + "/")) continue;
        return places[i] + (pointer == at ? "" : " " + pointer.substr(at.size()));
      }
    return "the rows";
  }

  json::Value take() const {
    std::vector<json::Member> members;
    for (const auto& [source, rows] : rows_)
      members.push_back({source, {}, json::Value::array({}, rows)});
    return json::Value::object({}, std::move(members));
  }

 private:
  ExitCode ambiguous() const {
    session_.console().err(
        "leat: there are several sources: write --input SOURCE=FILE and --row SOURCE=JSON\n");
    return ExitCode::usage;
  }
  ExitCode add(const std::string& source, const std::string& row, const std::string& place) {
    json::ParseOptions options;
    options.bytes_max = kInputBytesMax;
    json::Parsed parsed = json::parse(row, options);
    if (!parsed.ok() && !is_record(parsed, source)) {
      session_.console().err("leat: " + place + ": " + parsed.problems().front().message + "\n");
      return ExitCode::failed;
    }
    rows_[source].push_back(parsed.ok() ? std::move(parsed).root() : as_it_stands(row));
    places_[source].push_back(place);
    return ExitCode::done;
  }
  // JSON that definitions are not written in, as numbers that no double holds, may be a record all
  // the same: what becomes of it is the source's to say.
  bool is_record(const json::Parsed& parsed, const std::string& source) const {
    if (parsed.malformed() || parsed.partial() == nullptr || !parsed.partial()->is_object())
      return false;
    const auto members = parsed.partial()->members();
    return std::none_of(members.begin(), members.end(),
                        [](const json::Member& member) { return member.key.starts_with('$'); }) &&
           std::any_of(spec_.sources.begin(), spec_.sources.end(),
                       [&](const spec::SourceSpec& one) {
                         return one.id == source && one.format == spec::Format::json;
                       });
  }
  static json::Value as_it_stands(const std::string& row) {
    return json::Value::object({}, {{"$raw", {}, json::Value::string({}, row)}});
  }

  const Session& session_;
  const spec::PipelineSpec& spec_;
  std::map<std::string, std::vector<json::Value>> rows_;
  std::map<std::string, std::vector<std::string>> places_;  // of the rows
};

ExitCode read_input(const Session& session, InputText& input) {
  const Invocation& asked = session.invocation();
  for (std::size_t i = 0; i < asked.rows.size(); ++i)
    if (const ExitCode code = input.add_row(asked.rows[i], "--row " + std::to_string(i + 1));
        code != ExitCode::done)
      return code;
  for (const std::string& file : asked.inputs)
    if (const ExitCode code = input.add_file(file); code != ExitCode::done) return code;
  return ExitCode::done;
}

void append_rows(std::string& out, const std::vector<json::Value>& rows, std::string_view sign) {
  for (const json::Value& row : rows) {
    out += "  ";
    out += sign;
    base::append_printable(out, json::to_text(row));
    out += '\n';
  }
}

std::string preview_text(const trial::Preview& preview) {
  std::string out;
  for (const trial::Preview::Step& step : preview.steps) {
    out += step.id + "\n";
    append_rows(out, step.rows, "");
    append_rows(out, step.errors, "failed: ");
  }
  for (const auto& [id, rows] : preview.sinks) {
    out += "-> " + id + "\n";
    append_rows(out, rows, "");
  }
  append_rows(out, preview.errors, "failed: ");
  return out;
}

// The same from a daemon's answer.
std::string preview_text(const json::Value& answer) {
  std::string out;
  const auto rows = [&out](const json::Value& of, std::string_view key, std::string_view sign) {
    const json::Value* const list = of.find(key);
    if (list == nullptr) return;
    append_rows(out, std::vector<json::Value>(list->elements().begin(), list->elements().end()),
                sign);
  };
  if (const json::Value* const steps = answer.find("steps")) {
    for (const json::Value& step : steps->elements()) {
      out += cell(step, "/id") + "\n";
      rows(step, "rows", "");
      rows(step, "errors", "failed: ");
    }
  }
  if (const json::Value* const sinks = answer.find("sinks")) {
    for (const json::Member& sink : sinks->members()) {
      out += "-> " + sink.key + "\n";
      rows(*sinks, sink.key, "");
    }
  }
  rows(answer, "errors", "failed: ");
  return out;
}

// The daemon reads the newest records of every source in Kafka.
ExitCode preview_there(Session& session, const Definition& definition,
                       const spec::PipelineSpec& spec) {
  const Invocation& asked = session.invocation();
  json::Writer body;
  body.begin_object().key("definition").raw(spec.json).key("read").begin_object();
  for (const spec::SourceSpec& source : spec.sources)
    if (std::holds_alternative<spec::KafkaSourceSpec>(source.kind))
      body.member(source.id, *asked.read);
  body.end_object();
  if (asked.limit) body.member("limit", *asked.limit);
  const auto response = session.send(
      {.method = "POST", .target = "/v1/pipelines:preview", .body = body.end_object().take()});
  if (!response) return session.code();
  if (response->status != 200) return session.refuse(*response, definition.file);
  if (session.output() == Output::json)
    session.print_body(*response);
  else
    session.print(preview_text(read_answer(*response)));
  return ExitCode::done;
}

// Mistakes in rows, at the places that the rows came from.
ExitCode refuse_rows(const Session& session, const InputText& input,
                     const std::vector<spec::Diagnostic>& found) {
  for (const spec::Diagnostic& one : found) {
    std::string line = "leat: " + input.place_of(one.pointer) + ": ";
    base::append_printable(line, one.message);
    session.console().err(line + "\n");
  }
  return ExitCode::failed;
}

ExitCode preview_one(Session& session, const Definition& definition) {
  spec::ParseResult parsed = spec::parse_pipeline(definition.text);
  check_rest(definition, parsed);
  print_diagnostics(session, definition, parsed.diagnostics);
  if (has_errors(parsed.diagnostics)) return ExitCode::bad_config;
  if (session.invocation().read) return preview_there(session, definition, *parsed.spec);
  InputText input(session, *parsed.spec);
  if (const ExitCode code = read_input(session, input); code != ExitCode::done) return code;
  const spec::TestInputs rows = spec::parse_test_inputs(input.take(), *parsed.spec, "");
  if (has_errors(rows.diagnostics)) return refuse_rows(session, input, rows.diagnostics);
  const trial::Preview preview =
      trial::preview(*parsed.spec, rows.inputs, session.invocation().limit.value_or(100), {});
  if (!preview.bad_rows.empty()) return refuse_rows(session, input, preview.bad_rows);
  session.print(session.output() == Output::json ? trial::to_json(preview) + "\n"
                                                 : preview_text(preview));
  if (preview.status.ok()) return ExitCode::done;
  session.console().err("leat: " + preview.status.to_string() + "\n");
  return ExitCode::failed;
}

}  // namespace

ExitCode test(Session& session) {
  trial::JUnit junit;
  ExitCode code = for_each_file(
      session, [&](const Definition& definition) { return test_one(session, definition, junit); });
  const std::string& file = session.invocation().junit;
  if (file.empty()) return code;
  const Status written = base::write_file(file, junit.take(), 0644);
  if (written.ok()) return code;
  session.console().err("leat: " + written.to_string() + "\n");
  return code == ExitCode::done ? ExitCode::cant_create : code;
}

ExitCode preview(Session& session) {
  return for_each_file(
      session, [&](const Definition& definition) { return preview_one(session, definition); });
}

}  // namespace leat::cli
