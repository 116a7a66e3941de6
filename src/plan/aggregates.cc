#include "plan/aggregates.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "expr/functions.h"
#include "expr/macros.h"
#include "expr/parser.h"
#include "json/write.h"
#include "spec/field_path.h"

namespace leat::plan {
namespace {

using expr::Ast;
using expr::Node;
using expr::NodeId;
using expr::NodeKind;

// No name that people write begins with it.
constexpr char kResultMark = '\x01';

// A called name that aggregate functions have and the library has not.
bool is_aggregate_name(std::string_view name) {
  const auto all = operators::aggregate_descriptions();
  const auto known = expr::functions_named(name);
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; }) &&
         std::all_of(known.begin(), known.end(), [](const expr::Function& one) {
           return one.style == expr::CallStyle::method;
         });
}

bool is_aggregate(const Node& node) {
  return node.kind == NodeKind::call && !node.method &&
         (operators::find_aggregate(node.text, node.children.size()) != nullptr ||
          is_aggregate_name(node.text));
}

std::string signatures_of(std::string_view name) {
  std::string all;
  for (const operators::AggregateDescription& one : operators::aggregate_descriptions())
    if (one.name == name) {
      all += (all.empty() ? "`" : " or `") + std::string(one.signature) + "`";
      if (one.signature.find(": int)") != std::string_view::npos)
        all += ", which is at most `limits.collect`";
    }
  return all;
}

// The subtree of a node as an expression of its own.
Ast piece(const Ast& ast, NodeId root) {
  const NodeId first = ast[root].first;
  Ast made;
  made.nodes.assign(ast.nodes.begin() + first, ast.nodes.begin() + root + 1);
  for (Node& node : made.nodes) {
    node.first -= first;
    for (NodeId& child : node.children) child -= first;
  }
  return made;
}

// How many of the arguments of a call are names that it makes: those of a macro.
std::size_t names_made(const Ast& ast, const Node& node) {
  if (node.kind != NodeKind::call || !node.method) return 0;
  const Node& target = ast[node.children[0]];
  const bool bind = node.text == "bind" && target.text == "cel";
  std::size_t most = 0;
  for (const expr::Macro& known : expr::macros()) {
    const std::size_t parts = 2u + known.variables + (known.conditional ? 1 : 0) + (bind ? 1 : 0);
    if (known.name != (bind ? "cel.bind" : std::string_view(node.text)) ||
        node.children.size() != parts)
      continue;
    bool named = true;
    for (std::size_t i = 1; i <= known.variables; ++i)
      named = named && ast[node.children[i]].kind == NodeKind::identifier;
    if (named) most = std::max<std::size_t>(most, known.variables);
  }
  return most;
}

class Splitter {
 public:
  explicit Splitter(const Ast& ast) : ast_(ast), call_of_(ast.nodes.size(), kNone) {}

  AggregateExpression run() {
    for (NodeId id = ast_.root() + 1; id-- > 0;)
      if (is_aggregate(ast_[id])) found(id);
    std::reverse(calls_.begin(), calls_.end());
    check_names();
    if (!out_.ok()) return std::move(out_);
    for (const NodeId id : calls_) add_call(id);
    replace();
    out_.text = canonical_text(ast_);
    return std::move(out_);
  }

 private:
  static constexpr NodeId kNone = ~NodeId{0};

  void report(std::string code, std::string message, expr::Span span) {
    spec::Diagnostic& made = out_.diagnostics.emplace_back();
    made.code = std::move(code);
    made.message = std::move(message);
    made.span = {span.begin, span.end};
  }

  // Parents come before children here.
  void found(NodeId id) {
    const Node& node = ast_[id];
    if (call_of_[id] != kNone)
      return report("NESTED_AGGREGATE",
                    "`" + node.text + "` stands inside another aggregate: write a second step",
                    node.span);
    std::fill(call_of_.begin() + node.first, call_of_.begin() + id + 1, id);
    calls_.push_back(id);
    if (operators::find_aggregate(node.text, node.children.size()) == nullptr)
      report("WRONG_ARGUMENTS", "it is written " + signatures_of(node.text), node.span);
  }

  // What a macro names has a value only inside it, and rows are aggregated outside.
  void check_names() {
    for (NodeId macro = 0; macro < ast_.nodes.size(); ++macro) {
      if (call_of_[macro] != kNone) continue;
      const std::size_t made = names_made(ast_, ast_[macro]);
      if (made == 0) continue;
      std::vector<std::string_view> names;
      for (std::size_t i = 1; i <= made; ++i) names.push_back(ast_[ast_[macro].children[i]].text);
      for (NodeId id = ast_[macro].first; id < macro; ++id) {
        const Node& node = ast_[id];
        if (call_of_[id] == kNone || node.kind != NodeKind::identifier || node.quoted ||
            node.rooted || std::find(names.begin(), names.end(), node.text) == names.end())
          continue;
        report("WRONG_ARGUMENTS",
               "`" + node.text + "` is no field here: a macro around the aggregate names it",
               node.span);
      }
    }
  }

