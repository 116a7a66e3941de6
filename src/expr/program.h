#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "expr/errors.h"
#include "record/batch.h"
#include "record/layout.h"

namespace leat::expr {

struct Code;
struct Level;
class Machine;

// The memory a program works in: one per task and program (or one for several programs of a task
// that run after each other). Thread-confined; grows to what its largest program needs, then
// allocates no more. Instances of functions that are none of the library's are opened in it at their
// first call and closed with it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;

  // Why a function failed as a whole in a run since the last call: what the runs gave means nothing
  // then. Only functions that are none of the library's can.
  Status take_failure();

 private:
  friend class Machine;
  std::vector<std::unique_ptr<Level>> levels_;  // the batch, and macros inside each other
  struct Tools;
  std::unique_ptr<Tools> tools_;  // what kernels use beside their rows
};

// Whether it is an error of run() that Program::name_absences() can say more about.
inline bool is_nameless(const record::Value& value) noexcept {
  return value.is_error() && &value.as_error() == &kNoSuchField;
}

// A compiled expression. Immutable and thread-safe; shared by all tasks of a plan, each with a
// Scratch of its own.
class Program {
 public:
  explicit Program(std::unique_ptr<const Code> code);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  // Computes the expression for every row: out[i] is its value, or Type::error with the reason.
  // Only a program that is a path gives Type::absent. Text that is computed lies in the batch's
  // arena, other text where it was (column, row, program: the values must not outlive the program).
  // Never throws; fails as a whole only as Scratch::take_failure() says; rows are independent of each other. Requires: out.size()
  // == batch.size() <= RecordBatch::kRowsMax; out is no column that the program reads. A column
  // that is not there counts as absent.
  void run(const record::RecordBatch& batch, Scratch& scratch, record::Column out) const;

  // Of a row that fails for an absent field run() does not say which: is_nameless(). This gives such
  // errors of `out` the field's name in their messages (expr/absent_error.h); it costs as much as
  // run(), so ask once for a batch. Functions of plugins that are not pure are not called again. Requires: `out` is what run() gave for this batch.
  void name_absences(const record::RecordBatch& batch, Scratch& scratch, record::Column out) const;

  // The field path, when the expression is nothing else ({} = `this`): the plan may copy the token
  // instead. Else nullptr.
  const record::FieldPath* path() const noexcept;
  bool is_path() const noexcept { return path() != nullptr; }
  // The value, when it is the same for every row (an error value when it always fails).
  std::optional<record::Value> constant() const noexcept;
  // The type of every value that is neither an error nor null, when it is known: a filter whose type is known
  // and not boolean is a mistake.
  std::optional<record::Type> type() const noexcept;
  // The columns it reads, ascending, each once.
  std::span<const std::size_t> columns() const noexcept;
  // Whether it reads the clock (`now()`).
  bool reads_clock() const noexcept;

 private:
  std::unique_ptr<const Code> code_;
};

}  // namespace leat::expr
