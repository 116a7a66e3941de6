// validate, apply and schema: commands about definitions.

#include "base/text.h"
#include "cli/commands.h"
#include "cli/definition_files.h"
#include "cli/plugins_folder.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/plan.h"
#include "spec/parse.h"
#include "spec/reference.h"
#include "spec/schema.h"
#include "spec/text.h"
#include "trial/places.h"

namespace leat::cli {
namespace {

void print_valid(const Session& session, const std::string& file, bool valid) {
  if (session.invocation().quiet || session.output() == Output::json) return;
  session.print(file + (valid ? ": valid\n" : ": not valid\n"));
}

void print_verdict(const Session& session, bool valid,
                   const std::vector<spec::Diagnostic>& diagnostics) {
  json::Writer writer;
  writer.begin_object().member("valid", valid).key("diagnostics").begin_array();
  for (const spec::Diagnostic& diagnostic : diagnostics) spec::write_diagnostic(writer, diagnostic);
  writer.end_array().end_object();
  session.print(writer.take() + "\n");
}

ExitCode validate_here(Session& session, const Definition& definition,
                       const plan::PlanOptions& options) {
  spec::ParseResult result = spec::parse_pipeline(definition.text);
  bool valid = result.ok();
  if (!result.malformed) {
    // What only shows when the definition is put together: expressions above all.
    plan::PlanResult planned;
    if (valid)
      planned = plan::build_plan(result.spec, options);
    else
      planned.diagnostics = plan::check_rest(result, options);
    valid = planned.plan != nullptr;
    const auto& more = valid ? planned.plan->warnings : planned.diagnostics;
    result.diagnostics.insert(result.diagnostics.end(), more.begin(), more.end());
    spec::locate(definition.text, result.diagnostics);
  }
  print_diagnostics(session, definition, result.diagnostics);
  trial::to_exact_places(definition.text, result.diagnostics);
  if (session.output() == Output::json) print_verdict(session, valid, result.diagnostics);
  print_valid(session, definition.file, valid);
  return valid ? ExitCode::done : ExitCode::bad_config;
}

ExitCode validate_there(Session& session, const Definition& definition) {
  const auto response =
      session.send({.method = "POST", .target = "/v1/pipelines:validate", .body = definition.text});
  if (!response) return session.code();
  if (response->status != 200) return session.refuse(*response, definition.file);
  if (session.output() == Output::json) session.print_body(*response);
  const json::Value answer = read_answer(*response);
  std::vector<spec::Diagnostic> diagnostics;
  if (const json::Value* list = answer.find("diagnostics")) {
    for (const json::Value& entry : list->elements()) diagnostics.push_back(read_diagnostic(entry));
  }
  // The daemon tells exact places; an excerpt needs the string that a span lies in.
  for (spec::Diagnostic& one : diagnostics)
    if (one.span) one.line = one.column = 0;
  spec::locate(definition.text, diagnostics);
  print_diagnostics(session, definition, diagnostics);
  const json::Value* valid = answer.find("valid");
  const bool fine = valid != nullptr && valid->as_bool().value_or(false);
  print_valid(session, definition.file, fine);
  return fine ? ExitCode::done : ExitCode::bad_config;
}

// The name in a definition, or "" when the text is not good enough to have one.
std::string name_in(const std::string& text) {
  const json::Parsed parsed = json::parse(text, {.bytes_max = kDefinitionBytesMax});
  const json::Value* name = parsed.ok() ? parsed.root().find("name") : nullptr;
  return name != nullptr && name->is_string() ? *name->as_string() : std::string();
}

// What the daemon thinks of a definition that it took.
void print_warnings(const Session& session, const std::string& file,
                    const net::Response& response) {
  const json::Value answer = read_answer(response);
  const json::Value* const warnings = json::find_pointer(answer, "/status/warnings");
  if (warnings == nullptr) return;
  for (const json::Value& warning : warnings->elements()) {
    if (!warning.is_string()) continue;
    std::string line;
    base::append_printable(line, file + ": warning: " + *warning.as_string());
    session.console().err(line + "\n");
  }
}

ExitCode apply_one(Session& session, const Definition& definition) {
  const std::string name = name_in(definition.text);
  if (name.empty()) {
    const spec::ParseResult result = spec::parse_pipeline(definition.text);
    session.complain("INVALID_DEFINITION", definition.file + " is no definition with a name");
    print_diagnostics(session, definition, result.diagnostics);
    return ExitCode::bad_config;
  }
  // What is there before says whether the write changed anything: an equal definition keeps its
  // ETag.
  const auto before = session.send({.target = pipeline_path(name)});
  if (!before) return session.code();
  if (before->status != 200 && before->status != 404)
    return session.refuse(*before, definition.file);
  const std::string target =
      pipeline_path(name, session.invocation().discard_state ? "?state=discard" : "");
  const auto response = session.send({.method = "PUT", .target = target, .body = definition.text});
  if (!response) return session.code();
  if (response->status != 200 && response->status != 201)
    return session.refuse(*response, definition.file);
  if (session.silent()) return ExitCode::done;
  if (session.output() == Output::json) {
    session.print_body(*response);
    return ExitCode::done;
  }
  std::string what = response->status == 201 ? "created" : "changed";
  if (response->status == 200 && before->status == 200 &&
      response->header("ETag") == before->header("ETag"))
    what = "unchanged";
  if (session.invocation().dry_run) what = "would " + cell(read_answer(*response), "/would");
  session.print(session.output() == Output::name ? name + "\n" : name + "  " + what + "\n");
  print_warnings(session, definition.file, *response);
  return ExitCode::done;
}

}  // namespace

ExitCode validate(Session& session) {
  const bool here = session.invocation().url.empty();
  const GivenPlugins plugins = given_plugins(session);
  if (plugins.code != ExitCode::done) return plugins.code;
  plan::PlanOptions options;
  options.plugins = plugins.get();
  return for_each_file(
      session,
      [&](const Definition& definition) {
        return here ? validate_here(session, definition, options)
                    : validate_there(session, definition);
      },
      [&](const std::string&, const spec::Diagnostic& why) {
        if (session.output() == Output::json) print_verdict(session, false, {why});
      });
}

ExitCode schema(Session& session) {
  if (!session.invocation().field) {
    session.print(spec::write_json_schema());
    return ExitCode::done;
  }
  const Result<std::string> told = spec::describe_key(*session.invocation().field);
  if (told.ok()) {
    session.print(*told);
    return ExitCode::done;
  }
  session.complain("UNKNOWN_FIELD", told.status().message());
  return ExitCode::usage;
}

ExitCode apply(Session& session) {
  return for_each_file(
      session, [&](const Definition& definition) { return apply_one(session, definition); });
}

}  // namespace leat::cli
