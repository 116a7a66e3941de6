#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::cli {

// Where a command writes. Values; the functions are called on the main thread.
struct Console {
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  bool terminal = false;  // stdout is one: tables and colours by default
};

// A table with columns as wide as their widest cell. Cells are made printable. Thread-confined.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // States (`running`, `failed`, …) in colour when asked.
  std::string text(bool color) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace leat::cli
