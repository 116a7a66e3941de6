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

}  // namespace

// A field is there when something below it is.
bool Presence::settled(const record::FieldPath& path) const {
  const auto found = settled_.lower_bound(path);
  return found != settled_.end() && found->size() >= path.size() &&
         std::equal(path.begin(), path.end(), found->begin());
}

std::optional<spec::Diagnostic> Presence::tell(const std::vector<expr::BareField>& fields) {
  std::vector<std::string> names;
  std::optional<spec::Diagnostic> told;
  for (const expr::BareField& field : fields) {
    if (settled(field.path)) continue;
    if (!told) {
      told.emplace();
      told->severity = spec::Severity::warning;
      told->code = "MAY_BE_ABSENT";
      told->span = {field.span.begin, field.span.end};
    }
    names.push_back(spec::format_field_path(field.path));
  }
  for (const expr::BareField& field : fields) settle(field.path);
  if (!told) return told;
  told->message = "a row without " + names_of(names) + " fails here, and so does null: write `" +
                  names[0] + " ?? …` or test `has(" + names[0] +
                  ")`. Where this is meant, an `on_error` on the step says so; so does a `schema` "
                  "of the source";
  return told;
}

}  // namespace leat::plan
