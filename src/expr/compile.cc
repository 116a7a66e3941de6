#include "expr/compile.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

#include "expr/check.h"
#include "expr/code.h"
#include "expr/lexer.h"
#include "expr/operators.h"
#include "expr/parser.h"
#include "expr/regex_cache.h"

namespace leat::expr {
namespace {

// The third and fourth pass: constants are folded, then instructions are made for what is left.
// Loops over the nodes in their order, so that inputs are there before they are used.
class Generator {
 public:
  Generator(const Ast& ast, const std::vector<Use>& uses, std::vector<Checked>& nodes)
      : ast_(ast), uses_(uses), nodes_(nodes), plans_(ast.nodes.size()) {}

  // Null when diagnostics() says why.
  std::unique_ptr<Code> run() {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (nodes_[id].live) fold(id);
    if (!diagnostics_.empty()) return nullptr;
    plans_[target(ast_.root())].needed = true;
    for (std::size_t id = ast_.nodes.size(); id-- > 0;) {
      if (!plans_[id].needed || plans_[id].constant) continue;
      for (const NodeId input : inputs(static_cast<NodeId>(id)))
        plans_[target(input)].needed = true;
    }
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (plans_[id].needed && !plans_[id].constant) emit(id);
    finish();
    return std::move(code_);
  }
  std::vector<spec::Diagnostic> take_diagnostics() { return std::move(diagnostics_); }

 private:
  struct Plan {
    std::optional<Value> constant;
    std::optional<NodeId> alias;  // it is the same as this node
    bool needed = false;
    Slot slot;
  };

  std::vector<NodeId> inputs(NodeId id) const {
    std::vector<NodeId> all = inputs_of(ast_, uses_, id);
    if (uses_[id] == Use::in_set) all.resize(1);       // the rest is in Extra::set
    if (nodes_[id].pattern != nullptr) all.resize(1);  // and the pattern in Extra
    return all;
  }
  // The node that computes the value of `id`.
  NodeId target(NodeId id) const {
    while (plans_[id].alias) id = *plans_[id].alias;
    return id;
  }
  const std::optional<Value>& constant(NodeId id) const { return plans_[target(id)].constant; }

  // ---- constants

  void fold(NodeId id) {
    const Node& node = ast_[id];
    Plan& plan = plans_[id];
    if (uses_[id] == Use::in_set) return fold_set(id);
    if (uses_[id] != Use::value) return;
    switch (node.kind) {
      case NodeKind::literal: plan.constant = literal(node); return;
      case NodeKind::conditional: return fold_conditional(node, plan);
      case NodeKind::binary:
        if (node.op == Operator::coalesce) return fold_coalesce(node, plan);
        if (node.op == Operator::logical_and && fold_decided(node, plan, false)) return;
        if (node.op == Operator::logical_or && fold_decided(node, plan, true)) return;
        break;
      case NodeKind::call:
        if (!nodes_[id].function->pure) return;
        break;
      default: break;
    }
    const std::vector<NodeId> from = inputs(id);
    if (std::all_of(from.begin(), from.end(), [this](NodeId i) { return constant(i).has_value(); }))
      plan.constant = evaluate(kernel(id), from, extra(id));
  }

  Value literal(const Node& node) {
    switch (node.literal) {
      case LiteralKind::boolean: return Value::boolean(node.integer != 0);
      case LiteralKind::integer:
      case LiteralKind::unsigned_integer: return Value::integer(node.integer);
      case LiteralKind::real: return Value::real(node.real);
      case LiteralKind::string: return Value::string(code_->arena.copy(node.text));
      case LiteralKind::bytes: return Value::bytes(code_->arena.copy(node.text));
      case LiteralKind::null: break;
    }
    return Value::null();
  }

  void fold_conditional(const Node& node, Plan& plan) {
    const std::optional<Value>& condition = constant(node.children[0]);
    if (!condition) return;
    if (condition->is(Type::boolean)) {
      plan.alias = node.children[condition->as_boolean() ? 1 : 2];
    } else {
      plan.constant = misfit(*condition);
    }
  }

  void fold_coalesce(const Node& node, Plan& plan) {
    const std::optional<Value>& left = constant(node.children[0]);
    if (!left) return;
    plan.alias = node.children[left->is_missing() || left->is_error() ? 1 : 0];
  }

