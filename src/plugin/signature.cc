#include "plugin/signature.h"

#include <algorithm>
#include <array>
#include <limits>

#include "leat/plugin.h"

namespace leat::plugin {
namespace {

using record::Type;

constexpr std::array<std::string_view, 7> kKinds{"scalar",   "filter", "flat_map", "aggregate",
                                                 "stateful", "sink",   "table"};

struct TypeLine {
  std::string_view word;
  Type type;
  std::uint32_t abi;
};
constexpr std::array<TypeLine, 7> kTypes{{{"bool", Type::boolean, LEAT_BOOL},
                                          {"int", Type::integer, LEAT_INT},
                                          {"double", Type::real, LEAT_DOUBLE},
                                          {"timestamp", Type::timestamp, LEAT_TIMESTAMP},
                                          {"string", Type::string, LEAT_STRING},
                                          {"bytes", Type::bytes, LEAT_BYTES},
                                          {"json", Type::json, LEAT_JSON}}};

bool is_name_byte(char c, bool first) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

class SignatureParser {
 public:
  explicit SignatureParser(std::string_view text) : text_(text) {}

  Result<Signature> parse(Kind kind) {
    if (text_.size() > kSignatureBytesMax) return wrong("it is too long");
    Signature signature;
    LEAT_RETURN_IF_ERROR(
        read_fields('(', ')', kParametersMax, Names::parameters, signature.parameters));
    skip_space();
    if (kind != Kind::sink) LEAT_RETURN_IF_ERROR(read_result(kind, signature));
    skip_space();
    if (at_ != text_.size())
      return wrong(kind == Kind::sink ? "a sink gives nothing: end it here" : "end it here");
    return signature;
  }

 private:
  enum class Names { parameters, results };

  Status wrong(std::string_view what) const {
    return Status(Code::invalid_argument,
                  "signature, column " + std::to_string(at_ + 1) + ": " + std::string(what));
  }
  void skip_space() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }
  bool take(std::string_view token) noexcept {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string_view take_word() noexcept {
    skip_space();
    const std::size_t first = at_;
    while (at_ < text_.size() && is_name_byte(text_[at_], at_ == first)) ++at_;
    return text_.substr(first, at_ - first);
  }

  Status read_type(Field& field) {
    const std::string_view word = take_word();
    const auto line = std::find_if(kTypes.begin(), kTypes.end(),
                                   [word](const TypeLine& known) { return known.word == word; });
    if (line == kTypes.end())
      return wrong("a type is wanted here: bool int double timestamp string bytes json");
    field.type = line->type;
    field.nullable = take("?");
    return {};
  }

  Status read_fields(char open, char close, std::size_t most, Names names,
                     std::vector<Field>& out) {
    if (!take({&open, 1})) return wrong(open == '(' ? "`(` is wanted here" : "`{` is wanted here");
    while (!take({&close, 1})) {
      if (!out.empty() && !take(","))
        return wrong(close == ')' ? "`,` or `)` is wanted here" : "`,` or `}` is wanted here");
      Field field;
      field.name = take_word();
      if (field.name.empty() || field.name.size() > 63) return wrong("a name is wanted here");
      if (std::any_of(out.begin(), out.end(),
                      [&field](const Field& other) { return other.name == field.name; }))
        return wrong("this name stands twice");
      if (!take(":")) return wrong("`:` and a type are wanted here");
      LEAT_RETURN_IF_ERROR(read_type(field));
      if (field.name == "this" && (names == Names::results || field.type != Type::json))
        return wrong("`this` is the whole row: a parameter of type json");
      out.push_back(std::move(field));
      if (out.size() > most) return wrong("these are too many");
    }
    return {};
  }

  Status read_result(Kind kind, Signature& signature) {
    if (!take("->")) return wrong("`->` and what it gives are wanted here");
    skip_space();
    if (kind == Kind::flat_map || kind == Kind::stateful || kind == Kind::table) {
      signature.row = true;
      signature.adds = kind != Kind::table && take("+");
      LEAT_RETURN_IF_ERROR(read_fields('{', '}', kResultsMax, Names::results, signature.results));
      return signature.results.empty() ? wrong("a row has at least one field") : Status();
    }
    Field result;
    LEAT_RETURN_IF_ERROR(read_type(result));
    if (kind == Kind::filter && (result.type != Type::boolean || result.nullable))
      return wrong("a filter gives bool");
    signature.results.push_back(std::move(result));
    return {};
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind) - 1];
}

std::optional<Kind> kind_of(std::string_view name) noexcept {
  const auto found = std::find(kKinds.begin(), kKinds.end(), name);
  if (found == kKinds.end()) return {};
  return static_cast<Kind>(found - kKinds.begin() + 1);
}

Result<Signature> parse_signature(std::string_view text, Kind kind) {
  return SignatureParser(text).parse(kind);
}

std::uint32_t abi_type(Type type) noexcept {
  for (const TypeLine& line : kTypes)
    if (line.type == type) return line.abi;
  return 0;
}

Type record_type(std::uint32_t abi_type) noexcept {
  for (const TypeLine& line : kTypes)
    if (line.abi == abi_type) return line.type;
  return Type::absent;
}

std::string_view type_word(Type type) noexcept {
  for (const TypeLine& line : kTypes)
    if (line.type == type) return line.word;
  return "";
}

}  // namespace leat::plugin
