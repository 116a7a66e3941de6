#pragma once

namespace leat::base {

// Ends the process with the place and text of a broken promise of ours. Recovery from a crash is
// cheap; a wrong answer is not.
[[noreturn]] void check_failed(const char* file, int line, const char* expression) noexcept;

// Called once by check_failed with the text, before the process aborts: the daemon writes its crash
// file there.
using CheckHandler = void (*)(const char* text) noexcept;
void set_check_handler(CheckHandler handler) noexcept;

}  // namespace leat::base

// An assertion that is always on: use it where the cost is nothing beside the work it guards.
#define LEAT_CHECK(expression)             \
  (static_cast<bool>(expression) ? void(0) \
                                 : ::leat::base::check_failed(__FILE__, __LINE__, #expression))

// An assertion of builds with LEAT_CHECKS; free elsewhere.
#ifdef LEAT_DCHECKS
#define LEAT_DCHECK(expression) LEAT_CHECK(expression)
#else
#define LEAT_DCHECK(expression) static_cast<void>(sizeof(!(expression)))
#endif