  // false && x, x || true: one side decides, whatever the other is.
  bool fold_decided(const Node& node, Plan& plan, bool decides) {
    for (const NodeId side : node.children) {
      const std::optional<Value>& value = constant(side);
      if (!value || !value->is(Type::boolean) || value->as_boolean() != decides) continue;
      plan.constant = Value::boolean(decides);
      return true;
    }
    return false;
  }

  void fold_set(NodeId id) {
    const Node& node = ast_[id];
    Extra& made = code_->extras.emplace_back();
    for (const NodeId item : ast_[node.children[1]].children) {
      const std::optional<Value>& value = constant(item);
      if (!value) {
        diagnostics_.push_back(diagnose("NOT_AVAILABLE_YET",
                                        "a list with computed items is not available yet",
                                        ast_[item].span));
      } else if (value->is_error()) {
        plans_[id].constant = *value;
      } else {
        made.set.push_back(*value);
      }
    }
    sets_.emplace_back(id, &made);
    if (constant(node.children[0]) && diagnostics_.empty() && !plans_[id].constant)
      plans_[id].constant = evaluate(in_set_kernel, {node.children[0]}, &made);
  }

  Value evaluate(Kernel chosen, const std::vector<NodeId>& from, const Extra* with) {
    Operand operands[kArgumentsMax];
    for (std::size_t i = 0; i < from.size(); ++i) operands[i] = {&*constant(from[i]), 0};
    Frame frame{nullptr, code_->arena, patterns_, with};
    Value result;
    chosen(frame, operands, &result, 1);
    return result;
  }

  // ---- instructions

  Kernel kernel(NodeId id) const {
    const Node& node = ast_[id];
    switch (node.kind) {
      case NodeKind::select: return member_kernel;
      case NodeKind::index: return index_kernel;
      case NodeKind::conditional: return conditional_kernel;
      case NodeKind::call:
        return nodes_[id].pattern != nullptr ? matches_pattern_kernel : nodes_[id].function->kernel;
      default: return operator_kernel(node.op);
    }
  }

  const Extra* extra(NodeId id) {
    if (ast_[id].kind == NodeKind::select) return text_extra(ast_[id].text);
    if (nodes_[id].pattern == nullptr) return nullptr;
    Extra& made = code_->extras.emplace_back();
    made.pattern = nodes_[id].pattern.get();
    return &made;
  }
  const Extra* text_extra(std::string_view text) {
    Extra& made = code_->extras.emplace_back();
    made.text = code_->arena.copy(text);
    return &made;
  }

  Slot constant_slot(const Value& value) {
    code_->constants.push_back(value);
    return {Slot::Kind::constant, static_cast<std::uint32_t>(code_->constants.size() - 1)};
  }
  Slot column_slot(std::size_t column) {
    code_->columns.push_back(column);
    return {Slot::Kind::column, static_cast<std::uint32_t>(column)};
  }
  Slot slot(NodeId id) {
    const Plan& plan = plans_[target(id)];
    return plan.constant ? constant_slot(*plan.constant) : plan.slot;
  }
  std::vector<Slot> slots(const std::vector<NodeId>& from) {
    std::vector<Slot> all;
    for (const NodeId id : from) all.push_back(slot(id));
    return all;
  }

  // Each register is read by one instruction only, which may write its result over it.
  Slot instruction(Kernel chosen, const std::vector<Slot>& from, const Extra* with = nullptr) {
    Instruction made;
    made.kernel = chosen;
    made.extra = with;
    made.first = static_cast<std::uint32_t>(code_->inputs.size());
    made.count = static_cast<std::uint32_t>(from.size());
    code_->inputs.insert(code_->inputs.end(), from.begin(), from.end());
    for (const Slot& input : from)
      if (input.kind == Slot::Kind::scratch) free_.push_back(input.index);
    if (free_.empty()) free_.push_back(code_->registers++);
    made.target = free_.back();
    free_.pop_back();
    code_->instructions.push_back(made);
    return {Slot::Kind::scratch, made.target};
  }

