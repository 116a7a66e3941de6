#include "plugin/elf.h"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace leat::plugin {
namespace {

static_assert(std::endian::native == std::endian::little);

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#endif

constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kSegmentsMax = 64;
constexpr std::size_t kDynamicMax = 4096;
constexpr std::uint64_t kImageBytesMax = std::uint64_t{1} << 32;
constexpr std::size_t kNamesMax = 64;  // kept of exports and unique symbols: enough to tell
constexpr std::size_t kNameBytesMax = 4096;

class ElfReader {
 public:
  explicit ElfReader(std::string_view bytes) : bytes_(bytes) {}

  Checked<ElfFacts> read() {
    using Step = void (ElfReader::*)();
    for (const Step step :
         {&ElfReader::read_head, &ElfReader::read_segments, &ElfReader::check_sections,
          &ElfReader::read_notes, &ElfReader::read_dynamic, &ElfReader::read_symbols}) {
      (this->*step)();
      if (refusal_) return *std::move(refusal_);
    }
    return std::move(facts_);
  }

 private:
  void refuse(RefusalCode code, std::string message) {
    if (!refusal_) refusal_ = Refusal{code, std::move(message)};
  }
  void malformed(std::string_view what) {
    refuse(RefusalCode::not_elf, "the file is damaged: " + std::string(what));
  }
  void truncated(std::string_view what) {
    refuse(RefusalCode::truncated, "the file ends before " + std::string(what));
  }

  // Whether the file has `size` bytes at `at`.
  bool holds(std::uint64_t at, std::uint64_t size) const noexcept {
    return at <= bytes_.size() && size <= bytes_.size() - at;
  }
  // Requires: holds(at, sizeof(T)).
  template <class T>
  T take(std::uint64_t at) const noexcept {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }

  void read_head() {
    if (!bytes_.starts_with(std::string_view(ELFMAG, SELFMAG)))
      return refuse(RefusalCode::not_elf,
                    bytes_.empty() ? "the file is empty" : "the file is no ELF library");
    if (bytes_.size() > EI_DATA) {
      if (bytes_[EI_CLASS] != ELFCLASS64)
        return refuse(RefusalCode::wrong_class, "the library is not 64-bit: build it with -m64");
      if (bytes_[EI_DATA] != ELFDATA2LSB)
        return refuse(RefusalCode::wrong_machine, "the library is built for a big-endian machine");
    }
    if (!holds(0, sizeof(Elf64_Ehdr))) return truncated("its header does");
    head_ = take<Elf64_Ehdr>(0);
    if (head_.e_machine != kMachine)
      return refuse(RefusalCode::wrong_machine,
                    "the library is built for another machine (ELF machine " +
                        std::to_string(head_.e_machine) + ", here it is " +
                        std::to_string(kMachine) + ")");
    if (head_.e_type != ET_DYN)
      return refuse(RefusalCode::not_shared, "the file is no shared library: link it with -shared");
    if (head_.e_version != EV_CURRENT || bytes_[EI_VERSION] != EV_CURRENT)
      return malformed("it names an unknown version of ELF");
    const unsigned char system = static_cast<unsigned char>(bytes_[EI_OSABI]);
    if (system != ELFOSABI_SYSV && system != ELFOSABI_GNU)
      malformed("it is built for another system than Linux");
  }

  void read_segments() {
    if (head_.e_phentsize != sizeof(Elf64_Phdr) || head_.e_phnum == 0 ||
        head_.e_phnum > kSegmentsMax)
      return malformed("its table of segments has a wrong size");
    if (!holds(head_.e_phoff, std::uint64_t{head_.e_phnum} * sizeof(Elf64_Phdr)))
      return truncated("its table of segments");
    bool stack = false;
    for (std::uint64_t i = 0; i < head_.e_phnum && !refusal_; ++i) {
      const auto segment = take<Elf64_Phdr>(head_.e_phoff + i * sizeof(Elf64_Phdr));
      if (segment.p_type == PT_LOAD) take_load(segment);
      if (segment.p_type == PT_NOTE) note_segments_.push_back(segment);
      if (segment.p_type == PT_INTERP) facts_.program = true;
      if (segment.p_type == PT_DYNAMIC) {
        if (dynamic_) return malformed("it has two dynamic segments");
        dynamic_ = segment;
      }
      if (segment.p_type == PT_GNU_STACK) {
        stack = true;
        facts_.exec_stack = facts_.exec_stack || (segment.p_flags & PF_X) != 0;
      }
    }
    // Without the segment the loader makes every stack executable.
    if (!stack) facts_.exec_stack = true;
    if (loads_.empty()) malformed("it has nothing to load");
    if (!dynamic_) malformed("it has no dynamic segment");
  }

