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
  const std::string text = spec::format_field_path(path);
  return absent("the field " + (text.find('`') == std::string::npos ? "`" + text + "`" : text));
}
const record::RowError& absent_member(std::string_view name) {
  return absent("the member `" + std::string(name) + "`");
}
const record::RowError& absent_header(std::string_view name) {
  return absent("the header `" + std::string(name) + "`");
}

}  // namespace leat::expr
