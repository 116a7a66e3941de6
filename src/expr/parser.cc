#include "expr/parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/text.h"
#include "expr/compiler/lexer.h"
#include "expr/compiler/other_names.h"

namespace leat::expr {
namespace {

struct BinaryOperator {
  std::string_view text;
  Operator op;
  int level;  // binds tighter with a higher one
};
constexpr int kRelation = 3;
constexpr int kCoalesce = 4;
constexpr std::array<BinaryOperator, 15> kBinary{{
    {"||", Operator::logical_or, 1},
    {"&&", Operator::logical_and, 2},
    {"==", Operator::equal, kRelation},
    {"!=", Operator::not_equal, kRelation},
    {"<", Operator::less, kRelation},
    {"<=", Operator::less_equal, kRelation},
    {">", Operator::greater, kRelation},
    {">=", Operator::greater_equal, kRelation},
    {"in", Operator::in, kRelation},
    {"??", Operator::coalesce, kCoalesce},
    {"+", Operator::add, 5},
    {"-", Operator::subtract, 5},
    {"*", Operator::multiply, 6},
    {"/", Operator::divide, 6},
    {"%", Operator::modulo, 6},
}};

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::end: return "the end";
    case TokenKind::identifier:
    case TokenKind::punctuation: return "`" + token.text + "`";
    case TokenKind::quoted_identifier: return "`" + token.text + "` in backticks";
    case TokenKind::string: return "a string";
    case TokenKind::bytes: return "a bytes literal";
    default: return "a number";
  }
}

// Recursive descent. After the first break of the grammar failed_ is set and every rule returns at
// once.
class Parser {
 public:
  Parser(Tokens tokens, const Limits& limits) : tokens_(std::move(tokens)), limits_(limits) {}

  ParseResult run() {
    expression();
    if (!failed_ && peek().kind != TokenKind::end) fail_here(unexpected());
    ParseResult result;
    result.diagnostics = std::move(tokens_.diagnostics);
    result.diagnostics.insert(result.diagnostics.end(), found_.begin(), found_.end());
    if (result.ok()) result.ast = std::move(ast_);
    return result;
  }

 private:
  // ---- tokens
  const Token& peek() const { return tokens_.tokens[at_]; }
  bool at(std::string_view mark) const {
    return peek().kind == TokenKind::punctuation && peek().text == mark;
  }
  bool at_word(std::string_view word) const {
    return peek().kind == TokenKind::identifier && peek().text == word;
  }
  const Token& take() {
    const Token& token = tokens_.tokens[at_];
    end_ = token.span.end;
    if (token.kind != TokenKind::end) ++at_;
    return token;
  }
  bool accept(std::string_view mark) {
    if (!at(mark)) return false;
    take();
    return true;
  }
  bool expect(std::string_view mark, std::string_view what) {
    if (failed_) return false;
    if (accept(mark)) return true;
    const bool closes = here() == ")" || here() == "]" || here() == "}";
    const std::string instead = closes ? "" : instead_of_operator(here(), before());
    fail_here("expected `" + std::string(mark) + "` " + std::string(what) + ", found " +
              describe(peek()) + (instead.empty() ? "" : ": " + instead));
    return false;
  }

