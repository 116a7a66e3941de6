#pragma once

#include <set>
#include <string>
#include <vector>

#include "expr/compile.h"
#include "record/layout.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::plan {

// What rows may lack that is worth a word: each is told once, and none that a step
// above could not do without, since rows that lack it come no further. A value; belongs to one call
// of build_plan.
class Presence {
 public:
  // Rows have the field from here on.
  void settle(const record::FieldPath& path) { settled_.insert(path); }
  // One warning MAY_BE_ABSENT of all fields that are new, which then are settled, one of all headers
  // that are new, and one MAY_BE_NULL of the fields that are. The remedies are such as the place of
  // the expression allows.
  std::vector<spec::Diagnostic> tell(const std::vector<expr::BareField>& fields,
                                     const spec::Expression& expression);

 private:
  bool settled(const record::FieldPath& path) const;

  std::set<record::FieldPath> settled_;
  std::set<record::FieldPath> null_told_;
  std::set<std::string> headers_told_;
};

}  // namespace leat::plan
