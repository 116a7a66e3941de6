#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "source_dir.h"

namespace leat::plugin {

// A library of tests/plugins: they lie beside the test program.
inline std::string library_path(const std::string& name) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  return program.parent_path() / "plugins" / (name + ".so");
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::string library(const std::string& name) { return bytes_of(library_path(name)); }

// Libraries of 1.5 KB, to be damaged byte by byte: by their kind of hash table.
inline std::string tiny_library(const std::string& kind = "gnu_hash") {
  return bytes_of(LEAT_SOURCE_DIR "/tests/fuzz/corpus/elf/" + kind);
}

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
std::string with_number(std::string bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

// The library with another note: fields of `leat_note` by their offset in the description.
inline std::string with_note(std::string bytes, std::size_t offset, std::string_view field) {
  const std::size_t owner = bytes.find(std::string_view("\x01\0\0\0LEAT\0", 9));
  EXPECT_NE(owner, std::string::npos);
  return bytes.replace(owner + 12 + offset, field.size(), field);
}
// The library under another name and version.
inline std::string renamed(std::string bytes, std::string_view name, std::string_view version) {
  std::string field(64, '\0');
  field.replace(0, name.size(), name);
  field.replace(32, version.size(), version);
  return with_note(std::move(bytes), 8, field);
}

// A folder of its own for one test, gone with it.
class TestFolder {
 public:
  TestFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "leat-plugin-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    path_ = path;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, std::string_view bytes) const {
    std::ofstream(at(name), std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
  }

 private:
  std::string path_;
};

}  // namespace leat::plugin
