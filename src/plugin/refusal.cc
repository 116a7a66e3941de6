#include "plugin/refusal.h"

#include <array>

namespace leat::plugin {
namespace {

struct Line {
  std::string_view name;
  int check;
};

// In the order of RefusalCode.
constexpr std::array<Line, kRefusalCodes> kLines{{
    {"NOT_REGULAR_FILE", 1},
    {"SYMLINK", 1},
    {"TOO_LARGE", 1},
    {"FOLDER_WRITABLE", 1},
    {"NOT_TRUSTED", 2},
    {"NOT_ELF", 3},
    {"TRUNCATED", 3},
    {"WRONG_CLASS", 3},
    {"WRONG_MACHINE", 3},
    {"NOT_SHARED", 3},
    {"NOTE_MISSING", 3},
    {"NOTE_INVALID", 3},
    {"ABI_MISMATCH", 3},
    {"RPATH", 3},
    {"NEEDED_NOT_ALLOWED", 3},
    {"EXEC_STACK", 3},
    {"TEXT_RELOCATIONS", 3},
    {"EXTRA_EXPORTS", 3},
    {"UNIQUE_SYMBOLS", 3},
    {"MISSING_EXPORT", 3},
    {"STORE_FAILED", 4},
    {"PROBE_CRASHED", 5},
    {"PROBE_TIMEOUT", 5},
    {"PROBE_FAILED", 5},
    {"INIT_FAILED", 5},
    {"BAD_FUNCTION", 5},
    {"NOT_BATCH_INVARIANT", 5},
    {"LISTING_DIFFERS", 6},
    {"LOAD_FAILED", 6},
    {"VERSION_EXISTS", 6},
    {"TOO_MANY_GENERATIONS", 6},
}};
static_assert(static_cast<std::size_t>(RefusalCode::too_many_generations) + 1 == kRefusalCodes);

}  // namespace

std::string_view to_string(RefusalCode code) noexcept {
  return kLines[static_cast<std::size_t>(code)].name;
}

int check_of(RefusalCode code) noexcept { return kLines[static_cast<std::size_t>(code)].check; }

}  // namespace leat::plugin
