#include "codec/schema_errors.h"

#include "codec/row_errors.h"
#include "record/named_error.h"
#include "spec/field_path.h"

namespace leat::codec {

using record::RowError;
using spec::SchemaType;

namespace {

std::string_view word_of(SchemaType::Kind kind) noexcept {
  switch (kind) {
    case SchemaType::Kind::boolean: return "bool";
    case SchemaType::Kind::integer: return "int";
    case SchemaType::Kind::real: return "double";
    case SchemaType::Kind::string: return "string";
    case SchemaType::Kind::bytes: return "bytes, which are base64";
    case SchemaType::Kind::timestamp: return "timestamp: RFC 3339, or an int of milliseconds";
    case SchemaType::Kind::json: return "json";
    case SchemaType::Kind::list: return "list";
    case SchemaType::Kind::map: return "map";
    case SchemaType::Kind::object: break;
  }
  return "object";
}

}  // namespace

void SchemaErrors::add(const SchemaType& type, const std::string& name) {
  if (!name.empty()) {
    const std::string quote = name.find('`') == std::string::npos ? "`" : "";
    const std::string field = "the field " + quote + name + quote;
    errors_[&type] = {
        &record::named_error(kTypeMismatch,
                             field + " has another type than the source's schema says (" +
                                 std::string(word_of(type.kind)) + ")"),
        &record::named_error(kNumberOutOfRange,
                             field + " is a number outside the 64 bits of an int, or of a double"),
        &record::named_error(kMissingField,
                             field + ", which the source's schema requires, is null or absent")};
  }
  for (const auto& [member, inner] : type.members)
    add(inner, (name.empty() ? "" : name + ".") + spec::format_field_path({member}));
  if (type.element != nullptr && !name.empty())
    add(*type.element, name + (type.kind == SchemaType::Kind::list ? "[]" : ".*"));
}

const RowError* SchemaErrors::named(const SchemaType& type, const RowError* error) const noexcept {
  if (error != &kTypeMismatch && error != &kNumberOutOfRange && error != &kMissingField)
    return error;
  const auto found = errors_.find(&type);
  if (found == errors_.end()) return error;
  if (error == &kTypeMismatch) return found->second.mismatch;
  return error == &kMissingField ? found->second.missing : found->second.range;
}

}  // namespace leat::codec
