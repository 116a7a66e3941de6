// test and preview: what a definition does, without a broker.

#include "spec/tests.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/definition_files.h"
#include "cli/given_rows.h"
#include "cli/plugins_folder.h"
#include "json/write.h"
#include "plan/plan.h"
#include "spec/parse.h"
#include "trial/places.h"
#include "trial/preview.h"
#include "trial/report.h"
#include "trial/tests.h"

namespace leat::cli {
namespace {

bool has_errors(const std::vector<spec::Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const auto& one) { return one.severity == spec::Severity::error; });
}

// Adds to what was found what only shows when the definition is put together.
void check_rest(const Definition& definition, spec::ParseResult& parsed, plugin::Plugins* plugins) {
  if (parsed.malformed) return;
  plan::PlanOptions options;
  options.plugins = plugins;
  const auto more = plan::check_rest(parsed, options);
  parsed.diagnostics.insert(parsed.diagnostics.end(), more.begin(), more.end());
  spec::locate(definition.text, parsed.diagnostics);
}

trial::Limits limits_with(plugin::Plugins* plugins) {
  trial::Limits limits;
  limits.plugins = plugins;
  return limits;
}

ExitCode test_one(Session& session, const Definition& definition, trial::JUnit& junit,
                  plugin::Plugins* plugins) {
  spec::ParseResult parsed = spec::parse_pipeline(definition.text);
  trial::Report report;
  if (parsed.ok())
    report = trial::run_tests(*parsed.spec, session.clock(), limits_with(plugins));
  else
    check_rest(definition, parsed, plugins);
  report.diagnostics.insert(report.diagnostics.begin(), parsed.diagnostics.begin(),
                            parsed.diagnostics.end());
  spec::locate(definition.text, report.diagnostics);
  print_diagnostics(session, definition, report.diagnostics);
  trial::to_exact_places(definition.text, report.diagnostics);
  junit.add(report, definition.file);
  if (session.output() == Output::json)
    session.print(trial::to_json(report, definition.file) + "\n");
  else if (report.valid() && (!session.invocation().quiet || !report.passed()))
    session.print(trial::to_text(report, definition.file));
  if (!report.valid()) return ExitCode::bad_config;
  return report.passed() ? ExitCode::done : ExitCode::failed;
}

// ---- preview

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

ExitCode preview_one(Session& session, const Definition& definition, plugin::Plugins* plugins) {
  spec::ParseResult parsed = spec::parse_pipeline(definition.text);
  check_rest(definition, parsed, plugins);
  print_diagnostics(session, definition, parsed.diagnostics);
  if (has_errors(parsed.diagnostics)) return ExitCode::bad_config;
  if (session.invocation().read) return preview_there(session, definition, *parsed.spec);
  GivenRows given(session, *parsed.spec);
  if (const ExitCode code = given.read(); code != ExitCode::done) return code;
  const spec::TestInputs rows = spec::parse_test_inputs(given.take(), *parsed.spec, "");
  if (given.mistaken() || has_errors(rows.diagnostics)) return given.refuse(rows.diagnostics);
  const trial::Preview preview = trial::preview(
      *parsed.spec, rows.inputs, session.invocation().limit.value_or(100), limits_with(plugins));
  if (!preview.bad_rows.empty()) return given.refuse(preview.bad_rows);
  session.print(session.output() == Output::json ? trial::to_json(preview) + "\n"
                                                 : preview_text(preview));
  if (preview.status.ok()) return ExitCode::done;
  session.console().err("leat: " + preview.status.to_string() + "\n");
  return ExitCode::failed;
}

}  // namespace

ExitCode test(Session& session) {
  const GivenPlugins plugins = given_plugins(session);
  if (plugins.code != ExitCode::done) return plugins.code;
  trial::JUnit junit;
  ExitCode code = for_each_file(
      session,
      [&](const Definition& definition) {
        return test_one(session, definition, junit, plugins.get());
      },
      [&](const std::string& file, const spec::Diagnostic& why) {
        trial::Report report;
        report.diagnostics.push_back(why);
        junit.add(report, file);
        if (session.output() == Output::json) session.print(trial::to_json(report, file) + "\n");
      });
  const std::string& file = session.invocation().junit;
  if (file.empty()) return code;
  const Status written = base::write_file(file, junit.take(), 0644);
  if (written.ok()) return code;
  session.console().err("leat: " + written.to_string() + "\n");
  return code == ExitCode::done ? ExitCode::cant_create : code;
}

ExitCode preview(Session& session) {
  const GivenPlugins plugins = given_plugins(session);
  if (plugins.code != ExitCode::done) return plugins.code;
  return for_each_file(session, [&](const Definition& definition) {
    return preview_one(session, definition, plugins.get());
  });
}

}  // namespace leat::cli
