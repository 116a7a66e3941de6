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

constexpr std::size_t kColumnsMax = 120;  // shown of a line
constexpr std::size_t kBeforeMax = 60;    // of them before a mistake

// [begin, end) of the line that the byte `at` is in.
std::pair<std::size_t, std::size_t> line_around(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return {before + 1, std::min(text.find('\n', at), text.size())};
}

// The byte at which a code point begins; the end for those behind the last.
std::size_t byte_of(std::string_view text, std::size_t point) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && point-- == 0) return at;
  return text.size();
}

// The line of the expression that a mistake is in, or what stands around it in a long one, and a
// caret under it.
std::string excerpt(std::string_view text, std::pair<std::size_t, std::size_t> span) {
  const std::size_t at = byte_of(text, span.first);
  const auto [begin, end] = line_around(text, at);
  const std::size_t column = base::count_code_points(text.substr(begin, at - begin));
  const std::size_t skipped = column > kBeforeMax ? column - kBeforeMax : 0;
  const std::string_view line = text.substr(begin, end - begin);
  const std::size_t from = byte_of(line, skipped);
  const std::size_t to = byte_of(line, skipped + kColumnsMax);
  std::string before = skipped > 0 ? "…" : "";
  base::append_printable(before, line.substr(from, at - begin - from));
  std::string behind;
  base::append_printable(behind, line.substr(at - begin, to - (at - begin)));
  const std::size_t rest = base::count_code_points(behind);
  const std::size_t width = std::max<std::size_t>(1, std::min(rest, span.second - span.first));
  return "  " + before + behind + (to < line.size() ? "…" : "") + "\n  " +
         std::string(base::count_code_points(before), ' ') + "^" + std::string(width - 1, '~') +
         "\n";
}

void print_mistakes(const Session& session, const std::vector<spec::Diagnostic>& found) {
  for (const spec::Diagnostic& one : found) {
    std::string message = one.message;
    for (const std::string& near : one.did_you_mean) message += "; did you mean `" + near + "`?";
    session.complain(one.code, message);
    if (one.span) session.console().err(excerpt(session.invocation().expression, *one.span));
  }
}

struct GivenRow {
  std::string text;
  std::string place;  // "rows.ndjson:3", "row 1"
};

// The rows of --row and --input; nothing when one cannot be read.
std::optional<std::vector<GivenRow>> read_rows(const Session& session) {
  std::vector<GivenRow> rows;
  for (const std::string& row : session.invocation().rows)
    rows.push_back({row, "row " + std::to_string(rows.size() + 1)});
  for (const std::string& file : session.invocation().inputs) {
    const Result<std::string> text = base::read_file(file, kInputBytesMax);
    if (!text.ok()) {
      session.console().err("leat: " + text.status().to_string() + "\n");
      return std::nullopt;
    }
    const std::string name = file == "-" ? "stdin" : file;
    for (const auto& [number, line] : lines_of(*text))
      rows.push_back({std::string(line), name + ":" + std::to_string(number)});
  }
  if (session.invocation().rows.empty() && session.invocation().inputs.empty())
    rows.push_back({"{}", ""});
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
  const bool one = rows->size() == 1 && session.invocation().inputs.empty();
  for (const GivenRow& row : *rows) {
    const trial::Evaluated made = evaluator.run(row.text, session.clock().wall_now());
    if (made.code.empty()) {
      session.print(shown(session, made));
      continue;
    }
    session.complain(made.code, (one ? "" : row.place + ": ") + std::string(made.reason));
    code = ExitCode::failed;
  }
  return code;
}

}  // namespace leat::cli
