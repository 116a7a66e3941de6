#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace leat::base {
namespace {
CheckHandler g_handler = nullptr;
}  // namespace

void set_check_handler(CheckHandler handler) noexcept { g_handler = handler; }

void check_failed(const char* file, int line, const char* expression) noexcept {
  char text[512];
  std::snprintf(text, sizeof text, "%s:%d: check failed: %s", file, line, expression);
  std::fprintf(stderr, "leat: %s\n", text);
  if (CheckHandler handler = g_handler) {
    g_handler = nullptr;
    handler(text);
  }
  std::abort();
}

}  // namespace leat::base