  // ---- errors
  NodeId fail(std::string code, std::string message, Span span) {
    if (!failed_ && !tokens_.dropped)
      found_.push_back(diagnose(std::move(code), std::move(message), span));
    failed_ = true;
    return 0;
  }
  NodeId fail_here(std::string message) {
    return fail("EXPRESSION_SYNTAX", std::move(message), peek().span);
  }
  // The text of the token taken last, when it is a name or a sign.
  std::string_view before() const {
    if (at_ == 0) return {};
    const Token& token = tokens_.tokens[at_ - 1];
    const bool text = token.kind == TokenKind::identifier || token.kind == TokenKind::punctuation;
    return text ? std::string_view(token.text) : std::string_view();
  }
  // The text of the token at hand, likewise.
  std::string_view here() const {
    const bool text = peek().kind == TokenKind::identifier || peek().kind == TokenKind::punctuation;
    return text ? std::string_view(peek().text) : std::string_view();
  }
  std::string unexpected() const {
    const std::string instead = instead_of_operator(here(), before());
    if (!instead.empty()) return "unexpected " + describe(peek()) + ": " + instead;
    const bool behind_text = at_ > 0 && tokens_.tokens[at_ - 1].kind == TokenKind::string &&
                             tokens_.tokens[at_ - 1].span.end == peek().span.begin &&
                             peek().kind != TokenKind::end;
    if (behind_text) return "a string ends before " + describe(peek()) + std::string(kQuoteInside);
    return "expected an operator or the end, found " + describe(peek());
  }
  std::string no_value() const {
    if (peek().kind != TokenKind::end) {
      const std::string instead = instead_of_value(here(), before());
      return "expected a value, found " + describe(peek()) +
             (instead.empty() ? "" : ": " + instead);
    }
    if (at_ == 0) return "the expression is empty: write a value, as `true` or `amount`";
    return "the expression ends where a value is expected: write one behind " +
           describe(tokens_.tokens[at_ - 1]) + ", or take that away";
  }

  // ---- nodes
  NodeId add(Node node) {
    if (failed_) return 0;
    if (ast_.nodes.size() >= limits_.nodes_max)
      return fail("EXPRESSION_TOO_LARGE",
                  "the expression has more than " + std::to_string(limits_.nodes_max) +
                      " parts (limits.expression_nodes)",
                  node.span);
    const NodeId id = static_cast<NodeId>(ast_.nodes.size());
    node.first = node.children.empty() ? id : ast_[node.children.front()].first;
    ast_.nodes.push_back(std::move(node));
    return id;
  }
  Node make(NodeKind kind, std::size_t begin, Span name) const {
    Node node;
    node.kind = kind;
    node.span = {begin, end_};
    node.name = name;
    return node;
  }
  NodeId add_binary(Operator op, Span name, NodeId left, NodeId right) {
    if (failed_) return 0;
    Node node = make(NodeKind::binary, ast_[left].span.begin, name);
    node.op = op;
    node.children = {left, right};
    return add(std::move(node));
  }

  // ---- rules
  struct Deeper {
    explicit Deeper(Parser& owner) : parser(owner) {
      if (++parser.depth_ > parser.limits_.depth_max)
        parser.fail("EXPRESSION_TOO_DEEP",
                    "the expression is nested deeper than " +
                        std::to_string(parser.limits_.depth_max) +
                        ": brackets, calls, conditionals and `??` inside each other "
                        "(limits.expression_depth)",
                    parser.peek().span);
    }
    ~Deeper() { --parser.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser;
  };

  NodeId expression() {
    const Deeper deeper(*this);
    if (failed_) return 0;
    const NodeId condition = binary(1);
    if (failed_ || !at("?")) return condition;
    const Span name = take().span;
    const bool member_behind = at(".");
    const NodeId then = binary(1);
    if (member_behind && !failed_ && !at(":"))
      return fail("EXPRESSION_SYNTAX",
                  "an optional member is written `.?`: a.?b, not a?.b (and `a.?b ?? x` is x where "
                  "there is none)",
                  {name.begin, name.end + 1});
    if (!expect(":", "of a conditional")) return 0;
    const NodeId otherwise = expression();
    if (failed_) return 0;
    Node node = make(NodeKind::conditional, ast_[condition].span.begin, name);
    node.children = {condition, then, otherwise};
    return add(std::move(node));
  }

  const BinaryOperator* binary_operator() const {
    const Token& token = peek();
    if (token.kind != TokenKind::punctuation && token.kind != TokenKind::identifier) return nullptr;
    for (const BinaryOperator& known : kBinary)
      if (token.text == known.text) return &known;
    return nullptr;
  }

