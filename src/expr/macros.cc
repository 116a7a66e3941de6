#include "expr/macros.h"

#include <array>

#include "expr/functions.h"

namespace leat::expr {
namespace {

constexpr std::array kForms{
    Macro{"all", MacroKind::all, 1, false, "x.all(name, condition)"},
    Macro{"all", MacroKind::all, 2, false, "x.all(index or key, value, condition)"},
    Macro{"exists", MacroKind::exists, 1, false, "x.exists(name, condition)"},
    Macro{"exists", MacroKind::exists, 2, false, "x.exists(index or key, value, condition)"},
    Macro{"exists_one", MacroKind::exists_one, 1, false, "x.exists_one(name, condition)"},
    Macro{"existsOne", MacroKind::exists_one, 1, false, "x.existsOne(name, condition)"},
    Macro{"existsOne", MacroKind::exists_one, 2, false,
          "x.existsOne(index or key, value, condition)"},
    Macro{"map", MacroKind::map, 1, false, "x.map(name, result)"},
    Macro{"map", MacroKind::map, 1, true, "x.map(name, condition, result)"},
    Macro{"filter", MacroKind::filter, 1, false, "x.filter(name, condition)"},
    Macro{"transformList", MacroKind::map, 2, false,
          "x.transformList(index or key, value, result)"},
    Macro{"transformList", MacroKind::map, 2, true,
          "x.transformList(index or key, value, condition, result)"},
    Macro{"transformMap", MacroKind::transform_map, 2, false,
          "x.transformMap(index or key, value, result)"},
    Macro{"transformMap", MacroKind::transform_map, 2, true,
          "x.transformMap(index or key, value, condition, result)"},
    Macro{"transformMapEntry", MacroKind::transform_map_entry, 2, false,
          "x.transformMapEntry(index or key, value, map)"},
    Macro{"transformMapEntry", MacroKind::transform_map_entry, 2, true,
          "x.transformMapEntry(index or key, value, condition, map)"},
    Macro{"cel.bind", MacroKind::bind, 1, false, "cel.bind(name, value, result)"},
    Macro{"optMap", MacroKind::opt_map, 1, false, "x.optMap(name, result)"},
    Macro{"optFlatMap", MacroKind::opt_flat_map, 1, false, "x.optFlatMap(name, optional)"},
};

constexpr CallStyle kMethod = CallStyle::method;
constexpr std::string_view kCategory = "macros";

constexpr Function form(std::string_view name, CallStyle style, std::string_view signature,
                        std::string_view summary) {
  return {name, style, 0, {}, std::nullopt, nullptr, {kCategory, signature, summary}};
}

constexpr std::array kTable{
    form("has", CallStyle::global, "has(a.b) -> bool", "Whether a field is there, null or not."),
    form("all", kMethod, "all(list | map, [key,] name, condition) -> bool",
         "Whether the condition holds for every element."),
    form("exists", kMethod, "exists(list | map, [key,] name, condition) -> bool",
         "Whether the condition holds for an element."),
    form("exists_one", kMethod, "exists_one(list | map, name, condition) -> bool",
         "Whether the condition holds for exactly one element."),
    form("existsOne", kMethod, "existsOne(list | map, [key,] name, condition) -> bool",
         "Whether the condition holds for exactly one element."),
    form("map", kMethod, "map(list | map, name, [condition,] result) -> list",
         "The result for each element for which the condition holds."),
    form("filter", kMethod, "filter(list | map, name, condition) -> list",
         "The elements for which the condition holds."),
    form("transformList", kMethod,
         "transformList(list | map, key, name, [condition,] result) -> list",
         "The result for each element for which the condition holds."),
    form("transformMap", kMethod, "transformMap(list | map, key, name, [condition,] result) -> map",
         "The result for each element, under its key or index."),
    form("transformMapEntry", kMethod,
         "transformMapEntry(list | map, key, name, [condition,] map) -> map",
         "The entries of the maps that the elements give."),
    form("cel.bind", CallStyle::global, "cel.bind(name, value, result) -> dyn",
         "The result, in which the name stands for the value."),
    form("optMap", kMethod, "optMap(optional, name, result) -> optional",
         "An optional of the result, when there is a value."),
    form("optFlatMap", kMethod, "optFlatMap(optional, name, optional) -> optional",
         "The optional that the result is, when there is a value."),
};

}  // namespace

std::span<const Macro> macros() noexcept { return kForms; }

const std::span<const Function> kMacros{kTable};

}  // namespace leat::expr
