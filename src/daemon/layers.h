#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/config.h"

// The first half of loading: file, environment and flags laid over each other, each value checked
// against its row.
namespace leat::daemon {

// Settings that somebody set, in no order; of equal keys the strongest is kept. Thread-confined;
// lives during a load.
class Layers {
 public:
  explicit Layers(std::vector<ConfigProblem>& problems) : problems_(problems) {}
  Layers(const Layers&) = delete;
  Layers& operator=(const Layers&) = delete;

  // Weakest first: each call lays over what was there.
  void read_file(const std::string& path);
  void read_text(const std::string& name, std::string_view text);
  void read_environment(const std::vector<std::pair<std::string, std::string>>& environment);
  void read_set(std::string_view assignment);
  void read_flag(const std::string& key, std::string_view json);

  const std::vector<Effective>& values() const noexcept { return values_; }

 private:
  void walk(const std::string& file, const std::string& prefix, const json::Value& object);
  void read_pair(std::string key, std::string_view text, Origin origin, const std::string& where);
  void put(std::string key, const json::Value& value, Origin origin, std::string where,
           const std::string& place);
  void unknown(const std::string& key, const std::string& place);

  std::vector<Effective> values_;
  std::vector<ConfigProblem>& problems_;
};

// What is wrong with a value; nothing when it fits its row. References count as the text they stand
// for.
std::optional<std::string> check_value(const Setting& setting, const json::Value& value);

}  // namespace leat::daemon
