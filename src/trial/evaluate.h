#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "expr/program.h"
#include "record/layout.h"
#include "spec/diagnostic.h"

namespace leat::trial {

// What an expression gives for a row. A value.
struct Evaluated {
  std::string value;      // JSON; "" when it failed
  std::string_view type;  // of the value
  std::string_view code;  // why it failed; "" when it did not
  std::string_view reason;
};

// One expression over JSON rows, compiled and run as `set` does: a number that it only passes on keeps
// its token, and rows have the limits of records. Thread-confined.
class Evaluator {
 public:
  // Or every mistake in the text; their spans lie in it.
  static std::variant<Evaluator, std::vector<spec::Diagnostic>> compile(std::string_view text);

  // `row`: a JSON object. `now`: what now() gives.
  Evaluated run(std::string_view row, WallTime now);
  // The type that all its values have, when it is known without a row; else "".
  std::string_view type() const noexcept;

 private:
  Evaluator(expr::Program program, bool gives_tokens, std::vector<record::DecodeSlot> slots)
      : program_(std::move(program)), gives_tokens_(gives_tokens), slots_(std::move(slots)) {}
  record::Value written(const record::RecordBatch& batch, const record::Value& value) const;

  expr::Program program_;
  bool gives_tokens_;  // expr::CompiledCopy
  std::vector<record::DecodeSlot> slots_;
  expr::Scratch scratch_;
  record::Origin origin_;
};

}  // namespace leat::trial
