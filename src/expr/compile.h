#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/ast.h"
#include "expr/mock.h"
#include "expr/program.h"
#include "record/function.h"
#include "record/layout.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::expr {

// Why a name does not stand for anything here.
struct Refusal {
  std::string code;  // UNKNOWN_FIELD, NOT_AVAILABLE_YET, …
  std::string message;
  std::vector<std::string> did_you_mean;
};

// What a path stands for: a column of decoded values (record::DecodeSlot::Want::value), or a
// refusal.
struct Resolution {
  std::size_t column = 0;
  std::optional<Refusal> refusal;
  // The type of every value of the field that is there and not null, when it is known; lives as
  // long as the compiling. Mistakes that follow from it are told.
  const spec::SchemaType* declared = nullptr;
  // Nothing says that every record has the field: an expression that takes it bare is told of.
  bool may_be_absent = false;
};

// What a call of `name.function` stands for that is none of the library's.
struct FoundFunction {
  record::FunctionPtr function;    // null: there is a refusal
  std::optional<Refusal> refusal;  // it is there and cannot be called here
};

// What names mean at one place of a pipeline; implemented by the plan. Asked once per use, while
// compiling.
class Resolver {
 public:
  virtual ~Resolver() = default;
  // The column for a field path; {} = the whole row (`this`). `user.address.city` comes as one path
  // of constant members; beyond the first index or computed member the program reads the JSON text
  // of the column itself. A field's value is absent when any member on the way is missing or no
  // object. `has(a.b)` asks for {a, b} and {a}.
  virtual Resolution resolve_field(const record::FieldPath& path) = 0;
  // The same for `this['x']` after resolve_field() refused: so a field can be read that the schema
  // of the source does not name.
  virtual Resolution resolve_extra_field(const record::FieldPath& path) {
    return resolve_field(path);
  }
  // Whether `meta.<member>` has a meaning here; by default all that exist do.
  virtual std::optional<Refusal> refuse_meta(std::string_view member) {
    static_cast<void>(member);
    return std::nullopt;
  }
  // What tells this expression from every other one: the pipeline and the place in its definition.
  // uuid() gives different values at different places.
  virtual std::string place() const { return {}; }
  // What answers calls of the function `name` ("size", "geo.country_of") instead of the library,
  // which need not know it; null = nothing does. Macros cannot be mocked.
  virtual MockPtr find_mock(std::string_view name) const {
    static_cast<void>(name);
    return nullptr;
  }
  // Whether there may be a field of a name that is also a type's (`type`, `list`, `int`, …). Then
  // the bare name is the field, except where it is compared with type(x).
  virtual bool hides_type(std::string_view name) const {
    static_cast<void>(name);
    return true;
  }
  // A function that came into the process later than the library, by its full name
  // ("geo.country_of"): it wins over the library's and over methods of a field; nothing = there is none.
  virtual std::optional<FoundFunction> find_function(std::string_view name) const {
    static_cast<void>(name);
    return std::nullopt;
  }
  // Full names of such functions, for suggestions.
  virtual std::vector<std::string> further_functions() const { return {}; }
  // Why there can be none of this name, beyond that it is unknown; empty = nothing is to be said.
  virtual std::string hint_for(std::string_view name) const {
    static_cast<void>(name);
    return {};
  }
};

// strict: what can be seen to fail for every row (`1 + 'a'`, `a + 1 / 0`) is a mistake of the user.
// dynamic: it is left to the rows.
enum class TypeCheck : std::uint8_t { strict, dynamic };

// What a row may lack where an expression takes it bare.
struct BareField {
  enum class Why : std::uint8_t {
    // A field without which a row fails: an operand that no `??`, has() of it or try() looks after,
    // or what stands before the last member of has(a.b) and a.?b.
    absent,
    // A field that has() asks for: null, which has() takes for there, fails.
    null,
    // A header without which a row fails; `path` is its name.
    header,
  };
  record::FieldPath path;
  Span span;                // where it stands first
  bool null_fails = false;  // null where it stands fails too
  bool copy = false;        // the expression is nothing else: whoever takes its value may need it
  Why why = Why::absent;
};

// A program, or all the reasons why there is none.
struct Compiled {
  std::optional<Program> program;
  std::vector<spec::Diagnostic>
      diagnostics;  // pointer left to the caller; spans in code points of the text
  std::vector<spec::Diagnostic> warnings;  // beside a program: EXPENSIVE_PATTERN, ALWAYS_FAILS
  std::vector<BareField> bare_fields;  // of what may be absent or null; in the order of the text

  bool ok() const noexcept { return program.has_value(); }
};

// Codes: those of parse(), UNKNOWN_FUNCTION, UNKNOWN_FIELD and what else the resolver refuses with,
// WRONG_ARGUMENTS, INVALID_PATTERN, NOT_AVAILABLE_YET; ALWAYS_FAILS when every row would.
Compiled compile(std::string_view text, Resolver& resolver, const Limits& limits,
                 TypeCheck check = TypeCheck::strict);
// The same of an expression that was parsed before, or of a piece of one.
Compiled compile(const Ast& ast, Resolver& resolver, TypeCheck check = TypeCheck::strict);

}  // namespace leat::expr
