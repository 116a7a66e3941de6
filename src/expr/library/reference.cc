#include "expr/library/reference.h"

#include <algorithm>
#include <vector>

#include "expr/library/time_pattern.h"
#include "json/write.h"

namespace leat::expr {
namespace {

constexpr std::string_view kPageHead =
    "# Functions of expressions\n"
    "\n"
    "Expressions are written in the Common Expression Language (CEL). These are its functions "
    "here: CEL's own, the cel-go extensions,\n"
    "and those for streams. A method is called on its first argument: `name.charAt(0)`. Types are "
    "`bool int uint double string bytes\n"
    "timestamp duration list map optional type`; `number` is `int | uint | double`, `any` is every "
    "type, `dyn` a type that is known only for\n"
    "each row. A call with another type fails the row (`NO_SUCH_OVERLOAD`), and is refused when "
    "the definition is posted where that can be\n"
    "seen. Aggregates stand in `compute` of an `aggregate` step only; all but `count()` skip null "
    "and absent, and give null where\n"
    "nothing is left (counts 0, collections an empty list). `leat functions` prints this list, "
    "`GET /v1/functions` gives it as JSON.\n"
    "\n"
    "## What differs from CEL\n"
    "\n"
    "* `a ?? b` is `b` where `a` is absent, null, an error, or an optional without a value; an "
    "optional on its left is unwrapped: `a.?b ?? 1`.\n"
    "  It binds tighter than comparisons and looser than `+`.\n"
    "* `int` and `double` mix in `+ - * /` and comparisons; `7 / 2` is 3.\n"
    "* `type(x)` gives a type, which is compared: `type(x) == int`, `type(x) in [int, double]`. It "
    "is "
    "no text and cannot be written to a field.\n"
    "  Types are `bool int uint double string bytes list map null_type optional_type type "
    "google.protobuf.Timestamp google.protobuf.Duration`.\n"
    "* `size()`, iteration and `in` see each name of an object once: of equal names the first "
    "counts.\n"
    "* `has(a.b)` and `a.?b` need `a`: where it may be absent write `has(a) && has(a.b)`, "
    "`this.?a.?b`.\n"
    "* A piece that fails whenever it is evaluated (`1 / 0`, `timestamp('x')`, a time zone that "
    "does "
    "not exist) is refused as `ALWAYS_FAILS`\n"
    "  where every row would fail, and is a warning where only some rows get to it.\n"
    "* A number that `set` and `select` only pass on is copied as it was written (`1.50`, 30 "
    "digits): by a path (`a.b`, `x.y[0]`, `a.?b`),\n"
    "  and through `c ? a : b`, `a ?? b`, `orValue()`, `try()` and names of `cel.bind` that "
    "nothing computes with. Numbers in a new list or map and\n"
    "  in macros over elements are written anew (`1.5`), as are those that a `schema` types, but "
    "for plain paths of names. Lists and objects that\n"
    "  are only passed on keep their text.\n";

std::string_view style_name(CallStyle style) {
  switch (style) {
    case CallStyle::global: return "function";
    case CallStyle::method: return "method";
    case CallStyle::either: break;
  }
  return "either";
}

// The categories, in the order in which they come first.
std::vector<std::string_view> categories(std::span<const ListedFunction> listed) {
  std::vector<std::string_view> all;
  for (const ListedFunction& function : listed)
    if (std::find(all.begin(), all.end(), function.category) == all.end())
      all.push_back(function.category);
  return all;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// For one cell of a table.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

// What stands in the patterns of time.parse() and time.format().
std::string directives() {
  std::string text =
      "\nA pattern is text with directives. Names are English, whatever the locale. When read: "
      "white "
      "space matches any or none, numbers may lack\n"
      "leading zeros where no digit follows, all of the text must be used, and what the pattern "
      "does "
      "not name is that of 1970-01-01T00:00:00.\n"
      "A pattern with another directive is refused when the definition is posted, or fails the row "
      "(`INVALID_FORMAT`) when it comes from the row.\n"
      "\n| directive | |\n|---|---|\n";
  for (const TimeDirective& one : time_directives()) {
    text += "|";
    for (std::string_view rest = one.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      text += " `" + std::string(rest.substr(0, end)) + "`";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    text += " | " + std::string(one.meaning) + (one.written_only ? " (written only)" : "") + " |\n";
  }
  return text;
}

}  // namespace

std::string call_form(const Function& function) {
  const std::string_view text = function.text.signature;
  const std::size_t open = text.find('(');
  if (function.style != CallStyle::method || open == std::string_view::npos)
    return std::string(text);
  const std::string_view name = text.substr(0, open);
  std::string_view rest = text.substr(open + 1);
  const std::size_t end = std::min(rest.find_first_of(",)"), rest.size());
  const std::string target(rest.substr(0, end));
  rest = rest.substr(end);
  if (rest.starts_with(',')) rest = rest.substr(std::min<std::size_t>(2, rest.size()));
  const bool several = target.find('|') != std::string::npos;
  return (several ? "(" + target + ")" : target) + "." + std::string(name) + "(" +
         std::string(rest);
}

std::vector<ListedFunction> listed_functions() {
  std::vector<ListedFunction> all;
  for (const Function& function : functions())
    all.push_back({function.name, function.kernel == nullptr ? "macro" : "scalar",
                   function.text.category, style_name(function.style), call_form(function),
                   function.text.summary, function.pure, function.text.since});
  return all;
}

bool mentions(const ListedFunction& function, std::string_view text) {
  const auto same_letter = [](char a, char b) { return lower(a) == lower(b); };
  const auto within = [&](std::string_view where) {
    return std::search(where.begin(), where.end(), text.begin(), text.end(), same_letter) !=
               where.end() ||
           text.empty();
  };
  return within(function.name) || within(function.category) || within(function.doc);
}

std::string functions_json(std::span<const ListedFunction> listed, std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  for (const ListedFunction& function : listed) {
    if (!mentions(function, text)) continue;
    writer.begin_object()
        .member("name", function.name)
        .member("kind", function.kind)
        .member("category", function.category)
        .member("style", function.style)
        .member("signature", function.call)
        .member("doc", function.doc);
    writer.key("flags").begin_array();
    if (function.pure) writer.value("pure");
    writer.end_array().member("since", function.since).end_object();
  }
  return writer.end_array().member_null("next_page_token").end_object().take();
}

std::string functions_page(std::span<const ListedFunction> listed) {
  std::string page(kPageHead);
  for (const std::string_view category : categories(listed)) {
    page += "\n## " + std::string(category) + "\n\n| call | |\n|---|---|\n";
    for (const ListedFunction& function : listed)
      if (function.category == category)
        page += "| `" + escaped(function.call) + "` | " + escaped(function.doc) + " |\n";
    if (category == "time") page += directives();
  }
  return page;
}

}  // namespace leat::expr
