// expr: one expression over some rows.

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/definition_files.h"
#include "json/write.h"
#include "trial/evaluate.h"

namespace leat::cli {
namespace {

constexpr std::size_t kInputBytesMax = std::size_t{64} << 20;

// The line of the expression that a mistake is in, and a caret under it.
std::string excerpt(const std::string& text, std::pair<std::size_t, std::size_t> span) {
  std::string line;
  std::size_t column = 0;
  std::size_t point = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (text[at] == '\n') {
      if (point >= span.first) break;
      line.clear();
      column = 0;
    } else {
      line += text[at];
      if (starts && point < span.first) ++column;
    }
    if (starts) ++point;
  }
  std::string out = "  ";
  base::append_printable(out, line);
  const std::size_t rest =
      base::count_code_points(line) - std::min(column, base::count_code_points(line));
  const std::size_t width = std::max<std::size_t>(1, std::min(rest, span.second - span.first));
  return out + "\n  " + std::string(column, ' ') + "^" + std::string(width - 1, '~') + "\n";
}

void print_mistakes(const Session& session, const std::vector<spec::Diagnostic>& found) {
  for (const spec::Diagnostic& one : found) {
    std::string message = one.message;
    for (const std::string& near : one.did_you_mean) message += "; did you mean `" + near + "`?";
    session.complain(one.code, message);
    if (one.span) session.console().err(excerpt(session.invocation().expression, *one.span));
  }
}

// The rows of --row and --input; nothing when one cannot be read.
std::optional<std::vector<std::string>> read_rows(const Session& session) {
  std::vector<std::string> rows = session.invocation().rows;
  for (const std::string& file : session.invocation().inputs) {
    const Result<std::string> text = base::read_file(file, kInputBytesMax);
    if (!text.ok()) {
      session.console().err("leat: " + text.status().to_string() + "\n");
      return std::nullopt;
    }
    for (const auto& [number, line] : lines_of(*text)) rows.emplace_back(line);
  }
  if (session.invocation().rows.empty() && session.invocation().inputs.empty()) rows = {"{}"};
  return rows;
}

std::string shown(const Session& session, const trial::Evaluated& made) {
  if (session.invocation().output == Output::json) {
    json::Writer writer;
    writer.begin_object().member("type", made.type).member_raw("value", made.value).end_object();
    return writer.take() + "\n";
  }
  return (session.invocation().show_type ? std::string(made.type) : made.value) + "\n";
}

}  // namespace

ExitCode expr(Session& session) {
  auto compiled = trial::Evaluator::compile(session.invocation().expression);
  if (const auto* mistakes = std::get_if<std::vector<spec::Diagnostic>>(&compiled)) {
    print_mistakes(session, *mistakes);
    return ExitCode::bad_config;
  }
  auto& evaluator = std::get<trial::Evaluator>(compiled);
  const auto rows = read_rows(session);
  if (!rows) return ExitCode::failed;
  ExitCode code = ExitCode::done;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const trial::Evaluated made = evaluator.run((*rows)[i], session.clock().wall_now());
    if (made.code.empty()) {
      session.print(shown(session, made));
      continue;
    }
    session.complain(made.code, (rows->size() > 1 ? "row " + std::to_string(i + 1) + ": " : "") +
                                    std::string(made.reason));
    code = ExitCode::failed;
  }
  return code;
}

}  // namespace leat::cli
