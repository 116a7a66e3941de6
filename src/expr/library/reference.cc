#include "expr/library/reference.h"

#include <algorithm>
#include <vector>

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
    "seen. `leat functions` prints this list, `GET /v1/functions` gives it as JSON.\n";

std::string_view style_name(CallStyle style) {
  switch (style) {
    case CallStyle::global: return "function";
    case CallStyle::method: return "method";
    case CallStyle::either: break;
  }
  return "either";
}

// The categories, in the order in which they come first.
std::vector<std::string_view> categories() {
  std::vector<std::string_view> all;
  for (const Function& function : functions())
    if (std::find(all.begin(), all.end(), function.text.category) == all.end())
      all.push_back(function.text.category);
  return all;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// For one cell of a table.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
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

bool mentions(const Function& function, std::string_view text) {
  const auto same_letter = [](char a, char b) { return lower(a) == lower(b); };
  const auto within = [&](std::string_view where) {
    return std::search(where.begin(), where.end(), text.begin(), text.end(), same_letter) !=
               where.end() ||
           text.empty();
  };
  return within(function.name) || within(function.text.category) || within(function.text.summary);
}

std::string functions_json(std::string_view text) {
  json::Writer writer;
  writer.begin_object().key("items").begin_array();
  for (const Function& function : functions()) {
    if (!mentions(function, text)) continue;
    writer.begin_object()
        .member("name", function.name)
        .member("kind", function.kernel == nullptr ? "macro" : "scalar")
        .member("category", function.text.category)
        .member("style", style_name(function.style))
        .member("signature", call_form(function))
        .member("doc", function.text.summary);
    writer.key("flags").begin_array();
    if (function.pure) writer.value("pure");
    writer.end_array().member("since", function.text.since).end_object();
  }
  return writer.end_array().member_null("next_page_token").end_object().take();
}

std::string functions_page() {
  std::string page(kPageHead);
  for (const std::string_view category : categories()) {
    page += "\n## " + std::string(category) + "\n\n| call | |\n|---|---|\n";
    for (const Function& function : functions())
      if (function.text.category == category)
        page +=
            "| `" + escaped(call_form(function)) + "` | " + escaped(function.text.summary) + " |\n";
  }
  return page;
}

}  // namespace leat::expr
