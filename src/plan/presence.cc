#include "plan/presence.h"

#include <algorithm>
#include <string>
#include <string_view>
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

bool is_filter(const spec::Expression& expression) {
  const std::string_view pointer = expression.pointer;
  constexpr std::string_view kLast = "/filter";
  if (!pointer.ends_with(kLast)) return false;
  const std::string_view step = pointer.substr(0, pointer.size() - kLast.size());
  return !step.empty() && step.back() >= '0' && step.back() <= '9' &&
         step.substr(0, step.find_last_of('/')).ends_with("/steps");
}

// A sink has no `on_error`.
bool is_of_sink(const spec::Expression& expression) {
  return expression.pointer.starts_with("/sinks/");
}

// Where failing is meant: what says so.
std::string where_meant(const spec::Expression& expression, const std::string& schema) {
  if (is_of_sink(expression))
    return schema.empty() ? "" : ". Where every row has it, " + schema + " says so";
  return ". Where this is meant, an `on_error` on the step says so" +
         (schema.empty() ? "" : "; so does " + schema);
}

// What else to write than `a ?? …`; nothing where that would not look after null as well.
std::string alternative_to_default(const expr::BareField& field,
                                   const spec::Expression& expression) {
  if (field.copy && is_filter(expression)) return "";
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

spec::Diagnostic of_absent(const Bare& fields, const spec::Expression& expression) {
  const std::vector<std::string> names = paths_of(fields);
  const bool whole_filter = is_filter(expression) && expression.text == names[0];
  const bool null_fails =
      whole_filter || std::all_of(fields.begin(), fields.end(),
                                  [](const auto* field) { return field->null_fails; });
  return warning("MAY_BE_ABSENT", fields,
                 "a row without " + names_of(names) + " fails here" +
                     (null_fails ? ", and so does null" : "") + ": write `" + names[0] +
                     (whole_filter ? " ?? false`" : " ?? …`") +
                     alternative_to_default(*fields[0], expression) +
                     where_meant(expression, "a `schema` of the source"));
}

spec::Diagnostic of_null(const Bare& fields, const spec::Expression& expression) {
  const std::vector<std::string> names = paths_of(fields);
  return warning("MAY_BE_NULL", fields,
                 "a row in which " + names_of(names) +
                     " is null fails here, and has() is true for it: write `" + names[0] +
                     " ?? …`, or `has(" + names[0] + ") && " + names[0] + " != null && …`" +
                     where_meant(expression, "a `schema` of the source with `!` behind the type"));
}

spec::Diagnostic of_headers(const Bare& fields, const spec::Expression& expression) {
  std::vector<std::string> names;
  for (const expr::BareField* field : fields) names.push_back(field->path[0]);
  const std::string first = literal(names[0]);
  return warning("MAY_BE_ABSENT", fields,
                 "a record without the header " + names_of(names) +
                     " fails here: write `meta.headers[" + first + "] ?? …`" +
                     (fields[0]->copy ? " or `meta.headers[?" + first + "]`, which leaves it out"
                                      : " or test `" + first + " in meta.headers`") +
                     where_meant(expression, ""));
}

}  // namespace

// A field is there when something below it is.
bool Presence::settled(const record::FieldPath& path) const {
  const auto found = settled_.lower_bound(path);
  return found != settled_.end() && found->size() >= path.size() &&
         std::equal(path.begin(), path.end(), found->begin());
}

std::vector<spec::Diagnostic> Presence::tell(const std::vector<expr::BareField>& fields,
                                             const spec::Expression& expression) {
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
  if (!absent.empty()) told.push_back(of_absent(absent, expression));
  if (!null.empty()) told.push_back(of_null(null, expression));
  if (!headers.empty()) told.push_back(of_headers(headers, expression));
  for (spec::Diagnostic& one : told) one.pointer = expression.pointer;
  return told;
}

}  // namespace leat::plan