  void emit(NodeId id) {
    const Node& node = ast_[id];
    Plan& plan = plans_[id];
    switch (uses_[id]) {
      case Use::path: plan.slot = column_slot(nodes_[id].column); return;
      case Use::meta_field: plan.slot = instruction(nodes_[id].meta->kernel, {}); return;
      case Use::header: plan.slot = instruction(header_kernel, {header_name(id)}); return;
      case Use::in_headers: plan.slot = instruction(has_header_kernel, slots(inputs(id))); return;
      case Use::in_set:
        plan.slot = instruction(in_set_kernel, slots(inputs(id)), set_of(id));
        return;
      case Use::has: plan.slot = emit_has(id); return;
      default: break;
    }
    if (node.kind == NodeKind::call && !nodes_[id].function->pure) code_->reads_clock = true;
    plan.slot = instruction(kernel(id), slots(inputs(id)), extra(id));
  }

  Slot header_name(NodeId id) {
    if (ast_[id].kind == NodeKind::index) return slot(ast_[id].children[1]);
    return constant_slot(Value::string(code_->arena.copy(ast_[id].text)));
  }

  const Extra* set_of(NodeId id) const {
    return std::find_if(sets_.begin(), sets_.end(), [id](const auto& s) { return s.first == id; })
        ->second;
  }

  Slot emit_has(NodeId id) {
    const NodeId tested = ast_[id].children[0];
    const Checked& checked = nodes_[id];
    switch (uses_[tested]) {
      case Use::path: {
        const Slot field = column_slot(checked.column);
        if (!checked.parent_column) return instruction(has_field_kernel, {field});
        return instruction(has_path_kernel, {field, column_slot(*checked.parent_column)});
      }
      case Use::meta_field:
        return instruction(has_field_kernel, {instruction(checked.meta->kernel, {})});
      case Use::header: return instruction(has_header_kernel, {header_name(tested)});
      default:
        return instruction(has_member_kernel, slots(ast_[tested].children),
                           text_extra(ast_[tested].text));
    }
  }

  // Whether the value of a node can be absent without being an error yet.
  bool may_be_absent(NodeId id) const {
    const Node& node = ast_[id];
    if (uses_[id] == Use::meta_field || uses_[id] == Use::header) return true;
    return node.kind == NodeKind::select || node.kind == NodeKind::index ||
           node.kind == NodeKind::conditional || node.op == Operator::coalesce;
  }

  void finish() {
    const NodeId root = ast_.root();
    const NodeId source = target(root);
    if (uses_[root] == Use::path) code_->path = path_of(ast_, root);
    code_->constant = plans_[source].constant;
    code_->type = code_->constant ? known_type(*code_->constant) : nodes_[source].type;
    const Slot result = slot(root);
    if (result.kind == Slot::Kind::scratch) {
      code_->instructions.back().target = kOutput;
      if (may_be_absent(source)) instruction(settle_kernel, {{Slot::Kind::output, 0}});
    } else {
      instruction(code_->path ? copy_kernel : settle_kernel, {result});
    }
    code_->instructions.back().target = kOutput;
    for (Checked& node : nodes_)
      if (node.pattern != nullptr) code_->patterns.push_back(std::move(node.pattern));
    std::vector<std::size_t>& columns = code_->columns;
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  }

  static std::optional<Type> known_type(const Value& value) {
    return value.is_error() ? std::nullopt : std::optional<Type>(value.type());
  }

  const Ast& ast_;
  const std::vector<Use>& uses_;
  std::vector<Checked>& nodes_;
  std::vector<Plan> plans_;
  std::vector<std::pair<NodeId, const Extra*>> sets_;
  std::vector<std::uint32_t> free_;  // registers whose value has been read
  std::unique_ptr<Code> code_ = std::make_unique<Code>();
  RegexCache patterns_;
  std::vector<spec::Diagnostic> diagnostics_;
};

}  // namespace

Compiled compile(std::string_view text, Resolver& resolver, const Limits& limits, TypeCheck mode) {
  Compiled result;
  ParseResult parsed = parse(text, limits);
  if (!parsed.ok()) {
    result.diagnostics = std::move(parsed.diagnostics);
    return result;
  }
  const std::vector<Use> uses = classify(parsed.ast);
  CheckResult checked = check(parsed.ast, uses, resolver, mode);
  if (!checked.diagnostics.empty()) {
    result.diagnostics = std::move(checked.diagnostics);
    return result;
  }
  Generator generator(parsed.ast, uses, checked.nodes);
  std::unique_ptr<Code> code = generator.run();
  result.diagnostics = generator.take_diagnostics();
  if (code != nullptr) result.program.emplace(std::move(code));
  return result;
}

}  // namespace leat::expr