  void take_load(const Elf64_Phdr& segment) {
    if (!holds(segment.p_offset, segment.p_filesz)) return truncated("its segments do");
    if (segment.p_filesz > segment.p_memsz || segment.p_memsz > kImageBytesMax ||
        segment.p_vaddr > kImageBytesMax || segment.p_vaddr % kPage != segment.p_offset % kPage)
      return malformed("a segment contradicts itself");
    if (!loads_.empty()) {
      const Elf64_Phdr& last = loads_.back();
      // Later segments would cover what was checked in earlier ones.
      if (segment.p_vaddr / kPage < (last.p_vaddr + last.p_memsz + kPage - 1) / kPage)
        return malformed("its segments overlap");
    }
    if ((segment.p_flags & PF_W) != 0 && (segment.p_flags & PF_X) != 0)
      facts_.text_relocations = true;
    loads_.push_back(segment);
  }

  // The loader does not need the sections; they stand at the end, so a file that was cut lacks them.
  void check_sections() {
    if (head_.e_shoff == 0) return;
    if (head_.e_shentsize != sizeof(Elf64_Shdr))
      return malformed("its table of sections has a wrong size");
    if (!holds(head_.e_shoff, std::uint64_t{head_.e_shnum} * sizeof(Elf64_Shdr)))
      truncated("its table of sections");
  }

  // Where `size` bytes of memory at `address` stand in the file; nothing when not all of them do.
  std::optional<std::uint64_t> place_of(std::uint64_t address, std::uint64_t size) const noexcept {
    for (const Elf64_Phdr& load : loads_) {
      if (address < load.p_vaddr || address - load.p_vaddr > load.p_filesz) continue;
      if (size > load.p_filesz - (address - load.p_vaddr)) continue;
      return load.p_offset + (address - load.p_vaddr);
    }
    return {};
  }

  void read_notes() {
    for (const Elf64_Phdr& segment : note_segments_) {
      if (!holds(segment.p_offset, segment.p_filesz)) return truncated("its notes do");
      read_notes_of(bytes_.substr(segment.p_offset, segment.p_filesz));
    }
  }

  // Linkers put notes of different alignment into one segment, so that nobody can walk them surely;
  // ours has a fixed head, with 4 bytes as its alignment.
  void read_notes_of(std::string_view notes) {
    constexpr std::string_view kOwner("LEAT\0\0\0\0", 8);
    constexpr std::size_t kHead = sizeof(Elf64_Nhdr) + kOwner.size();
    for (std::size_t at = 0; at + kHead <= notes.size(); at += 4) {
      Elf64_Nhdr head;
      std::memcpy(&head, notes.data() + at, sizeof head);
      if (head.n_namesz != 5 || notes.substr(at + sizeof head, kOwner.size()) != kOwner) continue;
      if (head.n_descsz > notes.size() - at - kHead)
        return malformed("a note is longer than its segment");
      keep(facts_.notes, ElfFacts::Note{head.n_type, notes.substr(at + kHead, head.n_descsz)});
    }
  }

  void read_dynamic() {
    // The loader goes by the address in memory, so this does too.
    const auto at = place_of(dynamic_->p_vaddr, dynamic_->p_filesz);
    if (!at) return malformed("its dynamic segment is not loaded");
    const std::uint64_t count = dynamic_->p_filesz / sizeof(Elf64_Dyn);
    if (count > kDynamicMax) return malformed("its dynamic segment is too long");
    std::vector<Elf64_Dyn> entries;
    for (std::uint64_t i = 0; i < count; ++i) {
      entries.push_back(take<Elf64_Dyn>(*at + i * sizeof(Elf64_Dyn)));
      if (entries.back().d_tag == DT_NULL) break;
    }
    if (entries.empty() || entries.back().d_tag != DT_NULL)
      return malformed("its dynamic segment has no end");
    for (const Elf64_Dyn& entry : entries) take_dynamic(entry);
    find_strings();
    for (const Elf64_Dyn& entry : entries)
      if (!refusal_) take_dynamic_text(entry);
  }

  void take_dynamic(const Elf64_Dyn& entry) {
    const std::uint64_t value = entry.d_un.d_val;
    switch (entry.d_tag) {
      case DT_STRTAB: strings_at_ = value; break;
      case DT_STRSZ: strings_size_ = value; break;
      case DT_SYMTAB: symbols_at_ = value; break;
      case DT_SYMENT: symbol_size_ = value; break;
      case DT_HASH: hash_at_ = value; break;
      case DT_GNU_HASH: gnu_hash_at_ = value; break;
      case DT_TEXTREL: facts_.text_relocations = true; break;
      case DT_FLAGS:
        if ((value & DF_TEXTREL) != 0) facts_.text_relocations = true;
        break;
      case DT_FLAGS_1:
        if ((value & DF_1_PIE) != 0) facts_.program = true;
        break;
      default: break;
    }
  }

  void find_strings() {
    const auto at = place_of(strings_at_, strings_size_);
    if (!at || strings_size_ == 0) return malformed("its table of names is not loaded");
    strings_ = bytes_.substr(*at, strings_size_);
  }

  void take_dynamic_text(const Elf64_Dyn& entry) {
    switch (entry.d_tag) {
      case DT_NEEDED:
      case DT_FILTER:
      case DT_AUXILIARY:
      case DT_AUDIT:
      case DT_DEPAUDIT:
      case DT_CONFIG:
        if (const auto name = text_at(entry.d_un.d_val)) facts_.needed.push_back(*name);
        break;
      case DT_RPATH:
      case DT_RUNPATH:
        if (const auto path = text_at(entry.d_un.d_val)) facts_.search_paths.push_back(*path);
        break;
      default: break;
    }
  }

