#pragma once

#include <string>
#include <vector>

#include "base/exit_code.h"
#include "cli/session.h"
#include "json/document.h"

// The commands that talk to a daemon, each a function: it prints, and says how to end.
namespace leat::cli {

// Checks every file: here, or by the daemon when --url is given.
ExitCode validate(Session& session);
// Prints the JSON Schema of definitions, or what is known about one key. Needs no daemon.
ExitCode schema(Session& session);
// Runs the tests of every definition, without a broker or daemon; reports to stdout, and to a file
// for JUnit. failed = a test does not pass.
ExitCode test(Session& session);
// Shows what becomes of the given rows, step by step. Needs no broker or daemon.
ExitCode preview(Session& session);
// Prints the value of an expression for each of the given rows. Needs no daemon.
ExitCode expr(Session& session);
// Creates or replaces the pipeline of every file, in order; goes on after a refusal and ends with
// the first one's code.
ExitCode apply(Session& session);
ExitCode get(Session& session);
// The functions of expressions, all or those that mention a text; needs no daemon.
ExitCode functions(Session& session);
ExitCode offsets(Session& session);
// The stores of a pipeline, one key of one, or a range of keys.
ExitCode state(Session& session);
// Lists the checkpoints of a pipeline, makes one, shows, restores or deletes it.
ExitCode checkpoint(Session& session);
// Shows plugins, looks at a library, sends one, activates a version.
ExitCode plugin(Session& session);
ExitCode tap(Session& session);
ExitCode wait(Session& session);
ExitCode trigger(Session& session);
// pause, resume, drain, stop, start, restart: the command's name is the verb.
ExitCode lifecycle(Session& session);
ExitCode remove(Session& session);

// "/v1/pipelines/<name>" + `rest`.
std::string pipeline_path(std::string_view name, std::string_view rest = {});

}  // namespace leat::cli
