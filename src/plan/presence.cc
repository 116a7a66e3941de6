#include "plan/presence.h"

#include <algorithm>
#include <string>
#include <utility>

#include "spec/field_path.h"

namespace leat::plan {
namespace {

constexpr std::size_t kNamedMax = 3;

std::string names_of(const std::vector<std::string>& fields) {
  std::string names;
  const std::size_t named = std::min(fields.size(), kNamedMax);
  for (std::size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == fields.size();
    names += (i == 0 ? "`" : last ? " or `" : ", `") + fields[i] + "`";
  }
  if (named < fields.size())
    names += " or one of " + std::to_string(fields.size() - named) + " others";
  return names;
}

// `has(a) && a != null && has(a.b)`: has() of a member fails where what stands before it is absent
// or null.
std::string test_of(const record::FieldPath& path) {
  std::string text;
  for (std::size_t i = 1; i <= path.size(); ++i) {
    const std::string name =
        spec::format_field_path({path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i)});
    text += (i == 1 ? "has(" : " && has(") + name + ")";
    if (i < path.size()) text += " && " + name + " != null";
  }
  return text;
}

// `this.?a.?b`: no value where one of them is absent.
std::string optional_form(const record::FieldPath& path) {
  std::string text = "this";
  for (const std::string& name : path) text += ".?" + spec::format_field_path({name});
  return text;
}

// What else to write than `a ?? …`; nothing where that would not look after null as well.
std::string alternative_to_default(const expr::BareField& field) {
  if (field.copy)
    return " or `" + optional_form(field.path) + "`, which leaves it out" +
           (field.path.size() > 1 ? " unless null stands before a dot" : "");
  return field.null_fails ? "" : " or test `" + test_of(field.path) + "`";
}

// A text as expressions write it.
std::string literal(const std::string& text) {
  std::string made = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') made += '\\';
    made += c;
  }
  return made + "'";
}

using Bare = std::vector<const expr::BareField*>;

std::vector<std::string> paths_of(const Bare& fields) {
  std::vector<std::string> names;
  for (const expr::BareField* field : fields) names.push_back(spec::format_field_path(field->path));
  return names;
}

spec::Diagnostic warning(std::string code, const Bare& fields, std::string message) {
  spec::Diagnostic told;
  told.severity = spec::Severity::warning;
  told.code = std::move(code);
  told.span = {fields[0]->span.begin, fields[0]->span.end};
  told.message = std::move(message);
  return told;
}

spec::Diagnostic of_absent(const Bare& fields) {
  const std::vector<std::string> names = paths_of(fields);
  const bool null_fails = std::all_of(fields.begin(), fields.end(),
                                      [](const auto* field) { return field->null_fails; });
  return warning("MAY_BE_ABSENT", fields,
                 "a row without " + names_of(names) + " fails here" +
                     (null_fails ? ", and so does null" : "") + ": write `" + names[0] + " ?? …`" +
                     alternative_to_default(*fields[0]) +
                     ". Where this is meant, an `on_error` on the step says so; so does a "
                     "`schema` of the source");
}

spec::Diagnostic of_null(const Bare& fields) {
  const std::vector<std::string> names = paths_of(fields);
  return warning("MAY_BE_NULL", fields,
                 "a row in which " + names_of(names) +
                     " is null fails here, and has() is true for it: write `" + names[0] +
                     " ?? …`, or `has(" + names[0] + ") && " + names[0] +
                     " != null && …`. Where this is meant, an `on_error` on the step says so; so "
                     "does a `schema` of the source with `!` behind the type");
}

spec::Diagnostic of_headers(const Bare& fields) {
  std::vector<std::string> names;
  for (const expr::BareField* field : fields) names.push_back(field->path[0]);
  const std::string first = literal(names[0]);
  return warning("MAY_BE_ABSENT", fields,
                 "a record without the header " + names_of(names) +
                     " fails here: write `meta.headers[" + first + "] ?? …`" +
                     (fields[0]->copy ? " or `meta.headers[?" + first + "]`, which leaves it out"
                                      : " or test `" + first + " in meta.headers`") +
                     ". Where this is meant, an `on_error` on the step says so");
}

}  // namespace

// A field is there when something below it is.
bool Presence::settled(const record::FieldPath& path) const {
  const auto found = settled_.lower_bound(path);
  return found != settled_.end() && found->size() >= path.size() &&
         std::equal(path.begin(), path.end(), found->begin());
}

std::vector<spec::Diagnostic> Presence::tell(const std::vector<expr::BareField>& fields) {
  using Why = expr::BareField::Why;
  std::vector<const expr::BareField*> absent;
  std::vector<const expr::BareField*> null;
  std::vector<const expr::BareField*> headers;
  for (const expr::BareField& field : fields) {
    switch (field.why) {
      case Why::absent:
        if (!settled(field.path)) absent.push_back(&field);
        break;
      case Why::null:
        if (null_told_.insert(field.path).second) null.push_back(&field);
        break;
      case Why::header:
        if (headers_told_.insert(field.path[0]).second) headers.push_back(&field);
        break;
    }
  }
  for (const expr::BareField& field : fields)
    if (field.why == Why::absent) settle(field.path);
  std::vector<spec::Diagnostic> told;
  if (!absent.empty()) told.push_back(of_absent(absent));
  if (!null.empty()) told.push_back(of_null(null));
  if (!headers.empty()) told.push_back(of_headers(headers));
  return told;
}

}  // namespace leat::plan
