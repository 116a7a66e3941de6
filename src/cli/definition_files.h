#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "cli/session.h"
#include "spec/diagnostic.h"

// Files that commands are about.
namespace leat::cli {

inline constexpr std::size_t kDefinitionBytesMax = std::size_t{16} << 20;

struct Definition {
  std::string file;  // as messages name it
  std::string text;
};

// Calls `each` for every file of the invocation, and every *.json of a folder; "-" is stdin. The
// first failure is how the command ends; files that cannot be read are one: `unreadable` gets such a
// file and what is wrong with it.
ExitCode for_each_file(
    Session& session, const std::function<ExitCode(const Definition&)>& each,
    const std::function<void(const std::string&, const spec::Diagnostic&)>& unreadable = {});

// A line for each on stderr, and beneath it what it points at.
void print_diagnostics(const Session& session, const Definition& definition,
                       const std::vector<spec::Diagnostic>& diagnostics);

// The lines of a text that are not blank, each with its number from 1, without its end.
std::vector<std::pair<std::size_t, std::string_view>> lines_of(std::string_view text);

}  // namespace leat::cli
