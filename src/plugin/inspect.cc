#include "plugin/inspect.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "leat/plugin.h"
#include "plugin/elf.h"

namespace leat::plugin {
namespace {

constexpr std::string_view kInit = "leat_plugin_init";
constexpr std::uint32_t kNoteType = 1;
constexpr std::size_t kNoteBytes = 136;
static_assert(sizeof(leat_note) == kNoteBytes + 20);

constexpr std::array<std::string_view, 9> kAlwaysAllowed{
    "libc.so.6",  "libm.so.6",  "libstdc++.so.6",       "libgcc_s.so.1",        "libpthread.so.0",
    "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};

std::string shown(std::string_view text) {
  constexpr std::size_t kShownMax = 80;
  std::string out = "`";
  base::append_printable(out, text.substr(0, kShownMax));
  return out + (text.size() > kShownMax ? "…`" : "`");
}

// The text of a field that is filled up with zeros; nothing when it has no end or is not UTF-8.
std::optional<std::string> field_text(std::string_view field) {
  const std::size_t end = field.find('\0');
  if (end == std::string_view::npos || !base::valid_utf8(field.substr(0, end))) return {};
  return std::string(field.substr(0, end));
}

class Inspector {
 public:
  explicit Inspector(const InspectRules& rules) : rules_(rules) {}

  Inspection run(std::string_view bytes) {
    const Checked<ElfFacts> facts = read_elf(bytes);
    if (!facts.ok()) {
      found_.refusals.push_back(facts.refusal());
      return std::move(found_);
    }
    if (facts->program)
      refuse(RefusalCode::not_shared, "the file is a program: link it with -shared");
    check_notes(*facts);
    check_loading(*facts);
    check_symbols(*facts);
    return std::move(found_);
  }

 private:
  void refuse(RefusalCode code, std::string message) {
    found_.refusals.push_back({code, std::move(message)});
  }

  void check_notes(const ElfFacts& facts) {
    if (facts.notes.empty())
      return refuse(RefusalCode::note_missing,
                    "the library does not say who it is: put LEAT_PLUGIN(name, version) into one "
                    "of its sources");
    if (facts.notes.size() > 1)
      return refuse(RefusalCode::note_invalid,
                    "LEAT_PLUGIN stands in several of its sources; it belongs into one");
    const ElfFacts::Note& note = facts.notes.front();
    if (note.type != kNoteType || note.description.size() != kNoteBytes)
      return refuse(RefusalCode::note_invalid, "its note has another form than LEAT_PLUGIN gives");
    check_note(note.description);
  }

  void check_note(std::string_view note) {
    std::array<std::uint16_t, 4> numbers{};
    std::memcpy(numbers.data(), note.data(), sizeof numbers);
    const auto [major, minor, min_host_minor, pointer_bits] = numbers;
    const auto name = field_text(note.substr(8, 32));
    const auto version_text = field_text(note.substr(40, 32));
    const auto build = field_text(note.substr(72, 64));
    const auto version = version_text ? parse_version(*version_text) : std::nullopt;
    if (!name || !is_plugin_name(*name))
      refuse(RefusalCode::note_invalid,
             "the plugin's name " + shown(name ? *name : "") +
                 " is none: lower-case letters, digits and _, at most 31, no reserved word");
    if (!version)
      refuse(RefusalCode::note_invalid, "the version " + shown(version_text ? *version_text : "") +
                                            " is not MAJOR.MINOR.PATCH");
    if (!build) refuse(RefusalCode::note_invalid, "the build text is not UTF-8 with an end");
    if (pointer_bits != 64)
      refuse(RefusalCode::note_invalid,
             "it was compiled for pointers of " + std::to_string(pointer_bits) + " bits");
    check_abi(major, minor, min_host_minor);
    if (name && version && build && is_plugin_name(*name))
      found_.identity = Identity{*name, *version, *build, major, minor, min_host_minor};
  }

  void check_abi(unsigned major, unsigned minor, unsigned min_host_minor) {
    const std::string ours = std::to_string(LEAT_ABI_MAJOR) + '.' + std::to_string(LEAT_ABI_MINOR);
    if (major != LEAT_ABI_MAJOR)
      refuse(RefusalCode::abi_mismatch, "built for ABI " + std::to_string(major) + '.' +
                                            std::to_string(minor) + ", this leat has " + ours);
    else if (min_host_minor > LEAT_ABI_MINOR)
      refuse(RefusalCode::abi_mismatch, "needs ABI " + std::to_string(major) + '.' +
                                            std::to_string(min_host_minor) +
                                            " or newer, this leat has " + ours);
  }

  void check_loading(const ElfFacts& facts) {
    for (const std::string_view path : facts.search_paths)
      refuse(RefusalCode::rpath,
             "it brings a search path of its own (" + shown(path) + "): link it without -rpath");
    for (const std::string_view library : facts.needed) {
      if (is_always_allowed(library) ||
          std::find(rules_.needed_allow.begin(), rules_.needed_allow.end(), library) !=
              rules_.needed_allow.end())
        continue;
      refuse(RefusalCode::needed_not_allowed,
             "it needs the library " + shown(library) +
                 ": link that statically, or allow it in plugins.needed_allow");
    }
    if (facts.exec_stack)
      refuse(RefusalCode::exec_stack,
             "it wants an executable stack: link it with -Wl,-z,noexecstack");
    if (facts.text_relocations)
      refuse(RefusalCode::text_relocations,
             "its code is written while it is loaded: compile all of it with -fPIC");
  }

  void check_symbols(const ElfFacts& facts) {
    constexpr std::string_view kScript =
        ": link it with a version script `{ global: leat_plugin_init; local: *; };`";
    bool init = false;
    std::size_t others = 0;
    std::string_view other;
    for (const ElfFacts::Export& symbol : facts.exports) {
      if (symbol.name == kInit && symbol.function && !init) {
        init = true;
      } else {
        ++others;
        other = symbol.name;
      }
    }
    if (!init)
      refuse(RefusalCode::missing_export,
             "it does not export the function leat_plugin_init: define it with LEAT_EXPORT");
    if (others != 0)
      refuse(RefusalCode::extra_exports, "it exports more than leat_plugin_init, for example " +
                                             shown(other) + std::string(kScript));
    if (!facts.unique.empty())
      refuse(RefusalCode::unique_symbols, "two versions of it would share the variable " +
                                              shown(facts.unique.front()) +
                                              ": compile it with -fno-gnu-unique");
  }

  const InspectRules& rules_;
  Inspection found_;
};

}  // namespace

Inspection inspect(std::string_view bytes, const InspectRules& rules) {
  return Inspector(rules).run(bytes);
}

bool is_always_allowed(std::string_view library) noexcept {
  return std::find(kAlwaysAllowed.begin(), kAlwaysAllowed.end(), library) != kAlwaysAllowed.end();
}

}  // namespace leat::plugin