  void add_call(NodeId id) {
    const Node& node = ast_[id];
    AggregateCall call;
    call.description = operators::find_aggregate(node.text, node.children.size());
    for (const NodeId child : node.children) call.arguments.push_back(piece(ast_, child));
    call.text = canonical_text(piece(ast_, id));
    call.span = node.span;
    out_.calls.push_back(std::move(call));
  }

  // Calls become names; the nodes inside them go.
  void replace() {
    std::vector<Node>& nodes = out_.rest.nodes;
    std::vector<NodeId> moved(ast_.nodes.size(), 0);
    std::size_t call = 0;
    for (NodeId id = 0; id < ast_.nodes.size(); ++id) {
      moved[id] = static_cast<NodeId>(nodes.size());
      if (call_of_[id] != kNone && call_of_[id] != id) continue;
      Node node = ast_[id];
      node.first = moved[node.first];
      if (call_of_[id] == id) {
        Node name;
        name.kind = NodeKind::identifier;
        name.quoted = true;
        name.text = result_name(call++);
        name.first = moved[id];
        name.span = node.span;
        name.name = node.name;
        nodes.push_back(std::move(name));
        if (!has_members_read(id)) continue;
        // Behind a name a member would be part of its path.
        node.text = "dyn";
        node.first = moved[id];
        node.children = {moved[id]};
        moved[id] = static_cast<NodeId>(nodes.size());
      } else {
        for (NodeId& child : node.children) child = moved[child];
      }
      nodes.push_back(std::move(node));
    }
  }

  bool has_members_read(NodeId id) const {
    return std::any_of(ast_.nodes.begin(), ast_.nodes.end(), [id](const Node& node) {
      return (node.kind == NodeKind::select || node.kind == NodeKind::index) &&
             node.children[0] == id;
    });
  }

  const Ast& ast_;
  std::vector<NodeId> call_of_;  // the aggregate call around a node, or itself
  std::vector<NodeId> calls_;
  AggregateExpression out_;
};

class TextWriter {
 public:
  explicit TextWriter(const Ast& ast) : ast_(ast) {}

  void write(std::string& out, NodeId id) const {
    const Node& node = ast_[id];
    switch (node.kind) {
      case NodeKind::literal: return write_literal(out, node);
      case NodeKind::identifier:
        if (node.rooted) out += '.';
        out += node.quoted ? "`" + node.text + "`" : node.text;
        return;
      case NodeKind::select:
        write(out, node.children[0]);
        out += node.optional ? ".?" : ".";
        out += node.quoted ? "`" + node.text + "`" : node.text;
        return;
      case NodeKind::index:
        write(out, node.children[0]);
        return write_list(out, node, 1, node.optional ? "[?" : "[", "]");
      case NodeKind::call: return write_call(out, node);
      case NodeKind::unary: out += to_string(node.op); return write_list(out, node, 0, "(", ")");
      case NodeKind::binary:
        out += '(';
        write(out, node.children[0]);
        out += ' ' + std::string(to_string(node.op)) + ' ';
        write(out, node.children[1]);
        out += ')';
        return;
      case NodeKind::conditional: return write_list(out, node, 0, "if(", ")");
      case NodeKind::list: return write_list(out, node, 0, "[", "]");
      case NodeKind::map: return write_list(out, node, 0, "{", "}");
      case NodeKind::message: return write_list(out, node, 0, node.text + "{", "}");
    }
  }

 private:
  void write_list(std::string& out, const Node& node, std::size_t from, const std::string& open,
                  std::string_view close) const {
    out += open;
    for (std::size_t i = from; i < node.children.size(); ++i) {
      if (i > from) out += ", ";
      if (i < node.marks.size() && node.marks[i] != 0) out += '?';
      write(out, node.children[i]);
    }
    out += close;
  }

  void write_call(std::string& out, const Node& node) const {
    if (!node.method) return write_list(out, node, 0, node.text + "(", ")");
    write(out, node.children[0]);
    write_list(out, node, 1, "." + node.text + "(", ")");
  }

