#include "cli/definition_files.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "spec/excerpt.h"
#include "spec/text.h"
#include "trial/places.h"

namespace leat::cli {
namespace {

// The *.json files of folders, sorted; everything else as it is.
std::vector<std::string> expand(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (entry.path().extension() == ".json") inside.push_back(entry.path().string());
    }
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

spec::Diagnostic not_read(const Status& status) {
  spec::Diagnostic diagnostic;
  diagnostic.code = "UNREADABLE";
  diagnostic.message = status.message();
  return diagnostic;
}

}  // namespace

ExitCode for_each_file(
    Session& session, const std::function<ExitCode(const Definition&)>& each,
    const std::function<void(const std::string&, const spec::Diagnostic&)>& unreadable) {
  ExitCode code = ExitCode::done;
  const std::vector<std::string> files = expand(session.invocation().files);
  if (files.empty()) {
    session.console().err("leat: there is no *.json in what was named\n");
    return ExitCode::usage;
  }
  for (const std::string& path : files) {
    Result<std::string> text = base::read_file(path, kDefinitionBytesMax);
    ExitCode one = ExitCode::bad_config;
    const std::string file = path == "-" ? "stdin" : path;
    if (text.ok()) {
      one = each({file, std::move(*text)});
    } else {
      session.console().err("leat: " + text.status().to_string() + "\n");
      if (unreadable) unreadable(file, not_read(text.status()));
    }
    if (code == ExitCode::done) code = one;
  }
  return code;
}

void print_diagnostics(const Session& session, const Definition& definition,
                       const std::vector<spec::Diagnostic>& diagnostics) {
  for (const spec::Diagnostic& diagnostic : diagnostics) {
    std::string line;
    const spec::Diagnostic exact = trial::at_exact_place(definition.text, diagnostic);
    base::append_printable(line, spec::to_line(definition.file, exact));
    session.console().err(line + "\n" +
                          spec::excerpt(definition.text, diagnostic.span ? diagnostic : exact));
  }
}

std::vector<std::pair<std::size_t, std::string_view>> lines_of(std::string_view text) {
  std::vector<std::pair<std::size_t, std::string_view>> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.emplace_back(number, line);
  }
  return lines;
}

}  // namespace leat::cli
