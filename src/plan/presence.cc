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

}  // namespace

// A field is there when something below it is.
bool Presence::settled(const record::FieldPath& path) const {
  const auto found = settled_.lower_bound(path);
  return found != settled_.end() && found->size() >= path.size() &&
         std::equal(path.begin(), path.end(), found->begin());
}

std::optional<spec::Diagnostic> Presence::tell(const std::vector<expr::BareField>& fields) {
  std::vector<const expr::BareField*> news;
  for (const expr::BareField& field : fields)
    if (!settled(field.path)) news.push_back(&field);
  for (const expr::BareField& field : fields) settle(field.path);
  if (news.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const expr::BareField* field : news) names.push_back(spec::format_field_path(field->path));
  const bool null_fails =
      std::all_of(news.begin(), news.end(), [](const auto* field) { return field->null_fails; });
  spec::Diagnostic told;
  told.severity = spec::Severity::warning;
  told.code = "MAY_BE_ABSENT";
  told.span = {news[0]->span.begin, news[0]->span.end};
  told.message = "a row without " + names_of(names) + " fails here" +
                 (null_fails ? ", and so does null" : "") + ": write `" + names[0] + " ?? …`" +
                 alternative_to_default(*news[0]) +
                 ". Where this is meant, an `on_error` on the step says so; so does a `schema` of "
                 "the source";
  return told;
}

}  // namespace leat::plan
