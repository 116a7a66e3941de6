#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "record/value.h"
#include "spec/tests.h"

namespace leat::expr {

// What a function answers in a test instead of running: a table, looked up by the arguments. The
// function need not exist. Immutable, thread-safe.
class Mock {
 public:
  explicit Mock(const spec::TestFunction& written);
  Mock(const Mock&) = delete;
  Mock& operator=(const Mock&) = delete;

  // As calls write it, with its namespace: "geo.country_of".
  const std::string& name() const noexcept { return name_; }
  // The first answer whose arguments are equal by value, or whose text is that of the only
  // argument; else the error NO_MOCK_ANSWER. `arena` is scratch.
  record::Value answer(std::span<const record::Value> arguments, base::Arena& arena) const;

 private:
  struct Answer {
    std::optional<std::vector<record::Value>> arguments;
    std::string text;
    record::Value result;
  };
  bool fits(const Answer& answer, std::span<const record::Value> arguments,
            base::Arena& arena) const;

  const std::string name_;
  base::Arena arena_;  // of the values
  std::vector<Answer> answers_;
};
using MockPtr = std::shared_ptr<const Mock>;

}  // namespace leat::expr
