#include "expr/mock.h"

#include <algorithm>

#include "expr/calls/mock_kernel.h"
#include "expr/errors.h"
#include "expr/values.h"
#include "json/write.h"

namespace leat::expr {
namespace {

constexpr record::RowError kNoMockAnswer{
    "NO_MOCK_ANSWER", "the mock of a function has no answer for these arguments"};

// Lists and objects stay the JSON text they are.
Value value_of(const json::Value& written, base::Arena& arena) {
  switch (written.kind()) {
    case json::Kind::null: return Value::null();
    case json::Kind::boolean: return Value::boolean(*written.as_bool());
    case json::Kind::integer: return Value::integer(*written.as_integer());
    case json::Kind::real: return Value::real(*written.as_double());
    case json::Kind::string: return Value::string(arena.copy(*written.as_string()));
    case json::Kind::array:
    case json::Kind::object: break;
  }
  return Value::json(arena.copy(json::to_text(written)));
}

// Strings as they are, others as JSON; nothing where there is no short way to say it.
std::optional<std::string> text_of(const Value& value) {
  switch (value.type()) {
    case Type::string:
    case Type::json: return std::string(value.as_text());
    case Type::null: return "null";
    case Type::boolean: return value.as_boolean() ? "true" : "false";
    case Type::integer: return std::to_string(value.as_integer());
    case Type::unsigned_integer: return std::to_string(value.as_unsigned());
    case Type::real: {
      std::string text;
      json::append_double(text, value.as_real());
      return text;
    }
    default: return std::nullopt;
  }
}

}  // namespace

Mock::Mock(const spec::TestFunction& written) : name_(written.name) {
  for (const spec::TestFunction::Answer& from : written.answers) {
    Answer& made = answers_.emplace_back();
    made.text = from.argument;
    made.result = value_of(from.result, arena_);
    if (!from.arguments) continue;
    made.arguments.emplace();
    for (const json::Value& argument : *from.arguments)
      made.arguments->push_back(value_of(argument, arena_));
  }
}

bool Mock::fits(const Answer& answer, std::span<const Value> arguments, base::Arena& arena) const {
  if (answer.arguments)
    return std::equal(answer.arguments->begin(), answer.arguments->end(), arguments.begin(),
                      arguments.end(),
                      [&](const Value& a, const Value& b) { return same(a, b, arena); });
  return arguments.size() == 1 && text_of(arguments[0]) == answer.text;
}

Value Mock::answer(std::span<const Value> arguments, base::Arena& arena) const {
  for (const Answer& one : answers_)
    if (fits(one, arguments, arena)) return one.result;
  return fail(kNoMockAnswer);
}

void mock_kernel(Frame& frame, const Operand* in, Value* out, std::size_t rows) {
  std::vector<Value> arguments(frame.inputs);
  for (std::size_t i = 0; i < rows; ++i) {
    const Value* broken = nullptr;
    for (std::size_t k = 0; k < arguments.size(); ++k) {
      arguments[k] = in[k][i];
      if (broken == nullptr && is_broken(arguments[k])) broken = &arguments[k];
    }
    out[i] =
        broken != nullptr ? misfit(*broken) : frame.extra->mock->answer(arguments, frame.arena);
  }
}

}  // namespace leat::expr
