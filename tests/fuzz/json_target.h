#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "codec/json_text.h"
#include "fuzz/json_trees.h"
#include "json/parse.h"
#include "json/write.h"

// The parser of definitions and requests, and the writer.
namespace leat::fuzz {

// Byte offset of a place.
inline std::size_t offset_of(std::string_view text, json::Place place) {
  LEAT_CHECK(place.line >= 1 && place.column >= 1);
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < place.line; ++line) {
    at = text.find('\n', at);
    LEAT_CHECK(at != std::string_view::npos);
    ++at;
  }
  for (std::uint32_t column = 1; column < place.column; ++column) {
    LEAT_CHECK(at < text.size() && text[at] != '\n');
    for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++at) {}
  }
  return at;
}

inline std::string_view beginnings_of(json::Kind kind) {
  switch (kind) {
    case json::Kind::null: return "n";
    case json::Kind::boolean: return "tf";
    case json::Kind::integer:
    case json::Kind::real: return "-0123456789";
    case json::Kind::string: return "\"";
    case json::Kind::array: return "[";
    case json::Kind::object: return "{";
  }
  return "";
}

// Every value stands where it says, is found by its pointer, and its numbers read back the same.
class TreeCheck {
 public:
  TreeCheck(std::string_view text, const json::Value& root) : text_(text), root_(root) {
    look(root, "");
  }

 private:
  static constexpr std::size_t kValuesMax = 256;

  void look(const json::Value& value, const std::string& pointer) {
    if (++seen_ > kValuesMax) return;
    const std::size_t at = offset_of(text_, value.place());
    LEAT_CHECK(at < text_.size());
    LEAT_CHECK(beginnings_of(value.kind()).find(text_[at]) != std::string_view::npos);
    LEAT_CHECK(json::find_pointer(root_, pointer) == &value);
    look_at_number(value, at);
    for (std::size_t i = 0; i < value.elements().size(); ++i)
      look(value.elements()[i], json::pointer_to(pointer, i));
    for (const json::Member& member : value.members()) {
      LEAT_CHECK(text_[offset_of(text_, member.key_place)] == '"');
      LEAT_CHECK(base::valid_utf8(member.key));
      LEAT_CHECK(value.find(member.key) == &member.value);
      look(member.value, json::pointer_to(pointer, std::string_view(member.key)));
    }
  }
  void look_at_number(const json::Value& value, std::size_t at) const {
    const std::string_view token = value.number_token();
    LEAT_CHECK(token.empty() == !value.as_double().has_value());
    if (token.empty()) return;
    LEAT_CHECK(text_.substr(at, token.size()) == token && codec::is_number(token));
    LEAT_CHECK(std::isfinite(*value.as_double()));
    std::string written;
    json::append_double(written, *value.as_double());
    const json::Parsed again = json::parse(written);
    LEAT_CHECK(again.ok() && again.root().as_double() == value.as_double());
  }

  const std::string_view text_;
  const json::Value& root_;
  std::size_t seen_ = 0;
};

inline void check_problems(std::string_view text, const json::Parsed& parsed) {
  LEAT_CHECK(parsed.problems().size() <= json::Parsed::kProblemsMax);
  LEAT_CHECK(!parsed.ok() || parsed.partial() == &parsed.root());
  for (const json::Problem& problem : parsed.problems()) {
    LEAT_CHECK(!problem.code.empty() && base::valid_utf8(problem.message));
    LEAT_CHECK(base::valid_utf8(problem.pointer));
    if (base::valid_utf8(text)) LEAT_CHECK(offset_of(text, problem.place) <= text.size());
    if (problem.code == "MALFORMED_JSON")
      LEAT_CHECK(parsed.problems().size() == 1 && problem.pointer.empty());
  }
}

inline void check_written(const json::Value& root) {
  const std::string text = json::to_text(root);
  json::ParseOptions plain;
  plain.comments = false;
  const json::Parsed again = json::parse(text, plain);
  LEAT_CHECK(again.ok() && equal_trees(root, again.root()));
  LEAT_CHECK(json::to_text(again.root()) == text);
  json::Writer writer;
  writer.value(root);
  LEAT_CHECK(writer.take() == text);
  const json::Parsed prettier = json::parse(json::pretty(root), plain);
  LEAT_CHECK(prettier.ok() && equal_trees(root, prettier.root()));
}

// What simdjson takes is JSON, and the same; what it does not take is none.
inline void compare_with_simdjson(std::string_view text, const json::Parsed& parsed) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const simdjson::padded_string padded(text);
  const simdjson::error_code code = parser.parse(padded).get(element);
  if (code == simdjson::SUCCESS) {
    LEAT_CHECK(!parsed.malformed());
    LEAT_CHECK(!parsed.ok() || equal_trees(parsed.root(), element));
  } else {
    // It has no integers beyond 64 bits.
    LEAT_CHECK(!parsed.ok() || code == simdjson::NUMBER_ERROR);
  }
}

inline void fuzz_json(std::string_view text) {
  json::ParseOptions plain;
  plain.comments = false;
  const json::Parsed strict = json::parse(text, plain);
  const json::Parsed commented = json::parse(text);
  for (const json::Parsed* parsed : {&strict, &commented}) {
    check_problems(text, *parsed);
    if (!parsed->ok()) continue;
    TreeCheck(text, parsed->root());
    check_written(parsed->root());
  }
  LEAT_CHECK(!strict.ok() || (commented.ok() && equal_trees(strict.root(), commented.root())));
  compare_with_simdjson(text, strict);

  json::ParseOptions narrow{true, 512, 3, 12, 8};
  const json::Parsed limited = json::parse(text, narrow);
  check_problems(text, limited);
  LEAT_CHECK(!limited.ok() || (commented.ok() && equal_trees(limited.root(), commented.root())));
}

}  // namespace leat::fuzz
