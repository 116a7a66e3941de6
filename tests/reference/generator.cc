#include "reference/generator.h"

#include <fmt/format.h>

namespace leat::reference {
namespace {

constexpr std::array<std::int64_t, 12> kInts{
    0, 1, 2, 3, -1, -7, 60, 1000, 9007199254740993, 9223372036854775807, -9223372036854775807 - 1,
    42};
constexpr std::array<std::uint64_t, 6> kNaturals{
    0, 1, 2, 7, 9223372036854775808u, 18446744073709551615u};
constexpr std::array<double, 11> kReals{
    0.0, 1.0, -0.5, 2.0, 2.5, 1e300, -1e-7, 0.1, 1e21, 3.0, 9007199254740992.0};
constexpr std::array<std::string_view, 11> kTexts{"",
                                                  "a",
                                                  "b",
                                                  "ab",
                                                  "abab",
                                                  "Hello World",
                                                  " x ",
                                                  "k1",
                                                  "3",
                                                  "-2.5",
                                                  "K\xC3\xB6ln \xC3\xA4\xF0\x9F\x98\x80"};
constexpr std::array<std::int64_t, 7> kSeconds{
    0, 1, -1, 1767225600, 1772323199, -62135596800, 253402300799};
constexpr std::array<std::int64_t, 4> kNanos{0, 250'000'000, 1, 999'999'999};

}  // namespace

const std::array<FieldShape, 16> kFields{{
    {"i", {Kind::integer}},
    {"j", {Kind::integer}},
    {"u", {Kind::natural}},
    {"d", {Kind::real}},
    {"e", {Kind::real}},
    {"s", {Kind::string}},
    {"t", {Kind::string}},
    {"b", {Kind::bytes}},
    {"f", {Kind::boolean}},
    {"li", {Kind::list, Kind::integer}},
    {"ls", {Kind::list, Kind::string}},
    {"mi", {Kind::map, Kind::integer}},
    {"ms", {Kind::map, Kind::string}},
    {"n", {Kind::any}},
    {"ts", {Kind::timestamp}},
    {"dur", {Kind::duration}},
}};

// ---- rows

Thing Generator::value(Shape shape) {
  switch (shape.kind) {
    case Kind::boolean: return make_boolean(one_in(2));
    case Kind::integer: return make_integer(kInts[below(kInts.size())]);
    case Kind::natural: return make_unsigned(kNaturals[below(kNaturals.size())]);
    case Kind::real: return make_real(kReals[below(kReals.size())]);
    case Kind::string: return make_string(std::string(kTexts[below(kTexts.size())]));
    case Kind::bytes: return make_bytes(one_in(4) ? "\xFF\x01" : std::string(kTexts[below(7)]));
    case Kind::timestamp:
      return make_timestamp(Wide{kSeconds[below(kSeconds.size())]} * 1'000'000'000 +
                            kNanos[below(4)]);
    case Kind::duration:
      return make_duration(Wide{kSeconds[below(5)]} * 1'000'000'000 + kNanos[below(4)]);
    case Kind::list: {
      Thing made = make_list({});
      for (std::size_t n = below(4); n > 0; --n) made.items.push_back(value({shape.item}));
      return made;
    }
    case Kind::map: {
      Thing made = make_map({});
      for (const char* key : {"k1", "k2", "a"})
        if (one_in(2)) {
          made.items.push_back(make_string(key));
          made.items.push_back(value({shape.item}));
        }
      return made;
    }
    default: return json(2);
  }
}

// Anything that JSON has; the outermost is an object.
Thing Generator::json(int depth) {
  const std::size_t form = depth == 2 ? 0 : below(depth == 0 ? 5 : 8);
  switch (form) {
    case 1: return value({Kind::integer});
    case 2: return value({Kind::string});
    case 3: return value({Kind::real});
    case 4: return one_in(2) ? make_null() : make_boolean(one_in(2));
    case 5:
    case 6: {
      Thing made = make_list({});
      for (std::size_t n = below(3); n > 0; --n) made.items.push_back(json(depth - 1));
      return made;
    }
    default: break;
  }
  if (depth == 0) return value({Kind::boolean});
  Thing made = make_map({});
  for (const char* key : {"a", "b", "c"})
    if (!one_in(3)) {
      made.items.push_back(make_string(key));
      made.items.push_back(json(depth - 1));
    }
  return made;
}

Row Generator::row() {
  Row made;
  for (const FieldShape& field : kFields) {
    if (one_in(10)) continue;
    const std::string name(field.name);
    if (one_in(20))
      made[name] = make_null();
    else if (one_in(20))
      made[name] = value(kFields[below(kFields.size())].shape);
    else
      made[name] = value(field.shape);
  }
  return made;
}

// ---- expressions

Kind Generator::scalar() {
  constexpr std::array<Kind, 6> kKinds{Kind::boolean, Kind::integer, Kind::integer,
                                       Kind::real,    Kind::string,  Kind::string};
  return kKinds[below(kKinds.size())];
}

std::string Generator::expression(int depth) {
  constexpr std::array<Kind, 13> kKinds{
      Kind::boolean,  Kind::boolean, Kind::boolean, Kind::integer, Kind::integer,
      Kind::real,     Kind::string,  Kind::natural, Kind::bytes,   Kind::timestamp,
      Kind::duration, Kind::list,    Kind::map};
  scope_.clear();
  const Kind kind = one_in(20)   ? Kind::any
                    : one_in(20) ? Kind::optional
                                 : kKinds[below(kKinds.size())];
  return of(Shape{kind, scalar()}, depth);
}

std::string Generator::of(Shape shape, int depth) {
  if (one_in(60)) shape = {scalar(), scalar()};
  if (depth <= 0 || one_in(6)) return leaf(shape);
  if (one_in(5)) return general(shape, depth);
  switch (shape.kind) {
    case Kind::boolean: return boolean(depth);
    case Kind::integer: return integer(depth);
    case Kind::natural: return natural(depth);
    case Kind::real: return real(depth);
    case Kind::string: return string(depth);
    case Kind::bytes: return bytes(depth);
    case Kind::timestamp: return timestamp(depth);
    case Kind::duration: return duration(depth);
    case Kind::list: return list(shape.item, depth);
    case Kind::map: return map(shape.item, depth);
    case Kind::optional: return optional(shape.item, depth);
    case Kind::any: return any(depth);
  }
  return "null";
}

std::string Generator::leaf(Shape shape) {
  const auto fits = [&shape](const Shape& other) {
    const bool holds = shape.kind == Kind::list || shape.kind == Kind::map;
    return shape.kind == other.kind && (!holds || shape.item == other.item);
  };
  if (one_in(3)) return literal(shape);
  std::vector<std::string> names;
  for (const auto& [name, known] : scope_)
    if (fits(known)) names.insert(names.end(), 3, name);
  for (const FieldShape& field : kFields)
    if (fits(field.shape)) names.emplace_back(field.name);
  if (shape.kind == Kind::any) return any(0);
  return names.empty() ? literal(shape) : names[below(names.size())];
}

std::string Generator::literal(Shape shape) {
  switch (shape.kind) {
    case Kind::boolean: return one_in(2) ? "true" : "false";
    case Kind::integer:
      return std::string(pick({"0", "1", "2", "3", "7", "(-1)", "9223372036854775807", "60"}));
    case Kind::natural: return std::string(pick({"0u", "1u", "7u", "18446744073709551615u"}));
    case Kind::real: return std::string(pick({"0.0", "1.5", "(-2.0)", "1e300", "0.1", "2.0"}));
    case Kind::string:
      return std::string(pick({"''", "'a'", "\"b\"", "'ab'", "'k1'", "' X '", "'3'", "'\\u00e4'"}));
    case Kind::bytes: return std::string(pick({"b''", "b'a'", "b'\\xff'", "b'ab'"}));
    case Kind::timestamp:
      return std::string(
          pick({"timestamp('2026-01-01T00:00:00Z')", "timestamp('2024-02-29T23:59:59.250Z')",
                "timestamp('9999-12-31T23:59:59Z')", "timestamp(0)"}));
    case Kind::duration:
      return std::string(pick({"duration('1h30m')", "duration('-1s')", "duration('250ms')",
                               "duration('0s')", "duration('1ns')"}));
    case Kind::list:
      return one_in(4) ? "[]" : "[" + literal({shape.item}) + ", " + literal({shape.item}) + "]";
    case Kind::map: return one_in(4) ? "{}" : "{'k1': " + literal({shape.item}) + "}";
    case Kind::optional:
      return one_in(3) ? "optional.none()" : "optional.of(" + literal({shape.item}) + ")";
    case Kind::any: return one_in(3) ? "null" : literal({scalar()});
  }
  return "null";
}

std::string Generator::inside(std::string_view name, Shape variable, Shape body, int depth) {
  scope_.emplace_back(std::string(name), variable);
  std::string text = of(body, depth);
  scope_.pop_back();
  return text;
}

std::string Generator::general(Shape shape, int depth) {
  const int less = depth - 1;
  switch (below(6)) {
    case 0:
      return fmt::format("({} ? {} : {})", of(Kind::boolean, less), of(shape, less),
                         of(shape, less));
    case 1: return fmt::format("({} ?? {})", of(shape, less), of(shape, less));
    case 2: {
      const Shape bound{scalar(), scalar()};
      const std::string_view name = variable_name();
      const std::string value = of(bound, less);
      return fmt::format("cel.bind({}, {}, {})", name, value, inside(name, bound, shape, less));
    }
    case 3:
      return fmt::format("{}[{}]", list(shape.kind, less),
                         one_in(3) ? of(Kind::integer, less) : "0");
    case 4: return fmt::format("{}.k1", map(shape.kind, less));
    default: return fmt::format("{}.orValue({})", optional(shape.kind, less), of(shape, less));
  }
}

std::string Generator::boolean(int depth) {
  const int less = depth - 1;
  const Shape some{one_in(3) ? Kind::any : scalar(), scalar()};
  switch (below(17)) {
    case 0:
    case 1: return fmt::format("({} && {})", of(Kind::boolean, less), of(Kind::boolean, less));
    case 2:
    case 3: return fmt::format("({} || {})", of(Kind::boolean, less), of(Kind::boolean, less));
    case 4: return "(!" + of(Kind::boolean, less) + ")";
    case 5: {
      constexpr std::array<Kind, 8> kKinds{Kind::integer,  Kind::real,   Kind::natural,
                                           Kind::string,   Kind::bytes,  Kind::timestamp,
                                           Kind::duration, Kind::boolean};
      const Kind kind = kKinds[below(kKinds.size())];
      return fmt::format("({} {} {})", of(kind, less), pick({"<", "<=", ">", ">="}),
                         of(kind, less));
    }
    case 6: {
      constexpr std::array<Kind, 3> kNumbers{Kind::integer, Kind::real, Kind::natural};
      return fmt::format("({} {} {})", of(kNumbers[below(3)], less),
                         pick({"<", "<=", ">", ">=", "=="}), of(kNumbers[below(3)], less));
    }
    case 7:
    case 8: {
      const Shape same{one_in(4) ? Kind::list : one_in(4) ? Kind::map : some.kind, scalar()};
      return fmt::format("({} {} {})", of(same, less), pick({"==", "!="}), of(same, less));
    }
    case 9: {
      const Kind kind = scalar();
      return fmt::format("({} in {})", of(kind, less), list(kind, less));
    }
    case 10: return fmt::format("({} in {})", of(Kind::string, less), map(scalar(), less));
    case 11:  // of a macro's variable it would be a mistake
      return fmt::format("has({})",
                         pick({"n.a", "n.b.c", "mi.k1", "n.a.b", "{'a': 1}.a", "f", "ms.k2"}));
    case 12:
      return fmt::format("{}.{}({})", of(Kind::string, less),
                         pick({"startsWith", "endsWith", "contains"}), of(Kind::string, less));
    case 13:
      return fmt::format("{}.matches({})", of(Kind::string, less),
                         pick({"'^a'", "'b$'", "'[0-9]+'", "'(ab)+'", "'^$'"}));
    case 14: return optional(scalar(), less) + ".hasValue()";
    case 15:
      return fmt::format("(type({}) == {})", of(some, less),
                         pick({"int", "string", "double", "list", "bool", "type", "map", "uint"}));
    default: return quantifier(less);
  }
}

std::string Generator::quantifier(int depth) {
  const Kind item = scalar();
  const std::string_view name = variable_name();
  if (one_in(5)) {
    const Kind kind = scalar();
    const std::string_view how = pick({"contains", "intersects", "equivalent"});
    return fmt::format("sets.{}({}, {})", how, list(kind, depth), list(kind, depth));
  }
  if (one_in(4)) {
    const std::string range = one_in(2) ? list(item, depth) : map(item, depth);
    scope_.emplace_back("k", Shape{Kind::integer});
    const std::string body = inside(name, {item}, {Kind::boolean}, depth);
    scope_.pop_back();
    return fmt::format("{}.{}(k, {}, {})", range, pick({"all", "exists", "existsOne"}), name, body);
  }
  const bool keys = one_in(4);
  const std::string range = keys ? map(item, depth) : list(item, depth);
  return fmt::format("{}.{}({}, {})", range, pick({"all", "exists", "exists_one"}), name,
                     inside(name, {keys ? Kind::string : item}, {Kind::boolean}, depth));
}

std::string Generator::integer(int depth) {
  const int less = depth - 1;
  switch (below(12)) {
    case 0:
    case 1:
    case 2:
      return fmt::format("({} {} {})", of(Kind::integer, less), pick({"+", "-", "*", "/", "%"}),
                         of(Kind::integer, less));
    case 3: return "(-" + of(Kind::integer, less) + ")";
    case 4: return fmt::format("size({})", of(one_in(2) ? Kind::string : Kind::bytes, less));
    case 5: return (one_in(2) ? list(scalar(), less) : map(scalar(), less)) + ".size()";
    case 6: {
      constexpr std::array<Kind, 5> kFrom{Kind::real, Kind::string, Kind::natural, Kind::timestamp,
                                          Kind::integer};
      return fmt::format("int({})", of(kFrom[below(kFrom.size())], less));
    }
    case 7:
      return fmt::format("{}.{}({})", of(Kind::string, less), pick({"indexOf", "lastIndexOf"}),
                         of(Kind::string, less));
    case 8:
      return fmt::format(
          "{}.{}({})", of(Kind::timestamp, less),
          pick({"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
                "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds"}),
          pick({"", "", "'UTC'", "'+05:30'", "'-08:00'"}));
    case 9:
      return fmt::format("{}.{}()", of(Kind::duration, less),
                         pick({"getHours", "getMinutes", "getSeconds", "getMilliseconds"}));
    case 10:
      return fmt::format("math.{}({}, {})",
                         pick({"greatest", "least", "bitAnd", "bitOr", "bitXor"}),
                         of(Kind::integer, less), of(Kind::integer, less));
    default: return fmt::format("math.{}({})", pick({"abs", "sign"}), of(Kind::integer, less));
  }
}

std::string Generator::natural(int depth) {
  const int less = depth - 1;
  if (one_in(3)) {
    constexpr std::array<Kind, 3> kFrom{Kind::integer, Kind::real, Kind::string};
    return fmt::format("uint({})", of(kFrom[below(3)], less));
  }
  return fmt::format("({} {} {})", of(Kind::natural, less), pick({"+", "-", "*", "/", "%"}),
                     of(Kind::natural, less));
}

std::string Generator::real(int depth) {
  const int less = depth - 1;
  switch (below(6)) {
    case 0:
    case 1: {
      const Kind left = one_in(3) ? Kind::integer : Kind::real;
      const Kind right = one_in(3) && left == Kind::real ? Kind::integer : Kind::real;
      return fmt::format("({} {} {})", of(left, less), pick({"+", "-", "*", "/"}), of(right, less));
    }
    case 2: return "(-" + of(Kind::real, less) + ")";
    case 3: {
      constexpr std::array<Kind, 3> kFrom{Kind::integer, Kind::string, Kind::natural};
      return fmt::format("double({})", of(kFrom[below(3)], less));
    }
    case 4:
      return fmt::format("math.{}({})", pick({"ceil", "floor", "round", "trunc", "abs", "sign"}),
                         of(Kind::real, less));
    default:
      return fmt::format("math.{}({}, {})", pick({"greatest", "least"}), of(Kind::real, less),
                         of(Kind::real, less));
  }
}

std::string Generator::string(int depth) {
  const int less = depth - 1;
  const std::string text = of(Kind::string, less);
  switch (below(8)) {
    case 0:
    case 1: return fmt::format("({} + {})", text, of(Kind::string, less));
    case 2: {
      constexpr std::array<Kind, 8> kFrom{Kind::integer,  Kind::real,  Kind::natural,
                                          Kind::boolean,  Kind::bytes, Kind::timestamp,
                                          Kind::duration, Kind::string};
      return fmt::format("string({})", of(kFrom[below(kFrom.size())], less));
    }
    case 3:
      return one_in(2) ? fmt::format("{}.substring({})", text, of(Kind::integer, less))
                       : fmt::format("{}.substring({}, {})", text, pick({"0", "1"}),
                                     of(Kind::integer, less));
    case 4: return fmt::format("{}.charAt({})", text, of(Kind::integer, less));
    case 5:
      return fmt::format("{}.replace({}, {})", text, of(Kind::string, less),
                         of(Kind::string, less));
    case 6:
      return fmt::format("{}.{}()", text, pick({"lowerAscii", "upperAscii", "trim", "reverse"}));
    default:
      return one_in(2) ? fmt::format("{}.join()", list(Kind::string, less))
                       : fmt::format("{}.join({})", list(Kind::string, less), text);
  }
}

std::string Generator::bytes(int depth) {
  const int less = depth - 1;
  if (one_in(2)) return fmt::format("bytes({})", of(Kind::string, less));
  return fmt::format("({} + {})", of(Kind::bytes, less), of(Kind::bytes, less));
}

std::string Generator::timestamp(int depth) {
  const int less = depth - 1;
  if (one_in(6)) return fmt::format("timestamp({})", of(Kind::integer, less));
  if (one_in(4))
    return fmt::format("({} + {})", of(Kind::duration, less), of(Kind::timestamp, less));
  return fmt::format("({} {} {})", of(Kind::timestamp, less), pick({"+", "-"}),
                     of(Kind::duration, less));
}

std::string Generator::duration(int depth) {
  const int less = depth - 1;
  if (one_in(3))
    return fmt::format("({} - {})", of(Kind::timestamp, less), of(Kind::timestamp, less));
  if (one_in(8)) return "(-" + of(Kind::duration, less) + ")";
  return fmt::format("({} {} {})", of(Kind::duration, less), pick({"+", "-"}),
                     of(Kind::duration, less));
}

std::string Generator::list(Kind item, int depth) {
  if (depth <= 0 || one_in(4)) return leaf({Kind::list, item});
  const int less = depth - 1;
  const std::string_view name = variable_name();
  switch (below(8)) {
    case 0: {
      std::string all;
      for (std::size_t n = below(4); n > 0; --n) all += (all.empty() ? "" : ", ") + of(item, less);
      return "[" + all + "]";
    }
    case 1: return fmt::format("({} + {})", list(item, less), list(item, less));
    case 2: {
      const std::string range = list(item, less);
      return fmt::format("{}.filter({}, {})", range, name,
                         inside(name, {item}, {Kind::boolean}, less));
    }
    case 3: {
      const Kind from = scalar();
      const std::string range = list(from, less);
      return fmt::format("{}.map({}, {})", range, name, inside(name, {from}, {item}, less));
    }
    case 4: {
      const Kind from = scalar();
      const std::string range = list(from, less);
      const std::string wanted = inside(name, {from}, {Kind::boolean}, less);
      return fmt::format("{}.map({}, {}, {})", range, name, wanted,
                         inside(name, {from}, {item}, less));
    }
    case 5: {
      const std::string range = list(item, less);
      scope_.emplace_back("k", Shape{Kind::integer});
      const std::string body = inside("v", {item}, {item}, less);
      scope_.pop_back();
      return fmt::format("{}.transformList(k, v, {})", range, body);
    }
    case 6:
      if (item == Kind::string)
        return fmt::format("{}.split({})", of(Kind::string, less), of(Kind::string, less));
      return fmt::format("{}.{}()", list(item, less), pick({"distinct", "reverse"}));
    default:
      return fmt::format("{}.slice({}, {})", list(item, less), pick({"0", "1"}),
                         of(Kind::integer, less));
  }
}

std::string Generator::map(Kind item, int depth) {
  if (depth <= 0 || one_in(4)) return leaf({Kind::map, item});
  const int less = depth - 1;
  if (one_in(2)) {
    std::string all;
    for (std::size_t n = below(3); n > 0; --n)
      all += fmt::format("{}{}: {}", all.empty() ? "" : ", ",
                         one_in(3) ? of(Kind::string, less) : pick({"'k1'", "'k2'", "'a'"}),
                         of(item, less));
    return "{" + all + "}";
  }
  const std::string range = map(item, less);
  scope_.emplace_back("k", Shape{Kind::string});
  const std::string body = inside("v", {item}, {item}, less);
  const std::string wanted = one_in(2) ? inside("v", {item}, {Kind::boolean}, less) + ", " : "";
  scope_.pop_back();
  return fmt::format("{}.transformMap(k, v, {}{})", range, wanted, body);
}

std::string Generator::optional(Kind item, int depth) {
  if (depth <= 0 || one_in(4)) return literal({Kind::optional, item});
  const int less = depth - 1;
  switch (below(7)) {
    case 0: return fmt::format("optional.of({})", of(item, less));
    case 1: return fmt::format("optional.ofNonZeroValue({})", of(item, less));
    case 2: return fmt::format("{}.?k1", map(item, less));
    case 3: return fmt::format("{}[?{}]", list(item, less), of(Kind::integer, less));
    case 4: return fmt::format("{}.or({})", optional(item, less), optional(item, less));
    case 5: {
      const Kind from = scalar();
      const std::string_view name = variable_name();
      const std::string target = optional(from, less);
      return fmt::format("{}.optMap({}, {})", target, name, inside(name, {from}, {item}, less));
    }
    default: return std::string(pick({"n.?a", "n.?a.b", "n[?'b']", "mi.?k1", "n.a.?b", "li[?0]"}));
  }
}

std::string Generator::any(int depth) {
  if (depth <= 0 || one_in(2))
    return std::string(pick({"n", "n.a", "n.b", "n.a.b", "n['c']", "n.b[0]", "n.c[1].a", "null",
                             "mi.k1", "ms['k2']", "li[0]", "this.i", "this['n'].a", "n.a['b']"}));
  return one_in(2) ? fmt::format("dyn({})", of(scalar(), depth - 1))
                   : of(Shape{scalar(), scalar()}, depth - 1);
}

}  // namespace leat::reference