  std::optional<std::string_view> text_at(std::uint64_t offset) {
    if (offset < strings_.size()) {
      const std::string_view rest = strings_.substr(offset, kNameBytesMax);
      const std::size_t end = rest.find('\0');
      if (end != std::string_view::npos) return rest.substr(0, end);
    }
    malformed("a name stands outside the table of names");
    return {};
  }

  void read_symbols() {
    const std::uint64_t count = count_symbols();
    if (refusal_ || count == 0) return;
    if (symbol_size_ != sizeof(Elf64_Sym)) return malformed("its symbols have a wrong size");
    if (count > bytes_.size() / sizeof(Elf64_Sym))
      return malformed("it counts more symbols than it has");
    const auto at = place_of(symbols_at_, count * sizeof(Elf64_Sym));
    if (!at) return malformed("its table of symbols is not loaded");
    for (std::uint64_t i = 1; i < count && !refusal_; ++i)
      take_symbol(take<Elf64_Sym>(*at + i * sizeof(Elf64_Sym)));
  }

  void take_symbol(const Elf64_Sym& symbol) {
    const unsigned bind = ELF64_ST_BIND(symbol.st_info);
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    if (symbol.st_shndx == SHN_UNDEF || bind == STB_LOCAL) return;
    const auto name = text_at(symbol.st_name);
    if (!name) return;
    if (bind == STB_GNU_UNIQUE) keep(facts_.unique, *name);
    if (visibility != STV_DEFAULT && visibility != STV_PROTECTED) return;
    const unsigned type = ELF64_ST_TYPE(symbol.st_info);
    keep(facts_.exports, ElfFacts::Export{*name, type == STT_FUNC || type == STT_GNU_IFUNC});
  }

  template <class T>
  static void keep(std::vector<T>& kept, T one) {
    if (kept.size() < kNamesMax) kept.push_back(one);
  }

  std::uint64_t count_symbols();
  std::uint64_t count_by_gnu_hash();

  const std::string_view bytes_;
  ElfFacts facts_;
  std::optional<Refusal> refusal_;
  Elf64_Ehdr head_{};
  std::vector<Elf64_Phdr> loads_;
  std::vector<Elf64_Phdr> note_segments_;
  std::optional<Elf64_Phdr> dynamic_;
  std::string_view strings_;
  std::uint64_t strings_at_ = 0, strings_size_ = 0;
  std::uint64_t symbols_at_ = 0, symbol_size_ = 0;
  std::uint64_t hash_at_ = 0, gnu_hash_at_ = 0;
};

// How many symbols can be looked up: the loader knows no other count.
std::uint64_t ElfReader::count_symbols() {
  if (gnu_hash_at_ == 0 && hash_at_ == 0) return 0;
  std::uint64_t count = 0;
  if (hash_at_ != 0) {
    // nbucket, nchain: as many chains as symbols.
    const auto at = place_of(hash_at_, 2 * sizeof(Elf64_Word));
    if (!at) return malformed("its hash table is not loaded"), 0;
    count = take<Elf64_Word>(*at + sizeof(Elf64_Word));
  }
  if (gnu_hash_at_ != 0) count = std::max(count, count_by_gnu_hash());
  return count;
}

// The table: buckets, first symbol, words of the filter, shift; the filter, the buckets, and for
// each symbol from the first on its hash, whose lowest bit ends the chain of a bucket.
std::uint64_t ElfReader::count_by_gnu_hash() {
  constexpr std::uint64_t kWord = sizeof(Elf64_Word);
  const auto head = place_of(gnu_hash_at_, 4 * kWord);
  if (!head) return malformed("its hash table is not loaded"), 0;
  const std::uint64_t buckets = take<Elf64_Word>(*head);
  const std::uint64_t first = take<Elf64_Word>(*head + kWord);
  const std::uint64_t filter = take<Elf64_Word>(*head + 2 * kWord);
  const std::uint64_t buckets_at = gnu_hash_at_ + 4 * kWord + filter * sizeof(Elf64_Xword);
  const auto table = place_of(buckets_at, buckets * kWord);
  if (!table) return malformed("its hash table is not loaded"), 0;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < buckets; ++i)
    last = std::max<std::uint64_t>(last, take<Elf64_Word>(*table + i * kWord));
  if (last == 0) return first;
  if (last < first) return malformed("its hash table contradicts itself"), 0;
  const std::uint64_t chains_at = buckets_at + buckets * kWord;
  for (;; ++last) {
    const auto at = place_of(chains_at + (last - first) * kWord, kWord);
    if (!at) return malformed("its hash table has no end"), 0;
    if ((take<Elf64_Word>(*at) & 1) != 0) return last + 1;
  }
}

}  // namespace

Checked<ElfFacts> read_elf(std::string_view bytes) { return ElfReader(bytes).read(); }

}  // namespace leat::plugin
