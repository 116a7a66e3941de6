#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/compile.h"
#include "plan/mocks.h"
#include "plan/presence.h"
#include "plan/shape.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::plan {

// Compiles the expressions of one step against one shape. Belongs to one call of build_plan.
class Expressions {
 public:
  // `pipeline`: its name, for what differs from pipeline to pipeline (uuid()). `mocks` answer calls
  // of functions in place of the library. `presence`: null = fields that may be absent are not
  // told of.
  Expressions(std::string_view pipeline, const Shape& shape, Scopes& scopes,
              const expr::Limits& limits, Mocks& mocks, std::vector<spec::Diagnostic>& diagnostics,
              Presence* presence)
      : pipeline_(pipeline),
        shape_(shape),
        scopes_(scopes),
        limits_(limits),
        mocks_(mocks),
        diagnostics_(diagnostics),
        presence_(presence) {}

  // The value of an expression: a copy of a field of a scope, or a column. With a
  // program the column is the program's to fill.
  struct Value {
    std::optional<Place> copy_of;
    std::size_t column = 0;
    std::shared_ptr<const expr::Program> program;
    bool valid = true;
    bool declared = false;  // of a copy: the schema knows the field, so absent reads as null
    std::optional<std::size_t> written = std::nullopt;  // the column for encoders, with tokens
    TypePtr type = nullptr;       // what is known of its values; null = nothing
    record::FieldPath path = {};  // of a field: its name here
  };
  // What becomes of a row without the field that an expression is nothing but: it fails, or whoever
  // takes the value knows what to do.
  enum class Copies : std::uint8_t { must_be_there, may_be_absent };
  // Mistakes go to the diagnostics; the value is then not valid.
  Value compile(const spec::Expression& expression, Copies copies = Copies::must_be_there);
  // The same of a value that goes to a field: numbers that are only passed on keep their tokens.
  Value compile_written(const spec::Expression& expression);
  // The same of an expression that was parsed before, or of a piece of one; it stands at `pointer`.
  Value compile(const expr::Ast& ast, const std::string& pointer);
  // The same without shortcuts for paths: always a program, or null.
  std::shared_ptr<const expr::Program> compile_program(const spec::Expression& expression);
  // The value of a field without an expression around it; `pointer` says where it is asked for.
  Value field(const record::FieldPath& path, const std::string& pointer,
              Shape::Naming naming = Shape::Naming::declared);
  // The column of a field's typed value; nothing after a mistake.
  std::optional<std::size_t> field_column(const record::FieldPath& path,
                                          const std::string& pointer);

  // Some field was mixed: encode the rows and compile all again. What was compiled so far means
  // nothing.
  bool mixed() const noexcept { return mixed_; }

 private:
  class FieldResolver;
  std::optional<expr::Program> compile_text(const spec::Expression& expression,
                                            FieldResolver& resolver, Copies copies);
  // Tells of fields that may be absent, but of `copies` that may be.
  std::optional<expr::Program> take(expr::Compiled compiled, const spec::Expression& expression,
                                    Copies copies);
  std::optional<expr::Program> take(expr::Compiled compiled, const std::string& pointer);
  Value value_of(std::optional<expr::Program> program, FieldResolver& resolver,
                 const std::string& pointer);
  static expr::Refusal refusal(const record::FieldPath& path, const Field& field);

  const std::string_view pipeline_;
  const Shape& shape_;
  Scopes& scopes_;
  const expr::Limits& limits_;
  Mocks& mocks_;
  std::vector<spec::Diagnostic>& diagnostics_;
  Presence* const presence_;
  bool mixed_ = false;
};

// check_expressions() with what answers calls of functions.
std::vector<spec::Diagnostic> check_expressions(const std::vector<spec::Expression>& expressions,
                                                const expr::Limits& limits, Mocks* mocks);

// The mistakes in the fields of a generator, which can read `seq` only.
void check_generator(const spec::GeneratorSpec& generator, const expr::Limits& limits,
                     std::vector<spec::Diagnostic>& diagnostics);

}  // namespace leat::plan
