#include "expr/compiler/absences.h"

#include <string>

#include "record/named_error.h"
#include "spec/field_path.h"

namespace leat::expr {
namespace {

const record::RowError& absent(const std::string& what) {
  return record::named_error(kNoSuchField, what + " that the expression reads is absent");
}

}  // namespace

const record::RowError& absent_field(const record::FieldPath& path) {
  if (path.empty()) return kNoSuchField;
  return absent("the field " + spec::quoted_field_path(path));
}
const record::RowError& absent_member(std::string_view name) {
  return absent("the member `" + std::string(name) + "`");
}
const record::RowError& absent_header(std::string_view name) {
  return absent("the header `" + std::string(name) + "`");
}

const record::RowError& no_members(const record::FieldPath& path) {
  return record::named_error(kNoSuchOverload, "the field " + spec::quoted_field_path(path) +
                                                  " is no object, so nothing can be in it");
}
const record::RowError& no_members_for(std::string_view name) {
  return record::named_error(kNoSuchOverload, "the member `" + std::string(name) +
                                                  "` is asked of a value that is no object or map");
}

}  // namespace leat::expr