  NodeId binary(int level) {
    NodeId left = unary();
    while (!failed_) {
      const BinaryOperator* found = binary_operator();
      if (found == nullptr || found->level < level) break;
      const Span name = take().span;
      left = add_binary(found->op, name, left, right_side(*found));
    }
    return left;
  }

  NodeId right_side(const BinaryOperator& found) {
    if (found.level != kCoalesce) return binary(found.level + 1);
    const Deeper deeper(*this);  // right-associative: a ?? (b ?? c)
    return failed_ ? 0 : binary(kCoalesce);
  }

  NodeId unary() {
    std::vector<std::pair<Operator, Span>> operators;
    while (at("!") || at("-")) {
      const Operator op = at("!") ? Operator::logical_not : Operator::negate;
      operators.emplace_back(op, take().span);
    }
    const bool negative = !operators.empty() && operators.back().first == Operator::negate &&
                          (peek().kind == TokenKind::integer || peek().kind == TokenKind::real);
    NodeId operand = 0;
    if (negative) {
      operand = member(number(operators.back().second.begin, true));
      operators.pop_back();
    } else {
      operand = member(primary());
    }
    for (; !failed_ && !operators.empty(); operators.pop_back()) {
      Node node = make(NodeKind::unary, operators.back().second.begin, operators.back().second);
      node.op = operators.back().first;
      node.children = {operand};
      operand = add(std::move(node));
    }
    return operand;
  }

  NodeId member(NodeId operand) {
    while (!failed_) {
      if (accept(".")) {
        operand = select(operand);
      } else if (at("[")) {
        operand = index(operand);
      } else if (at("{") && is_type_name(operand)) {
        operand = message(operand);
      } else {
        break;
      }
    }
    return operand;
  }

  NodeId select(NodeId operand) {
    const bool optional = accept("?");
    const Token& name = peek();
    const bool quoted = name.kind == TokenKind::quoted_identifier;
    if (!quoted && name.kind != TokenKind::identifier)
      return fail_here("expected a name behind `.`, found " + describe(name));
    if (!quoted && is_keyword(name.text))
      return fail_here("`" + name.text + "` is a word of the language; write ['" + name.text +
                       "']");
    Node node = make(NodeKind::select, ast_[operand].span.begin, name.span);
    node.text = take().text;
    node.quoted = quoted;
    node.optional = optional;
    node.children = {operand};
    if (!quoted && !optional && at("(")) {
      node.kind = NodeKind::call;
      node.method = true;
      arguments(node);
    }
    node.span.end = end_;
    return add(std::move(node));
  }

  NodeId index(NodeId operand) {
    const Span name = take().span;
    const bool optional = accept("?");
    const NodeId key = expression();
    if (!expect("]", "behind the index")) return 0;
    Node node = make(NodeKind::index, ast_[operand].span.begin, name);
    node.optional = optional;
    node.children = {operand, key};
    return add(std::move(node));
  }

  bool is_type_name(NodeId id) const {
    const Node* node = &ast_[id];
    while (node->kind == NodeKind::select && !node->quoted && !node->optional)
      node = &ast_[node->children[0]];
    return node->kind == NodeKind::identifier && !node->quoted;
  }

  NodeId message(NodeId type) {
    Node node = make(NodeKind::message, ast_[type].span.begin, ast_[type].span);
    node.children = {type};
    take();
    while (!failed_ && !at("}")) {
      node.optional |= accept("?");
      if (peek().kind != TokenKind::identifier && peek().kind != TokenKind::quoted_identifier)
        return fail_here("expected a field name, found " + describe(peek()));
      take();
      if (!expect(":", "behind the field name")) return 0;
      node.children.push_back(expression());
      if (!accept(",")) break;
    }
    if (!expect("}", "at the end of the fields")) return 0;
    node.span.end = end_;
    return add(std::move(node));
  }

