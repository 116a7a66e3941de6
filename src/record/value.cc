#include "record/value.h"

namespace leat::record {

std::string_view to_string(Type type) noexcept {
  switch (type) {
    case Type::absent: return "absent";
    case Type::null: return "null";
    case Type::boolean: return "bool";
    case Type::integer: return "int";
    case Type::real: return "double";
    case Type::string: return "string";
    case Type::bytes: return "bytes";
    case Type::timestamp: return "timestamp";
    case Type::duration: return "duration";
    case Type::json: return "json";
    case Type::unsigned_integer: return "uint";
    case Type::list: return "list";
    case Type::map: return "map";
    case Type::type_name: return "type";
    case Type::optional: return "optional";
    case Type::error: return "error";
  }
  return "error";
}

}  // namespace leat::record
