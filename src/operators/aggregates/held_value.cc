#include "operators/aggregates/held_value.h"

#include <cstring>

namespace leat::operators {

using record::Type;
using record::Value;

void HeldValue::hold(Type type, std::string_view text) {
  if (text.size() > capacity_) {
    text_ = std::make_unique<char[]>(text.size());
    capacity_ = static_cast<std::uint32_t>(text.size());
  }
  if (!text.empty()) std::memcpy(text_.get(), text.data(), text.size());
  const std::string_view held(text_.get(), text.size());
  value_ = type == Type::string ? Value::string(held)
           : type == Type::json ? Value::json(held)
                                : Value::bytes(held);
}

void HeldValue::assign(const Value& value) {
  packed_ = false;
  switch (value.type()) {
    case Type::string:
    case Type::bytes:
    case Type::json: return hold(value.type(), value.as_text());
    case Type::list:
    case Type::map:
    case Type::optional:
    case Type::type_name: {
      std::string packed;
      put_value(value, packed);
      hold(Type::bytes, packed);
      packed_ = true;
      return;
    }
    default: value_ = value;
  }
}

void HeldValue::assign(const HeldValue& other) {
  assign(other.value_);
  packed_ = other.packed_;
}

Value HeldValue::give(base::Arena& arena) const {
  if (packed_) return Unpacker(value_.as_text()).value(arena);
  switch (value_.type()) {
    case Type::absent: return Value::null();
    case Type::string: return Value::string(arena.copy(value_.as_text()));
    case Type::bytes: return Value::bytes(arena.copy(value_.as_text()));
    case Type::json: return Value::json(arena.copy(value_.as_text()));
    default: return value_;
  }
}

void HeldValue::pack(std::string& out) const {
  if (packed_)
    out.append(value_.as_text());
  else
    put_value(value_, out);
}

void HeldValue::unpack(Unpacker& in) {
  if (!in.nested_next()) return assign(in.flat_value());
  const std::string_view before = in.rest();
  base::Arena arena;
  in.value(arena);
  if (!in.ok()) return assign(Value());
  hold(Type::bytes, before.substr(0, before.size() - in.rest().size()));
  packed_ = true;
}

}  // namespace leat::operators
