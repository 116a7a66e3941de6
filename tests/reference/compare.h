#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expr/compile.h"
#include "reference/interpreter.h"

// Things as values of the room, and values against things.
namespace leat::reference {

// How lists and maps of a row stand in its columns: read from JSON, or computed by an earlier step.
enum class Form : std::uint8_t { json, computed };

// The value in the arena's memory. Lists and maps that JSON cannot hold are computed in any case.
record::Value to_value(const Thing& thing, Form form, base::Arena& arena);

// Whether a program's value is the thing: of the same type, and for an error of the same code.
bool matches(const record::Value& value, const Thing& thing);
// For people, in the words of show(Thing).
std::string show(const record::Value& value);

// Gives each path a column, in the order of asking.
class Columns : public expr::Resolver {
 public:
  expr::Resolution resolve_field(const record::FieldPath& path) override;
  bool hides_type(std::string_view) const override { return false; }
  // The rows with a column for each path; row i has form forms[i].
  record::RecordBatch batch(const std::vector<const Row*>& rows,
                            const std::vector<Form>& forms) const;

 private:
  std::vector<record::FieldPath> paths_;
};

// Compiles and runs an expression over the rows (1 … RecordBatch::kRowsMax; row i of form forms[i]), and
// asks the interpreter for each: "" when all agree, else what does not, or why it does not compile.
// `answers` counts the rows that gave no error.
std::string compare(const std::string& text, const std::vector<Row>& rows,
                    const std::vector<Form>& forms, std::size_t& answers);

std::string show(const std::vector<Row>& rows);

}  // namespace leat::reference
