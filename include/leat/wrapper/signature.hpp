// The text of a signature, taken apart and compared with C++ types. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/values.hpp>

#include <stdexcept>
#include <vector>

namespace leat::detail {

struct Field {
  std::string name;
  leat_type type = kNoType;
  bool nullable = false;
};

// "(a: int, b: string?) -> double" or "(a: int) -> +{ x: int }".
struct Signature {
  std::vector<Field> params;
  std::vector<Field> results;
  bool object = false;  // the result is { … }
  bool adds = false;    // the result is +{ … }
};

inline const char* type_name(leat_type type) {
  switch (type) {
    case LEAT_BOOL: return "bool";
    case LEAT_INT: return "int";
    case LEAT_DOUBLE: return "double";
    case LEAT_TIMESTAMP: return "timestamp";
    case LEAT_STRING: return "string";
    case LEAT_BYTES: return "bytes";
    case LEAT_JSON: return "json";
    case kAnyText: return "text";
    default: return "?";
  }
}

inline const char* cpp_name(leat_type type) {
  switch (type) {
    case LEAT_BOOL: return "bool";
    case LEAT_INT: return "int64_t";
    case LEAT_DOUBLE: return "double";
    case LEAT_TIMESTAMP: return "leat::Timestamp";
    case LEAT_STRING: return "std::string_view";
    case LEAT_BYTES: return "leat::Bytes";
    case LEAT_JSON: return "leat::Json";
    case kAnyText: return "std::string";
    default: return "?";
  }
}

// Throws std::invalid_argument with the place and the cause.
class SignatureParser {
 public:
  explicit SignatureParser(std::string_view text) : text_(text) {}

  Signature parse() {
    Signature signature;
    signature.params = fields('(', ')');
    if (accept("->")) parse_result(signature);
    skip();
    if (at_ != text_.size()) fail("nothing more");
    return signature;
  }

 private:
  void parse_result(Signature& signature) {
    signature.adds = accept("+");
    skip();
    if (signature.adds || (at_ < text_.size() && text_[at_] == '{')) {
      signature.object = true;
      signature.results = fields('{', '}');
    } else {
      signature.results.emplace_back();
      parse_type(signature.results.back());
    }
  }

  std::vector<Field> fields(char open, char close) {
    std::vector<Field> list;
    expect(open);
    if (accept(std::string_view(&close, 1))) return list;
    do {
      Field field;
      field.name = word();
      expect(':');
      parse_type(field);
      for (const Field& other : list) {
        if (other.name == field.name) throw_error("`" + field.name + "` is there twice");
      }
      list.push_back(std::move(field));
    } while (accept(","));
    expect(close);
    return list;
  }

  void parse_type(Field& field) {
    const std::string name = word();
    for (leat_type type = LEAT_BOOL; type <= LEAT_JSON; ++type) {
      if (name == type_name(type)) field.type = type;
    }
    if (field.type == kNoType) {
      throw_error("`" + name + "` is no type: bool int double timestamp string bytes json");
    }
    field.nullable = accept("?");
  }

  std::string word() {
    skip();
    const size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (begin == at_) fail("a name");
    return std::string(text_.substr(begin, at_ - begin));
  }

  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  bool accept(std::string_view token) {
    skip();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  void expect(char token) {
    if (!accept(std::string_view(&token, 1))) fail("`" + std::string(1, token) + "`");
  }

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  [[noreturn]] void fail(const std::string& wanted) const {
    throw_error("wanted " + wanted + " at character " + std::to_string(at_ + 1));
  }
  [[noreturn]] void throw_error(const std::string& what) const {
    throw std::invalid_argument("signature \"" + std::string(text_) + "\": " + what);
  }

  std::string_view text_;
  size_t at_ = 0;
};

inline std::string cpp_text(CppType type) {
  return type.optional ? std::string("std::optional<") + cpp_name(type.type) + ">"
                       : cpp_name(type.type);
}
inline std::string signature_text(const Field& field) {
  return std::string(type_name(field.type)) + (field.nullable ? "?" : "");
}

inline bool same_type(leat_type declared, leat_type cpp) {
  const bool text = declared == LEAT_STRING || declared == LEAT_BYTES || declared == LEAT_JSON;
  return declared == cpp || (cpp == kAnyText && text);
}

// The parameters as C++ takes them. Throws std::invalid_argument.
inline void check_params(const Signature& signature, const std::vector<CppType>& types,
                         const char* what) {
  if (signature.params.size() != types.size()) {
    throw std::invalid_argument(std::string(what) + " takes " + std::to_string(types.size()) +
                                " values, the signature has " +
                                std::to_string(signature.params.size()) + " parameters");
  }
  for (size_t i = 0; i < types.size(); ++i) {
    const Field& field = signature.params[i];
    if (same_type(field.type, types[i].type) && (types[i].optional || !field.nullable)) continue;
    throw std::invalid_argument("parameter `" + field.name + "` is " + signature_text(field) +
                                " in the signature: " + what + " must take " +
                                cpp_text({field.type, field.nullable}) + ", not " +
                                cpp_text(types[i]));
  }
}

// A single result as C++ gives it. Throws std::invalid_argument.
inline void check_result(const Signature& signature, CppType type, const char* what) {
  if (signature.results.size() != 1 || signature.object) {
    throw std::invalid_argument("the signature has no single result: \"-> " +
                                std::string(type_name(type.type)) + "\"");
  }
  const Field& field = signature.results[0];
  if (same_type(field.type, type.type) && (field.nullable || !type.optional)) return;
  throw std::invalid_argument("the result is " + signature_text(field) +
                              " in the signature: " + what + " must return " +
                              cpp_text({field.type, field.nullable}) + ", not " + cpp_text(type));
}

// Requires: `signature` of a function that gives rows. Throws std::invalid_argument.
inline void check_rows_result(const Signature& signature) {
  if (!signature.object)
    throw std::invalid_argument("the signature must give rows: \"-> { name: type, … }\"");
}

}  // namespace leat::detail
