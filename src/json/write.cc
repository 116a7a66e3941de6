#include "json/write.h"

#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/text.h"

namespace leat::json {
namespace {

void append_scalar(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Kind::null: out += "null"; break;
    case Kind::boolean: out += *value.as_bool() ? "true" : "false"; break;
    case Kind::string: append_quoted(out, *value.as_string()); break;
    default: out += value.number_token();
  }
}

constexpr int kCompact = -1;

void break_line(std::string& out, int indent) {
  if (indent == kCompact) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * 2, ' ');
}

void append_value(std::string& out, const Value& value, int indent) {
  if (value.kind() < Kind::array) return append_scalar(out, value);
  const bool object = value.is_object();
  const int inner = indent == kCompact ? kCompact : indent + 1;
  bool any = false;
  out += object ? '{' : '[';
  const auto next = [&] {
    if (any) out += ',';
    any = true;
    break_line(out, inner);
  };
  for (const Value& element : value.elements()) {
    next();
    append_value(out, element, inner);
  }
  for (const Member& member : value.members()) {
    next();
    append_quoted(out, member.key);
    out += indent == kCompact ? ":" : ": ";
    append_value(out, member.value, inner);
  }
  if (any) break_line(out, indent);
  out += object ? '}' : ']';
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  base::append_json_escaped(out, text);
  out += '"';
}

void append_double(std::string& out, double number) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  LEAT_CHECK(error == std::errc());
  const std::string_view digits(buffer, static_cast<std::size_t>(end - buffer));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void Writer::before_value() {
  LEAT_DCHECK(open_.empty() || open_.back() == '[' || after_key_);
  if (!after_key_ && comma_) out_ += ',';
  after_key_ = false;
  comma_ = true;
}

void Writer::open(char bracket) {
  before_value();
  out_ += bracket;
  open_ += bracket;
  comma_ = false;
}

void Writer::close(char bracket) {
  LEAT_DCHECK(!open_.empty() && !after_key_ && open_.back() == (bracket == '}' ? '{' : '['));
  open_.pop_back();
  out_ += bracket;
  comma_ = true;
}

Writer& Writer::begin_object() {
  open('{');
  return *this;
}
Writer& Writer::end_object() {
  close('}');
  return *this;
}
Writer& Writer::begin_array() {
  open('[');
  return *this;
}
Writer& Writer::end_array() {
  close(']');
  return *this;
}

Writer& Writer::key(std::string_view name) {
  LEAT_DCHECK(!open_.empty() && open_.back() == '{' && !after_key_);
  if (comma_) out_ += ',';
  append_quoted(out_, name);
  out_ += ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  before_value();
  append_quoted(out_, text);
  return *this;
}

Writer& Writer::value(double number) {
  if (!std::isfinite(number)) return null();
  before_value();
  append_double(out_, number);
  return *this;
}

Writer& Writer::value(const Value& tree) {
  before_value();
  append_value(out_, tree, kCompact);
  return *this;
}

Writer& Writer::null() { return raw("null"); }

Writer& Writer::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

Writer& Writer::write_bool(bool flag) { return raw(flag ? "true" : "false"); }
Writer& Writer::write_integer(std::int64_t number) { return raw(std::to_string(number)); }
Writer& Writer::write_unsigned(std::uint64_t number) { return raw(std::to_string(number)); }

std::string Writer::take() {
  LEAT_DCHECK(open_.empty() && !after_key_);
  comma_ = false;
  return std::exchange(out_, {});
}

std::string to_text(const Value& value) {
  std::string out;
  append_value(out, value, kCompact);
  return out;
}

std::string pretty(const Value& value) {
  std::string out;
  append_value(out, value, 0);
  return out;
}

}  // namespace leat::json
