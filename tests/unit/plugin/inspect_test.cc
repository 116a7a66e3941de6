#include "plugin/inspect.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "fuzz/elf_target.h"
#include "unit/plugin/plugin_files.h"

namespace leat::plugin {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> codes(const Inspection& found) {
  std::vector<std::string> names;
  for (const Refusal& refusal : found.refusals) names.emplace_back(to_string(refusal.code));
  return names;
}
std::vector<std::string> codes_of(std::string_view bytes) { return codes(inspect(bytes)); }

// Where the first program header of this type stands.
std::size_t segment_at(std::string_view bytes, std::uint32_t type) {
  const auto head = number_at<Elf64_Ehdr>(bytes, 0);
  for (std::size_t i = 0; i < head.e_phnum; ++i) {
    const std::size_t at = head.e_phoff + i * sizeof(Elf64_Phdr);
    if (number_at<Elf64_Phdr>(bytes, at).p_type == type) return at;
  }
  ADD_FAILURE() << "no segment " << type;
  return 0;
}

// Where the entry of the dynamic segment with this tag stands.
std::size_t dynamic_at(std::string_view bytes, std::int64_t tag) {
  const auto segment = number_at<Elf64_Phdr>(bytes, segment_at(bytes, PT_DYNAMIC));
  for (std::size_t at = segment.p_offset; at < segment.p_offset + segment.p_filesz;
       at += sizeof(Elf64_Dyn))
    if (number_at<Elf64_Dyn>(bytes, at).d_tag == tag) return at;
  ADD_FAILURE() << "no dynamic entry " << tag;
  return 0;
}

TEST(Inspect, AGoodLibrarySaysWhoItIs) {
  const Inspection found = inspect(library("demo"));
  EXPECT_THAT(codes(found), IsEmpty());
  ASSERT_TRUE(found.identity.has_value());
  EXPECT_EQ(found.identity->name, "demo");
  EXPECT_EQ(found.identity->version, (Version{1, 0, 0}));
  EXPECT_EQ(found.identity->abi_major, 1);
  EXPECT_EQ(found.identity->build, "");
  EXPECT_THAT(codes_of(tiny_library("gnu_hash")), IsEmpty());
  EXPECT_THAT(codes_of(tiny_library("sysv_hash")), IsEmpty());
}

TEST(Inspect, WhatIsNoLibraryIsRefused) {
  EXPECT_THAT(codes_of(""), ElementsAre("NOT_ELF"));
  EXPECT_THAT(codes_of("#!/bin/sh\n"), ElementsAre("NOT_ELF"));
  EXPECT_THAT(codes_of("\x7f"
                       "ELF"),
              ElementsAre("TRUNCATED"));
  EXPECT_THAT(codes_of(std::string(100'000, '\0')), ElementsAre("NOT_ELF"));
  EXPECT_THAT(codes_of(bytes_of("/proc/self/exe")), Contains("NOT_SHARED"))
      << inspect(bytes_of("/proc/self/exe")).refusals.front().message;
}

TEST(Inspect, LibrariesOfOtherMachinesAreRefused) {
  const std::string tiny = tiny_library();
  EXPECT_THAT(codes_of(with_number<char>(tiny, EI_CLASS, ELFCLASS32)), ElementsAre("WRONG_CLASS"));
  EXPECT_THAT(codes_of(with_number<char>(tiny, EI_DATA, ELFDATA2MSB)),
              ElementsAre("WRONG_MACHINE"));
  EXPECT_THAT(codes_of(with_number<std::uint16_t>(tiny, offsetof(Elf64_Ehdr, e_machine), EM_S390)),
              ElementsAre("WRONG_MACHINE"));
  EXPECT_THAT(codes_of(with_number<std::uint16_t>(tiny, offsetof(Elf64_Ehdr, e_type), ET_REL)),
              ElementsAre("NOT_SHARED"));
}

TEST(Inspect, TheNoteMustBeThereOnceAndFit) {
  EXPECT_THAT(codes_of(library("without_note")), ElementsAre("NOTE_MISSING"));
  EXPECT_THAT(codes_of(library("two_notes")), ElementsAre("NOTE_INVALID"));
  const std::string tiny = tiny_library();
  for (const char* name : {"", "Geo", "9geo", "math", "for", "a-b"})
    EXPECT_THAT(codes_of(renamed(tiny, name, "1.0.0")), ElementsAre("NOTE_INVALID")) << name;
  for (const char* version : {"", "1", "1.0", "01.0.0", "1.0.0-rc1", "1.0.4294967296"})
    EXPECT_THAT(codes_of(renamed(tiny, "geo", version)), ElementsAre("NOTE_INVALID")) << version;
  EXPECT_THAT(codes_of(with_note(tiny, 8, std::string(32, 'a'))), ElementsAre("NOTE_INVALID"));
  EXPECT_THAT(codes_of(with_note(tiny, 72, "\xff")), ElementsAre("NOTE_INVALID"));
  EXPECT_THAT(codes_of(with_note(tiny, 6, std::string_view("\x20\0", 2))),
              ElementsAre("NOTE_INVALID"));
}

TEST(Inspect, TheAbiDecides) {
  const std::string tiny = tiny_library();
  const Inspection other = inspect(with_note(tiny, 0, std::string_view("\x02\0", 2)));
  EXPECT_THAT(codes(other), ElementsAre("ABI_MISMATCH"));
  EXPECT_EQ(other.refusals.front().message, "built for ABI 2.0, this leat has 1.0");
  EXPECT_TRUE(other.identity.has_value());
  // Compiled with a newer header, which it does not need.
  EXPECT_THAT(codes_of(with_note(tiny, 2, std::string_view("\x07\0", 2))), IsEmpty());
  EXPECT_THAT(codes_of(with_note(tiny, 4, std::string_view("\x07\0", 2))),
              ElementsAre("ABI_MISMATCH"));
}

TEST(Inspect, WhatTheLoaderWouldDoForItIsLimited) {
  EXPECT_THAT(codes_of(library("with_rpath")), ElementsAre("RPATH"));
  EXPECT_THAT(codes_of(library("needs_foreign")), ElementsAre("NEEDED_NOT_ALLOWED"));
  EXPECT_THAT(codes(inspect(library("needs_foreign"), {{"libforeign.so"}})), IsEmpty());
  EXPECT_THAT(codes_of(library("executable_stack")), ElementsAre("EXEC_STACK"));
  const std::string tiny = tiny_library();
  const std::size_t stack = segment_at(tiny, PT_GNU_STACK);
  EXPECT_THAT(codes_of(with_number<std::uint32_t>(tiny, stack, PT_NULL)),
              ElementsAre("EXEC_STACK"));
  const std::size_t load = segment_at(tiny, PT_LOAD);
  EXPECT_THAT(codes_of(with_number<std::uint32_t>(tiny, load + offsetof(Elf64_Phdr, p_flags),
                                                  PF_R | PF_W | PF_X)),
              ElementsAre("TEXT_RELOCATIONS"));
  const std::string other = library("needs_foreign");
  const std::size_t needed = dynamic_at(other, DT_NEEDED);
  EXPECT_THAT(codes_of(with_number<std::int64_t>(other, needed, DT_TEXTREL)),
              Contains("TEXT_RELOCATIONS"));
  EXPECT_THAT(codes_of(with_number<std::int64_t>(other, needed, DT_RUNPATH)), Contains("RPATH"));
  EXPECT_THAT(codes_of(with_number<std::int64_t>(other, needed, DT_AUDIT)),
              Contains("NEEDED_NOT_ALLOWED"));
}

TEST(Inspect, ItExportsOneFunctionAndSharesNothing) {
  EXPECT_THAT(codes_of(library("without_init")), ElementsAre("MISSING_EXPORT"));
  EXPECT_THAT(codes_of(library("more_exports")), ElementsAre("EXTRA_EXPORTS"));
#if defined(__GNUC__) && !defined(__clang__)
  EXPECT_THAT(codes_of(library("unique")), Contains("UNIQUE_SYMBOLS"));
#endif
}

TEST(Inspect, EveryFailedCheckIsTold) {
  const std::string bytes =
      with_note(renamed(library("more_exports"), "math", "x"), 0, std::string_view("\x09\0", 2));
  EXPECT_THAT(codes_of(bytes),
              ElementsAre("NOTE_INVALID", "NOTE_INVALID", "ABI_MISMATCH", "EXTRA_EXPORTS"));
}

TEST(Inspect, AFileThatIsCutAnywhereIsRefused) {
  const std::string tiny = tiny_library();
  for (std::size_t size = 0; size < tiny.size(); ++size)
    ASSERT_FALSE(inspect(std::string_view(tiny).substr(0, size)).ok()) << size;
  const std::string demo = library("demo");
  for (std::size_t size = 0; size < demo.size(); size += size < 4096 ? 1 : 4096)
    ASSERT_FALSE(inspect(std::string_view(demo).substr(0, size)).ok()) << size;
}

TEST(Inspect, NoByteOfTheFileCanLeadItOutside) {
  for (const char* kind : {"gnu_hash", "sysv_hash"}) {
    const std::string tiny = tiny_library(kind);
    for (std::size_t at = 0; at < tiny.size(); ++at) {
      for (const unsigned flip : {0xFFu, 0x80u, 0x01u}) {
        // A copy of its own on the heap: sanitizers see a look beyond its end.
        std::string damaged = tiny;
        damaged[at] = static_cast<char>(static_cast<unsigned>(damaged[at]) ^ flip);
        fuzz::fuzz_elf(damaged);
      }
    }
  }
}

TEST(Inspect, HugeNumbersInTablesAreRefused) {
  const std::string tiny = tiny_library();
  const std::uint64_t huge[] = {~std::uint64_t{0}, ~std::uint64_t{0} - 4096, std::uint64_t{1} << 63,
                                std::uint64_t{1} << 32};
  for (const std::int64_t tag : {std::int64_t{DT_GNU_HASH}, std::int64_t{DT_STRTAB},
                                 std::int64_t{DT_SYMTAB}, std::int64_t{DT_STRSZ}})
    for (const std::uint64_t value : huge)
      EXPECT_FALSE(inspect(with_number(tiny, dynamic_at(tiny, tag) + 8, value)).ok()) << tag;
  for (std::size_t field = 8; field < sizeof(Elf64_Phdr) - 8; field += 8)
    for (const std::uint64_t value : huge)
      fuzz::fuzz_elf(with_number(tiny, segment_at(tiny, PT_DYNAMIC) + field, value));
}

TEST(RefusalCodes, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  int check = 1;
  for (std::size_t i = 0; i < kRefusalCodes; ++i) {
    const auto code = static_cast<RefusalCode>(i);
    EXPECT_TRUE(names.insert(to_string(code)).second);
    EXPECT_GE(check_of(code), check);
    check = check_of(code);
  }
  EXPECT_EQ(check, 6);
}

}  // namespace
}  // namespace leat::plugin
