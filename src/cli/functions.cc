#include "cli/commands.h"
#include "expr/library/reference.h"

namespace leat::cli {

ExitCode functions(Session& session) {
  const std::string& text = session.invocation().name;
  Table table({"CALL", "CATEGORY", "WHAT"});
  std::string names;
  std::string last;
  for (const expr::Function& function : expr::functions()) {
    if (!expr::mentions(function, text)) continue;
    table.add({expr::call_form(function), std::string(function.text.category),
               std::string(function.text.summary)});
    if (function.name != last) names += std::string(function.name) + "\n";
    last = function.name;
  }
  if (names.empty()) {
    session.complain("NOT_FOUND", "no function mentions `" + text + "`");
    return ExitCode::failed;
  }
  switch (session.output()) {
    case Output::table: session.print(table.text(session.color())); break;
    case Output::json: session.print(expr::functions_json(text) + "\n"); break;
    case Output::name: session.print(names); break;
  }
  return ExitCode::done;
}

}  // namespace leat::cli
