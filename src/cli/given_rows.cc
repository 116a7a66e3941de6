#include "cli/given_rows.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "cli/definition_files.h"
#include "json/parse.h"
#include "json/write.h"
#include "spec/parse.h"

namespace leat::cli {
namespace {

constexpr std::size_t kInputBytesMax = std::size_t{64} << 20;

json::Value as_it_stands(std::string_view row) {
  return json::Value::object({}, {{"$raw", {}, json::Value::string({}, std::string(row))}});
}

}  // namespace

// `--input orders=rows.ndjson`: of which source, and which file.
struct GivenRows::InputName {
  std::string source;
  std::string rest;
};

// The source is the only one unless it is named.
std::optional<GivenRows::InputName> GivenRows::name_of(const std::string& text) const {
  for (const spec::SourceSpec& source : spec_.sources)
    if (text.starts_with(source.id + "="))
      return InputName{source.id, text.substr(source.id.size() + 1)};
  if (spec_.sources.size() != 1) return std::nullopt;
  return InputName{spec_.sources.front().id, text};
}

ExitCode GivenRows::read() {
  const Invocation& asked = session_.invocation();
  for (std::size_t i = 0; i < asked.rows.size(); ++i) {
    auto named = name_of(asked.rows[i]);
    if (!named) return ambiguous();
    files_.push_back(std::move(named->rest));
    add(named->source, {files_.back(), "--row " + std::to_string(i + 1), 0});
  }
  for (const std::string& file : asked.inputs)
    if (const ExitCode code = add_file(file); code != ExitCode::done) return code;
  return ExitCode::done;
}

ExitCode GivenRows::add_file(const std::string& text) {
  const auto named = name_of(text);
  if (!named) return ambiguous();
  Result<std::string> lines = base::read_file(named->rest, kInputBytesMax);
  if (!lines.ok()) {
    session_.console().err("leat: " + lines.status().to_string() + "\n");
    return ExitCode::failed;
  }
  files_.push_back(std::move(*lines));
  const std::string name = named->rest == "-" ? "stdin" : named->rest;
  for (const auto& [number, line] : lines_of(files_.back()))
    add(named->source, {line, name, number});
  return ExitCode::done;
}

ExitCode GivenRows::ambiguous() const {
  session_.console().err(
      "leat: there are several sources: write --input SOURCE=FILE and --row SOURCE=JSON\n");
  return ExitCode::usage;
}

void GivenRows::add(const std::string& source, Given given) {
  json::ParseOptions options;
  options.bytes_max = kInputBytesMax;
  json::Parsed parsed = json::parse(given.text, options);
  std::vector<json::Value>& rows = rows_[source];
  if (parsed.ok()) {
    rows.push_back(std::move(parsed).root());
  } else if (!parsed.malformed() && is_record(parsed.partial(), source)) {
    rows.push_back(as_it_stands(given.text));
  } else {
    for (const json::Problem& problem : parsed.problems())
      mistakes_.push_back({given_.size(), static_cast<int>(problem.place.line),
                           static_cast<int>(problem.place.column), problem.pointer,
                           problem.message});
    rows.push_back(json::Value::object({}, {}));
  }
  places_[source].push_back(given_.size());
  given_.push_back(std::move(given));
}

// JSON that definitions are not written in, as numbers that no double holds, may be a record all the
// same: what becomes of it is the source's to say.
bool GivenRows::is_record(const json::Value* partial, const std::string& source) const {
  if (partial == nullptr || !partial->is_object()) return false;
  const auto members = partial->members();
  return std::none_of(members.begin(), members.end(),
                      [](const json::Member& member) { return member.key.starts_with('$'); }) &&
         std::any_of(spec_.sources.begin(), spec_.sources.end(), [&](const spec::SourceSpec& one) {
           return one.id == source && one.format == spec::Format::json;
         });
}

json::Value GivenRows::take() {
  std::vector<json::Member> members;
  for (auto& [source, rows] : rows_)
    members.push_back({source, {}, json::Value::array({}, std::move(rows))});
  return json::Value::object({}, std::move(members));
}

// `found` has a pointer into what take() gave.
GivenRows::Mistake GivenRows::mistake_of(const spec::Diagnostic& found) const {
  Mistake mistake{given_.size(), 0, 0, found.pointer, found.message};
  for (const auto& [source, places] : places_)
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string at = json::pointer_to(json::pointer_to("", source), i);
      if (found.pointer != at && !found.pointer.starts_with(at + "/")) continue;
      mistake.row = places[i];
      mistake.pointer = found.pointer.substr(at.size());
      // What came out of the parser knows its place in the row.
      std::vector<spec::Diagnostic> inside{found};
      inside.front().pointer = mistake.pointer;
      spec::locate(given_[mistake.row].text, inside);
      mistake.line = inside.front().line;
      mistake.column = inside.front().column;
    }
  return mistake;
}

std::string GivenRows::text_of(const Mistake& mistake) const {
  std::string text = "the rows";
  if (mistake.row < given_.size()) {
    const Given& given = given_[mistake.row];
    const int before = given.line == 0 ? 0 : static_cast<int>(given.line) - 1;
    text = given.name;
    if (given.line > 0 || mistake.line > 1 || mistake.column > 1)
      text += ":" + std::to_string(before + std::max(mistake.line, 1)) + ":" +
              std::to_string(std::max(mistake.column, 1));
    if (!mistake.pointer.empty()) text += " " + mistake.pointer;
  }
  return text + ": " + mistake.message;
}

ExitCode GivenRows::refuse(const std::vector<spec::Diagnostic>& found) const {
  std::vector<Mistake> all = mistakes_;
  for (const spec::Diagnostic& one : found) all.push_back(mistake_of(one));
  std::stable_sort(all.begin(), all.end(),
                   [](const Mistake& a, const Mistake& b) { return a.row < b.row; });
  for (std::size_t i = 0; i < std::min(all.size(), kMistakesMax); ++i) {
    std::string line;
    base::append_printable(line, text_of(all[i]));
    session_.console().err("leat: " + line + "\n");
  }
  if (all.size() > kMistakesMax)
    session_.console().err("leat: … and " + std::to_string(all.size() - kMistakesMax) + " more\n");
  return ExitCode::failed;
}

}  // namespace leat::cli
