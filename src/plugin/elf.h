#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/refusal.h"

namespace leat::plugin {

// What stands in a 64-bit little-endian ELF library that matters before anybody loads it. Texts view
// the file's bytes.
struct ElfFacts {
  struct Note {
    std::uint32_t type = 0;
    std::string_view description;
  };
  struct Export {
    std::string_view name;
    bool function = false;
  };
  std::vector<Note> notes;  // those of the owner "LEAT"
  // DT_NEEDED, and what else makes the loader open files (DT_FILTER, DT_AUXILIARY, DT_AUDIT, …).
  std::vector<std::string_view> needed;
  std::vector<std::string_view> search_paths;  // DT_RPATH, DT_RUNPATH
  std::vector<Export> exports;                 // defined, not local, default or protected
  std::vector<std::string_view> unique;        // STB_GNU_UNIQUE, defined
  bool exec_stack = false;
  bool text_relocations = false;  // or a segment that is both written and run
  bool program = false;           // a position-independent program, not a library
};

// Reads the file as the dynamic loader would: by its segments, not by its sections. Never reads
// beyond `bytes`, whatever stands in it; costs a look at every symbol. Refuses NOT_ELF (also: tables
// that contradict each other), TRUNCATED, WRONG_CLASS, WRONG_MACHINE, NOT_SHARED. Structures: the
// System V ABI, chapters 4 and 5, its AMD64 supplement and the GNU extensions.
Checked<ElfFacts> read_elf(std::string_view bytes);

}  // namespace leat::plugin