  static void write_literal(std::string& out, const Node& node) {
    switch (node.literal) {
      case expr::LiteralKind::null: out += "null"; break;
      case expr::LiteralKind::boolean: out += node.integer != 0 ? "true" : "false"; break;
      case expr::LiteralKind::integer: out += std::to_string(node.integer); break;
      case expr::LiteralKind::unsigned_integer:
        out += std::to_string(static_cast<std::uint64_t>(node.integer)) + "u";
        break;
      case expr::LiteralKind::real: json::append_double(out, node.real); break;
      case expr::LiteralKind::bytes: out += 'b'; [[fallthrough]];
      case expr::LiteralKind::string: append_text(out, node.text); break;
    }
  }

  static void append_text(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '\'';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7F && c != '\'' && c != '\\') {
        out += c;
      } else {
        out += "\\x";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    }
    out += '\'';
  }

  const Ast& ast_;
};

TypePtr simple_type(spec::SchemaType::Kind kind) {
  auto type = std::make_shared<spec::SchemaType>();
  type->kind = kind;
  return type;
}

class Divisions {
 public:
  Divisions(const Ast& rest, const std::vector<TypePtr>& types) : rest_(rest), types_(types) {}

  std::vector<expr::Span> find() const {
    std::vector<expr::Span> found;
    for (const Node& node : rest_.nodes)
      if (node.kind == NodeKind::binary && node.op == expr::Operator::divide &&
          has_result(node.children[0], node.children[1]) && !other(node.children[0]) &&
          !other(node.children[1]))
        found.push_back(node.span);
    return found;
  }

 private:
  bool has_result(NodeId left, NodeId right) const {
    const auto inside = [&](NodeId id) {
      for (NodeId at = rest_[id].first; at <= id; ++at)
        if (rest_[at].kind == NodeKind::identifier && result_of(rest_[at].text)) return true;
      return false;
    };
    return inside(left) || inside(right);
  }

  // Surely no whole number.
  bool other(NodeId id) const {
    const Node& node = rest_[id];
    const auto child = [&](std::size_t index) { return other(node.children[index]); };
    switch (node.kind) {
      case NodeKind::literal: return node.literal != expr::LiteralKind::integer;
      case NodeKind::identifier: {
        const auto call = result_of(node.text);
        const TypePtr type = call ? types_[*call] : nullptr;
        return type != nullptr && type->kind != spec::SchemaType::Kind::integer;
      }
      case NodeKind::call: return !node.method && node.text != "int" && node.text != "uint";
      case NodeKind::unary: return child(0);
      case NodeKind::binary: return child(0) || child(1);
      case NodeKind::conditional: return child(1) && child(2);
      default: return true;
    }
  }

  const Ast& rest_;
  const std::vector<TypePtr>& types_;
};

}  // namespace

AggregateExpression split_aggregates(std::string_view text, const expr::Limits& limits) {
  expr::ParseResult parsed = expr::parse(text, limits);
  if (parsed.ok()) return Splitter(parsed.ast).run();
  AggregateExpression broken;
  broken.diagnostics = std::move(parsed.diagnostics);
  return broken;
}

std::string result_name(std::size_t call) { return kResultMark + std::to_string(call); }

std::optional<std::size_t> result_of(std::string_view name) {
  if (name.empty() || name[0] != kResultMark) return std::nullopt;
  std::size_t call = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), call);
  return call;
}

std::string canonical_text(const expr::Ast& ast) {
  std::string text;
  TextWriter(ast).write(text, ast.root());
  return text;
}

std::vector<expr::Span> whole_divisions(const expr::Ast& rest, const std::vector<TypePtr>& types) {
  return Divisions(rest, types).find();
}

bool takes(const operators::AggregateDescription& function, const TypePtr& argument) {
  using Kind = spec::SchemaType::Kind;
  if (argument == nullptr || argument->kind == Kind::json) return true;
  const auto begins = [&](std::string_view text) {
    return function.signature.substr(function.name.size()).starts_with(text);
  };
  if (begins("(number)")) return argument->kind == Kind::integer || argument->kind == Kind::real;
  return !begins("(bool)") || argument->kind == Kind::boolean;
}

TypePtr result_type(std::string_view function, const TypePtr& argument) {
  using Kind = spec::SchemaType::Kind;
  const auto one_of = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), function) != names.end();
  };
  if (one_of({"count", "count_if", "count_distinct", "approx_count_distinct"}))
    return simple_type(Kind::integer);
  if (one_of({"avg", "stddev", "variance", "stddev_pop", "variance_pop"}))
    return simple_type(Kind::real);
  if (argument == nullptr) return nullptr;
  const bool number = argument->kind == Kind::integer || argument->kind == Kind::real;
  if (function == "sum") return number ? simple_type(argument->kind) : nullptr;
  if (one_of({"first", "last", "min", "max", "min_by", "max_by", "approx_percentile"})) {
    auto type = std::make_shared<spec::SchemaType>(*argument);
    type->required = false;
    return type;
  }
  return nullptr;
}

}  // namespace leat::plan