  // `(` … `)` into the children of a call.
  void arguments(Node& call) {
    take();
    while (!failed_ && !at(")")) {
      call.children.push_back(expression());
      if (!accept(",")) break;
      if (at(")")) fail_here("expected an argument behind `,`");
    }
    expect(")", "at the end of the arguments");
  }

  NodeId primary() {
    const Token& token = peek();
    switch (token.kind) {
      case TokenKind::integer:
      case TokenKind::unsigned_integer:
      case TokenKind::real: return number(token.span.begin, false);
      case TokenKind::string: return text_literal(LiteralKind::string);
      case TokenKind::bytes: return text_literal(LiteralKind::bytes);
      case TokenKind::identifier:
      case TokenKind::quoted_identifier: return identifier(token.span.begin);
      case TokenKind::end: return fail_here(no_value());
      case TokenKind::punctuation: break;
    }
    if (at("(")) return parentheses();
    if (at("[")) return list();
    if (at("{")) return map();
    if (at(".")) {
      const std::size_t begin = take().span.begin;
      if (peek().kind == TokenKind::identifier || peek().kind == TokenKind::quoted_identifier)
        return identifier(begin);
    }
    return fail_here(no_value());
  }

  NodeId parentheses() {
    const std::size_t begin = take().span.begin;
    const NodeId inside = expression();
    if (!expect(")", "to close the parenthesis")) return 0;
    ast_.nodes[inside].span = {begin, end_};
    return inside;
  }

  NodeId number(std::size_t begin, bool negative) {
    const Token& token = take();
    Node node = make(NodeKind::literal, begin, {begin, end_});
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (token.kind == TokenKind::real) {
      node.literal = LiteralKind::real;
      node.real = negative ? -token.real : token.real;
    } else if (token.kind == TokenKind::unsigned_integer) {
      node.literal = LiteralKind::unsigned_integer;
      node.integer = static_cast<std::int64_t>(token.magnitude);
    } else {
      node.literal = LiteralKind::integer;
      if (token.magnitude > kMost + (negative ? 1u : 0u))
        return fail("EXPRESSION_SYNTAX",
                    "an int lies between -9223372036854775808 and 9223372036854775807: write it as "
                    "a uint (…u) or as a double (….0)",
                    node.span);
      node.integer = static_cast<std::int64_t>(negative ? 0 - token.magnitude : token.magnitude);
    }
    return add(std::move(node));
  }

  NodeId text_literal(LiteralKind kind) {
    const Token& token = take();
    Node node = make(NodeKind::literal, token.span.begin, token.span);
    node.literal = kind;
    node.text = token.text;
    return add(std::move(node));
  }

  NodeId identifier(std::size_t begin) {
    const Token& token = peek();
    const bool quoted = token.kind == TokenKind::quoted_identifier;
    if (!quoted && is_keyword(token.text)) return keyword(begin);
    if (!quoted && is_reserved(token.text)) {
      const std::string instead = instead_of_reserved(token.text);
      return fail_here("`" + token.text + "` is a reserved word; " +
                       (instead.empty() ? "" : instead + "; ") + "a field of that name is this." +
                       token.text);
    }
    take();
    Node node = make(NodeKind::identifier, begin, token.span);
    node.text = token.text;
    node.quoted = quoted;
    node.rooted = begin != token.span.begin;
    if (!quoted && at("(")) {
      node.kind = NodeKind::call;
      arguments(node);
      node.span.end = end_;
    }
    return add(std::move(node));
  }

  NodeId keyword(std::size_t begin) {
    if (at_word("in"))
      return fail_here("`in` needs a value before it; a field of that name is this['in']");
    const Token& token = take();
    Node node = make(NodeKind::literal, begin, token.span);
    node.literal = token.text == "null" ? LiteralKind::null : LiteralKind::boolean;
    node.integer = token.text == "true" ? 1 : 0;
    return add(std::move(node));
  }

