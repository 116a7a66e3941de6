#include "cli/commands.h"
#include "operators/aggregates/reference.h"

namespace leat::cli {

ExitCode functions(Session& session) {
  const std::string& text = session.invocation().name;
  Table table({"CALL", "CATEGORY", "WHAT"});
  std::string names;
  std::string last;
  const std::vector<expr::ListedFunction> listed = operators::listed_functions();
  for (const expr::ListedFunction& function : listed) {
    if (!expr::mentions(function, text)) continue;
    table.add({function.call, std::string(function.category), std::string(function.doc)});
    if (function.name != last) names += std::string(function.name) + "\n";
    last = function.name;
  }
  if (names.empty()) {
    session.complain("NOT_FOUND", "no function mentions `" + text + "`");
    return ExitCode::failed;
  }
  switch (session.output()) {
    case Output::table: session.print(table.text(session.color())); break;
    case Output::json: session.print(expr::functions_json(listed, text) + "\n"); break;
    case Output::name: session.print(names); break;
  }
  return ExitCode::done;
}

}  // namespace leat::cli
