#include "plan/edges.h"

#include <cmath>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "operators/arrival.h"
#include "plan/types.h"

namespace leat::plan {
namespace {

using record::Type;
using record::Value;
using Kind = spec::SchemaType::Kind;

// What is known of all values that are no errors.
struct Values {
  std::optional<Type> type;       // of those that are not null
  std::optional<Value> constant;  // the same for every row
  std::string name;               // of the type, for people
};

std::optional<Type> type_of(Kind kind) {
  switch (kind) {
    case Kind::boolean: return Type::boolean;
    case Kind::integer: return Type::integer;
    case Kind::real: return Type::real;
    case Kind::string: return Type::string;
    case Kind::bytes: return Type::bytes;
    case Kind::timestamp: return Type::timestamp;
    case Kind::list:
    case Kind::map:
    case Kind::object: return Type::json;
    case Kind::json: break;
  }
  return std::nullopt;
}

Values seen_of(const spec::SchemaType& declared) {
  return {type_of(declared.kind), {}, std::string(name_of(declared.kind))};
}

Values seen_of(const Expressions::Value& value) {
  if (value.program == nullptr) return value.type != nullptr ? seen_of(*value.type) : Values{};
  Values known{value.program->type(), value.program->constant(), {}};
  if (known.constant && known.constant->is(Type::optional)) {
    const Value* const held = known.constant->as_optional();
    known.constant = held != nullptr ? *held : Value();
  }
  if (known.constant) known.type = known.constant->type();
  // An optional is its value, of which nothing is known.
  if (known.type == Type::optional) known.type = std::nullopt;
  if (known.type)
    known.name = known.type == Type::json ? "a list or map" : record::to_string(*known.type);
  return known;
}

bool is_other(const Values& known, std::initializer_list<Type> taken) {
  if (!known.type) return false;
  for (const Type type : taken)
    if (*known.type == type) return false;
  return true;
}

Misfit wrong_type(const Values& known, std::string_view needed, std::string_view remedy) {
  return {"WRONG_TYPE", "every row fails here: " + std::string(needed) + ", and this is always " +
                            known.name + ": " + std::string(remedy)};
}

// Of rows that may have another time all the same.
Misfit no_time(const Values& known, std::string_view needed, std::string_view remedy) {
  return {"WRONG_TYPE", "no row gets a time here: " + std::string(needed) +
                            ", and this is always " + known.name + ": " + std::string(remedy)};
}

Misfit always_fails(std::string_view why) {
  return {"ALWAYS_FAILS", "every row fails here: " + std::string(why)};
}

std::string_view as_text_by(Type type) noexcept {
  switch (type) {
    case Type::timestamp: return "write `time.format(…, '%Y-%m-%d')` around it";
    case Type::boolean:
    case Type::integer:
    case Type::unsigned_integer:
    case Type::real:
    case Type::bytes: return "write `string(…)` around it";
    default: return "name a field that is a text";
  }
}

std::string_view as_value_by(Type type, spec::Format format) noexcept {
  if (format == spec::Format::bytes)
    return type == Type::string
               ? "set it to `bytes(value)` in the last step, or write `\"format\": \"string\"`"
               : "set it to bytes in the last step, or choose another format";
  switch (type) {
    case Type::bytes:
      return "set it to `string(value)` in the last step, or write `\"format\": \"bytes\"`";
    case Type::boolean:
    case Type::integer:
    case Type::unsigned_integer:
    case Type::real:
    case Type::timestamp:
    case Type::duration:
      return "set it to `string(value)` in the last step, or choose another format";
    case Type::json:
    case Type::list:
    case Type::map:
      return "set it to `json.print(value)` in the last step, or choose another format";
    default: return "set it to a text in the last step, or choose another format";
  }
}

}  // namespace

std::optional<Misfit> misfit_topic(const Expressions::Value& value,
                                   const operators::TopicCheck::Rules& rules) {
  const Values known = seen_of(value);
  // A number that is only copied is its token, which is a text.
  const bool copied_number =
      value.program == nullptr && value.copy_of && !is_other(known, {Type::integer, Type::real});
  if (copied_number) return std::nullopt;
  if (is_other(known, {Type::string}))
    return wrong_type(known, "the name of a topic is a text", as_text_by(*known.type));
  if (!known.constant) return std::nullopt;
  const record::RowError* const error = operators::refuse_topic(*known.constant, rules);
  if (error == nullptr) return std::nullopt;
  return always_fails(std::string(error->message) + " (" + std::string(error->code) + ")");
}

std::optional<Misfit> misfit_timestamp(const Expressions::Value& value) {
  const Values known = seen_of(value);
  if (is_other(known, {Type::timestamp, Type::integer}))
    return wrong_type(known, "the time of a record is a timestamp, or an int of milliseconds",
                      known.type == Type::string
                          ? "write `timestamp(…)` around a text in RFC 3339, "
                            "`time.parse(…, format)` around another"
                      : known.type == Type::real ? "write `int(…)` around milliseconds"
                                                 : "name another field, or leave `timestamp` out");
  if (!known.constant) return std::nullopt;
  const std::int64_t ms = known.constant->as_integer() / (known.type == Type::integer ? 1 : 1000);
  if (ms > 0) return std::nullopt;
  return always_fails("no record of Kafka is from 1970 or before");
}

std::optional<Misfit> misfit_event_time(const Expressions::Value& value,
                                        spec::EventTimeSpec::Unit unit) {
  const bool automatic = unit == spec::EventTimeSpec::Unit::automatic;
  const Values known = seen_of(value);
  if (automatic && known.type == Type::real)
    return no_time(
        known, "without a `format`, a time is a timestamp, a text or an int",
        "say in `format` what the number counts: `\"s\"`, `\"ms\"`, `\"us\"` or `\"ns\"`");
  if (is_other(known, {Type::timestamp, Type::integer, Type::real, Type::string}))
    return no_time(known, "a time is a timestamp, a text or a number",
                   "name another field, or leave `field` out, and rows have the time of their "
                   "record");
  if (!known.constant || operators::event_time_of(*known.constant, unit)) return std::nullopt;
  return Misfit{
      "ALWAYS_FAILS",
      "no row gets a time here: this is none, and the same for all rows: name a field that "
      "holds one"};
}

std::optional<Misfit> misfit_value(const Expressions::Value& value, spec::Format format) {
  const Values known = seen_of(value);
  const bool text = format == spec::Format::string;
  if (!is_other(known, {text ? Type::string : Type::bytes})) return std::nullopt;
  return wrong_type(known,
                    text ? "the format writes the field `value`, a text"
                         : "the format writes the field `value`, bytes",
                    as_value_by(*known.type, format));
}

std::optional<Misfit> misfit_written(const Expressions::Value& value) {
  const Values known = seen_of(value);
  if (known.type == Type::type_name)
    return Misfit{"WRONG_TYPE",
                  "a type cannot be written, so every row fails at its sink: compare it where it "
                  "is, `type(…) == int`"};
  if (known.constant && known.constant->is(Type::real) && !std::isfinite(known.constant->as_real()))
    return Misfit{"ALWAYS_FAILS",
                  "this is not a finite number, which cannot be written, so every row fails at its "
                  "sink: write `null`, or another number"};
  return std::nullopt;
}

}  // namespace leat::plan