  NodeId list() {
    Node node = make(NodeKind::list, peek().span.begin, peek().span);
    take();
    while (!failed_ && !at("]")) {
      node.marks.push_back(accept("?") ? 1 : 0);
      node.children.push_back(expression());
      if (!accept(",")) break;
    }
    if (!expect("]", "at the end of the list")) return 0;
    node.span.end = end_;
    return add(std::move(node));
  }

  NodeId map() {
    Node node = make(NodeKind::map, peek().span.begin, peek().span);
    take();
    while (!failed_ && !at("}")) {
      node.marks.push_back(accept("?") ? 1 : 0);
      node.children.push_back(expression());
      if (!expect(":", "behind the key")) return 0;
      node.children.push_back(expression());
      if (!accept(",")) break;
    }
    if (!expect("}", "at the end of the map")) return 0;
    node.span.end = end_;
    return add(std::move(node));
  }

  Tokens tokens_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;  // of the token taken last
  std::size_t depth_ = 0;
  bool failed_ = false;
  Ast ast_;
  std::vector<spec::Diagnostic> found_;
};

bool is_identifier(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::string_view to_string(Operator op) noexcept {
  if (op == Operator::logical_not) return "!";
  if (op == Operator::negate) return "-";
  for (const BinaryOperator& known : kBinary)
    if (known.op == op) return known.text;
  return "";
}

ParseResult parse(std::string_view text, const Limits& limits) {
  ParseResult result;
  const std::size_t bytes_max = limits.length_max * 4;
  if (text.size() <= bytes_max && !base::valid_utf8(text)) {
    result.diagnostics.push_back(
        diagnose("EXPRESSION_SYNTAX", "the expression is not valid UTF-8", {}));
  } else if (text.size() > bytes_max || base::count_code_points(text) > limits.length_max) {
    result.diagnostics.push_back(diagnose("EXPRESSION_TOO_LONG",
                                          "the expression is longer than " +
                                              std::to_string(limits.length_max) +
                                              " characters (limits.expression_length)",
                                          {}));
  }
  if (!result.ok()) return result;
  return Parser(tokenize(text), limits).run();
}

PathResult parse_path(std::string_view text) {
  PathResult result;
  const auto refuse = [&result](Span span, std::string message) {
    result.path.clear();
    result.diagnostics.push_back(diagnose("INVALID_PATH", std::move(message), span));
  };
  if (!base::valid_utf8(text)) return refuse({}, "the path is not valid UTF-8"), result;
  const Tokens tokens = tokenize(text);
  const auto is_dot = [](const Token& token) {
    return token.kind == TokenKind::punctuation && token.text == ".";
  };
  constexpr std::string_view kHint =
      "a path is names with dots between them; names with other characters stand in backticks";
  if (!tokens.diagnostics.empty()) {
    const auto [begin, end] = *tokens.diagnostics[0].span;
    return refuse({begin, end}, std::string(kHint)), result;
  }
  for (std::size_t i = 0;; i += 2) {
    const Token& name = tokens.tokens[i];
    const bool quoted = name.kind == TokenKind::quoted_identifier;
    if (!quoted && name.kind != TokenKind::identifier)
      return refuse(name.span, std::string(kHint)), result;
    const Token& behind = tokens.tokens[i + 1];
    const bool last = behind.kind == TokenKind::end;
    if (!last && !is_dot(behind)) return refuse(behind.span, std::string(kHint)), result;
    const bool is_this = i == 0 && !quoted && name.text == "this";
    if (is_this && last)
      return refuse(name.span, "`this` is the whole row, not a field of it"), result;
    if (!is_this) result.path.push_back(name.text);
    if (last) return result;
  }
}

std::string format_path(const record::FieldPath& path) {
  std::string text;
  for (const std::string& name : path) {
    if (!text.empty()) text += '.';
    const bool bare = is_identifier(name) && !(text.empty() && name == "this");
    text += bare ? name : "`" + name + "`";
  }
  return text;
}

}  // namespace leat::expr
