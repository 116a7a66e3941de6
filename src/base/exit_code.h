#pragma once

namespace leat::base {

// How the program ends (sysexits.h where it has a word for it).
enum class ExitCode : int {
  done = 0,
  failed = 1,        // the daemon said no; a pipeline of `run` failed
  usage = 2,         // unknown command, flag, missing argument
  unavailable = 69,  // no daemon at that address
  internal = 70,     // an assertion or what we did not expect
  cant_create = 73,  // the state folder cannot be created, locked or written
  try_again = 75,    // busy, 429, 503, time-out, port in use
  no_permission = 77,
  bad_config = 78,  // definition or configuration invalid
};

}  // namespace leat::base

namespace leat {
using base::ExitCode;
}  // namespace leat
