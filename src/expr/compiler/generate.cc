#include "expr/compiler/generate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include <re2/re2.h>

#include "base/check.h"
#include "expr/calls/function_calls.h"
#include "expr/calls/mock_kernel.h"
#include "expr/compiler/absences.h"
#include "expr/compiler/probe.h"
#include "expr/compiler/registers.h"
#include "expr/containers.h"
#include "expr/operators.h"
#include "expr/optionals.h"
#include "expr/regex_cache.h"
#include "expr/values.h"

namespace leat::expr {
namespace {

// Loops over the nodes in their order, so that inputs are there before they are used.
class Generator {
 public:
  Generator(const Ast& ast, const Meanings& meanings, std::vector<Checked>& nodes,
            std::uint64_t place)
      : ast_(ast),
        meanings_(meanings),
        nodes_(nodes),
        place_(place),
        plans_(ast.nodes.size()),
        made_(meanings.scopes.size()) {}

  std::unique_ptr<Code> run() {
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (nodes_[id].live) fold(id), judge(id);
    plans_[target(ast_.root())].needed = true;
    for (std::size_t id = ast_.nodes.size(); id-- > 0;) {
      if (!plans_[id].needed || plans_[id].constant) continue;
      for (const NodeId input : inputs(static_cast<NodeId>(id)))
        plans_[target(input)].needed = true;
    }
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (is_computed(id)) place(id);
    for (NodeId id = 0; id < ast_.nodes.size(); ++id)
      if (is_computed(id)) emit(id);
    finish();
    return std::move(code_);
  }

 private:
  struct Plan {
    std::optional<Value> constant;
    std::optional<NodeId> alias;  // it is the same as this node
    bool needed = false;
    std::uint32_t depends = 0;   // bit d: on the elements of the macro at depth d around the node
    ScopeId block = kOutermost;  // where it is computed: the deepest of those macros
    Slot slot;
  };

  Use use(NodeId id) const { return meanings_.uses[id]; }
  const Scope& scope_made(NodeId macro) const {
    return meanings_.scopes[meanings_.scope_made[macro]];
  }
  bool is_computed(NodeId id) const { return plans_[id].needed && !plans_[id].constant; }

  std::vector<NodeId> inputs(NodeId id) const {
    if (nodes_[id].optional_path) return {};
    if (const auto chain = chains_.find(id); chain != chains_.end()) return chain->second;
    std::vector<NodeId> all = inputs_of(ast_, meanings_, id);
    if (nodes_[id].pattern != nullptr || sets_.count(id) > 0) all.resize(1);  // the rest is Extra's
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
    switch (use(id)) {
      case Use::type_name: plan.constant = Value::type_name(type_name(ast_, id)); return;
      case Use::unknown: plan.constant = fail(kUnknownFunction); return;
      case Use::variable: return fold_variable(id, plan);
      case Use::macro:
        if (scope_made(id).macro->kind == MacroKind::bind) plan.alias = scope_made(id).body;
        if (is_comprehension(scope_made(id).macro->kind)) return;
        break;
      case Use::call:
        if (!nodes_[id].function->pure) return;
        break;
      case Use::value:
        if (nodes_[id].optional_path || fold_value(id, node, plan)) return;
        break;
      default: return;
    }
    if (!plan.alias) fold_kernel(id, plan);
    if (!plan.constant && node.op == Operator::add) chain(id, node);
  }

  // a + b + c of texts becomes one instruction.
  void chain(NodeId id, const Node& node) {
    const NodeId left = node.children[0];
    const bool texts = nodes_[id].type == Type::string && nodes_[left].type == Type::string;
    if (!texts || ast_[left].op != Operator::add || plans_[left].constant || plans_[left].alias)
      return;
    std::vector<NodeId> all = inputs(left);
    all.push_back(node.children[1]);
    chains_.emplace(id, std::move(all));
  }

  // True when nothing is left to be folded.
  bool fold_value(NodeId id, const Node& node, Plan& plan) {
    switch (node.kind) {
      case NodeKind::literal: plan.constant = literal(node); return true;
      case NodeKind::conditional: fold_conditional(node, plan); return true;
      case NodeKind::binary:
        if (node.op == Operator::coalesce) return fold_coalesce(node, plan), true;
        if (node.op == Operator::logical_and) return fold_decided(node, plan, false);
        if (node.op == Operator::logical_or) return fold_decided(node, plan, true);
        if (node.op == Operator::in) fold_set(id);
        return false;
      default: return false;
    }
  }

  void fold_variable(NodeId id, Plan& plan) {
    const Scope& scope = meanings_.scopes[meanings_.variables[id].scope];
    if (scope.macro->kind == MacroKind::bind)
      plan.alias = scope.range;
    else if (!is_comprehension(scope.macro->kind))
      fold_kernel(id, plan);
  }

  void fold_kernel(NodeId id, Plan& plan) {
    const std::vector<NodeId> from = inputs(id);
    if (std::all_of(from.begin(), from.end(), [this](NodeId i) { return constant(i).has_value(); }))
      plan.constant = evaluate(kernel(id), from, extra(id));
  }

  Value literal(const Node& node) {
    switch (node.literal) {
      case LiteralKind::boolean: return Value::boolean(node.integer != 0);
      case LiteralKind::integer: return Value::integer(node.integer);
      case LiteralKind::unsigned_integer:
        return Value::unsigned_integer(static_cast<std::uint64_t>(node.integer));
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
    const bool none = left->is(Type::optional) && left->as_optional() == nullptr;
    const bool held = left->is(Type::optional) && !none;
    const Value value = held ? *left->as_optional() : *left;
    if (none || value.is_missing() || value.is_error())
      plan.alias = node.children[1];
    else if (held)
      plan.constant = value;
    else
      plan.alias = node.children[0];
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

  // x in [constants]
  void fold_set(NodeId id) {
    const std::optional<Value>& list = constant(ast_[id].children[1]);
    if (!list || !list->is(Type::list)) return;
    Extra& made = code_->extras.emplace_back();
    made.set.assign(list->as_items().begin(), list->as_items().end());
    index_set(made);
    sets_.emplace(id, &made);
  }

  // Finds items by key when that is faster than reading all.
  void index_set(Extra& made) {
    constexpr std::size_t kFew = 12;
    const auto is_exact = [](const Value& item) { return is_key(item) && !item.is(Type::real); };
    if (made.set.size() <= kFew || !std::all_of(made.set.begin(), made.set.end(), is_exact)) return;
    const std::span<Entry> keys = code_->arena.array<Entry>(made.set.size());
    KeyIndex& index = code_->indexes.emplace_back(code_->arena, keys.size());
    std::size_t count = 0;
    for (const Value& item : made.set)
      if (index.find_or_add(keys.first(count), item) == count) keys[count++] = {item, {}};
    made.keys = keys.first(count);
    made.index = &index;
  }

  // What is known of the value of a node before there is a row.
  void judge(NodeId id) {
    Checked& checked = nodes_[id];
    if (const std::optional<Value>& value = constant(id)) {
      checked.constant = !is_broken(*value);
      if (!checked.constant) checked.fails = &misfit(*value).as_error();
    } else if (use(id) == Use::call && checked.function->pure && checked.pattern == nullptr) {
      checked.fails = probe(id);
    } else if (use(id) == Use::value) {
      checked.fails = failing_operand(id);
    }
  }

  // The error that the right operand causes by itself: x % 0, an int / 0, a list[-1].
  const RowError* failing_operand(NodeId id) const {
    const Node& node = ast_[id];
    if (node.kind != NodeKind::binary && node.kind != NodeKind::index) return nullptr;
    const std::optional<Value>& right = constant(node.children[1]);
    if (!right) return nullptr;
    const Checked& left = nodes_[node.children[0]];
    if (node.kind == NodeKind::index) {
      const bool list =
          left.type == Type::list ||
          (left.declared != nullptr && left.declared->kind == spec::SchemaType::Kind::list);
      const bool negative = right->is(Type::integer) && right->as_integer() < 0;
      return list && negative && !node.optional ? &kOutOfRange : nullptr;
    }
    const bool whole = right->is(Type::integer) || right->is(Type::unsigned_integer);
    if (!whole || right->as_unsigned() != 0) return nullptr;
    const bool divides = node.op == Operator::divide &&
                         (left.type == Type::integer || left.type == Type::unsigned_integer);
    return divides || node.op == Operator::modulo ? &kDivideByZero : nullptr;
  }

  // The error that the constant arguments of a call cause, whatever the others are.
  const RowError* probe(NodeId id) {
    const std::vector<NodeId> from = inputs(id);
    std::vector<Value> row;
    std::vector<bool> constants;
    for (std::size_t k = 0; k < from.size(); ++k) {
      const std::optional<Value>& known = constant(from[k]);
      constants.push_back(known.has_value());
      const std::optional<Value> value =
          known ? known : example_argument(*nodes_[id].function, k, ast_[from[k]], code_->arena);
      if (!value || is_broken(*value)) return nullptr;
      row.push_back(*value);
    }
    if (std::count(constants.begin(), constants.end(), true) == 0) return nullptr;
    std::vector<Operand> operands;
    for (const Value& value : row) operands.push_back({&value, 0});
    const Value result = evaluate(kernel(id), operands, extra(id));
    const bool fails = result.is_error() &&
                       blames_constants(*nodes_[id].function, result.as_error(), row, constants);
    return fails ? &result.as_error() : nullptr;
  }

  Value evaluate(Kernel chosen, const std::vector<NodeId>& from, const Extra* with) {
    std::vector<Operand> operands;
    for (const NodeId id : from) operands.push_back({&*constant(id), 0});
    return evaluate(chosen, operands, with);
  }
  Value evaluate(Kernel chosen, const std::vector<Operand>& operands, const Extra* with) {
    Frame frame{nullptr, code_->arena, patterns_, with, operands.size()};
    frame.naming = true;
    Value result;
    chosen(frame, operands.data(), &result, 1);
    return result;
  }

  // ---- kernels

  Kernel kernel(NodeId id) const {
    const Node& node = ast_[id];
    if (use(id) == Use::call)
      return nodes_[id].pattern != nullptr ? matches_pattern_kernel : nodes_[id].function->kernel;
    if (use(id) == Use::mock) return mock_kernel;
    if (use(id) == Use::function) return function_kernel;
    if (use(id) == Use::variable) return unwrap_kernel;
    if (use(id) == Use::macro)
      return scope_made(id).macro->kind == MacroKind::opt_map ? opt_map_kernel
                                                              : opt_flat_map_kernel;
    if (chains_.count(id) > 0) return chain_kernel;
    switch (node.kind) {
      case NodeKind::select:
        if (nodes_[id].written)
          return node.optional ? written_optional_member_kernel : written_member_kernel;
        return node.optional ? optional_member_kernel : member_kernel;
      case NodeKind::index:
        if (nodes_[id].written)
          return node.optional ? written_optional_index_kernel : written_index_kernel;
        return node.optional ? optional_index_kernel : index_kernel;
      case NodeKind::conditional: return conditional_kernel;
      case NodeKind::list: return list_kernel;
      case NodeKind::map: return map_kernel;
      default: return sets_.count(id) > 0 ? in_set_kernel : operator_kernel(node.op);
    }
  }

  const Extra* extra(NodeId id) {
    const Node& node = ast_[id];
    if (const auto set = sets_.find(id); set != sets_.end()) return set->second;
    if (use(id) == Use::call) return call_extra(id);
    if (use(id) == Use::mock) return mock_extra(id);
    if (use(id) == Use::function) return function_extra(id);
    if (use(id) != Use::value) return nullptr;
    if (node.kind == NodeKind::select || !member_name(ast_, id).empty())
      return text_extra(node.text, &absent_member(member_name(ast_, id)),
                        &no_members_for(member_name(ast_, id)));
    if (std::count(node.marks.begin(), node.marks.end(), 1) == 0) return nullptr;
    Extra& made = code_->extras.emplace_back();
    made.marks = node.marks;
    return &made;
  }
  const Extra* call_extra(NodeId id) {
    if (nodes_[id].pattern == nullptr && nodes_[id].function->pure) return nullptr;
    Extra& made = code_->extras.emplace_back();
    made.pattern = nodes_[id].pattern.get();
    made.call = place_ + id;
    return &made;
  }
  const Extra* mock_extra(NodeId id) {
    const MockPtr& mock = code_->mocks.emplace_back(meanings_.mocks.at(id));
    Extra& made = code_->extras.emplace_back();
    made.mock = mock.get();
    return &made;
  }
  const Extra* function_extra(NodeId id) {
    const auto& function = code_->functions.emplace_back(meanings_.functions.at(id).function);
    Extra& made = code_->extras.emplace_back();
    made.function = function.get();
    return &made;
  }
  const Extra* text_extra(std::string_view text, const RowError* absent = nullptr,
                          const RowError* no_map = nullptr) {
    Extra& made = code_->extras.emplace_back();
    made.text = code_->arena.copy(text);
    made.absent = absent;
    made.no_map = no_map;
    return &made;
  }

  // ---- places

  void place(NodeId id) {
    Plan& plan = plans_[id];
    for (const NodeId input : inputs(id)) plan.depends |= plans_[target(input)].depends;
    if (use(id) == Use::variable) {
      const Scope& scope = meanings_.scopes[meanings_.variables[id].scope];
      if (is_comprehension(scope.macro->kind)) plan.depends |= bit(meanings_.variables[id].scope);
    } else if (use(id) == Use::macro) {
      plan.depends &= ~bit(meanings_.scope_made[id]);
    } else if ((use(id) == Use::call && !nodes_[id].function->pure) ||
               (use(id) == Use::function && !meanings_.functions.at(id).function->pure())) {
      plan.depends |= bit(innermost_comprehension(meanings_.scope_of[id]));
    }
    const std::uint32_t depth = static_cast<std::uint32_t>(std::bit_width(plan.depends));
    ScopeId at = meanings_.scope_of[id];
    while (depth_of(at) > depth || !is_block(at)) at = meanings_.scopes[at].parent;
    plan.block = at;
  }

  bool is_block(ScopeId scope) const {
    return scope == kOutermost || is_comprehension(meanings_.scopes[scope].macro->kind);
  }
  ScopeId innermost_comprehension(ScopeId scope) const {
    while (!is_block(scope)) scope = meanings_.scopes[scope].parent;
    return scope;
  }
  // How many macros over elements there are around and with this.
  std::uint32_t depth_of(ScopeId scope) const {
    std::uint32_t depth = 0;
    for (; scope != kOutermost; scope = meanings_.scopes[scope].parent)
      if (is_block(scope)) ++depth;
    return depth;
  }
  std::uint32_t bit(ScopeId scope) const {
    return scope == kOutermost || !is_block(scope) ? 0 : 1u << (depth_of(scope) - 1);
  }

  // ---- slots

  Block& block(ScopeId scope) {
    return scope == kOutermost ? code_->main : comprehension(scope).body;
  }
  Comprehension& comprehension(ScopeId scope) {
    if (made_[scope] == nullptr) made_[scope] = &code_->comprehensions.emplace_back();
    return *made_[scope];
  }
  // The block that the elements of a macro are taken from.
  ScopeId around(ScopeId scope) const { return plans_[meanings_.scopes[scope].call].block; }

  Slot constant_slot(const Value& value) {
    code_->constants.push_back(value);
    return {Slot::Kind::constant, static_cast<std::uint32_t>(code_->constants.size() - 1)};
  }
  Slot column_slot(std::size_t column, const record::FieldPath& path) {
    absences_.emplace(column, path);
    return {Slot::Kind::column, static_cast<std::uint32_t>(column)};
  }
  // The value of a node as an instruction of block `to` reads it.
  Slot slot(NodeId id, ScopeId to) {
    const Plan& plan = plans_[target(id)];
    return plan.constant ? constant_slot(*plan.constant) : carry(plan.slot, plan.block, to);
  }
  Slot carry(Slot from, ScopeId block_of_it, ScopeId to) {
    if (to == block_of_it || from.kind == Slot::Kind::constant) return from;
    LEAT_CHECK(to != kOutermost);
    const Slot source = carry(from, block_of_it, around(to));
    Comprehension& inner = comprehension(to);
    for (const Comprehension::Capture& known : inner.captures)
      if (known.source.kind == source.kind && known.source.index == source.index)
        return {Slot::Kind::scratch, known.target};
    inner.captures.push_back({source, inner.body.registers++});
    return {Slot::Kind::scratch, inner.captures.back().target};
  }
  std::vector<Slot> slots(NodeId id) {
    std::vector<Slot> all;
    for (const NodeId input : inputs(id)) all.push_back(slot(input, plans_[id].block));
    return all;
  }

  Slot instruction(ScopeId where, Kernel chosen, const std::vector<Slot>& from,
                   const Extra* with = nullptr) {
    Instruction made;
    made.kernel = chosen;
    made.extra = with;
    made.first = static_cast<std::uint32_t>(code_->inputs.size());
    made.count = static_cast<std::uint32_t>(from.size());
    made.takes_absent = takes_absent(chosen);
    code_->operands_max = std::max(code_->operands_max, made.count);
    code_->inputs.insert(code_->inputs.end(), from.begin(), from.end());
    made.target = block(where).registers++;
    block(where).instructions.push_back(made);
    return {Slot::Kind::scratch, made.target};
  }

  // How many of the first inputs may be absent: of two, the second is what holds the field.
  static std::uint32_t takes_absent(Kernel chosen) {
    const std::array<Kernel, 6> kernels{has_field_kernel,      has_path_kernel,
                                        optional_field_kernel, optional_path_kernel,
                                        null_if_absent_kernel, copy_kernel};
    return std::find(kernels.begin(), kernels.end(), chosen) != kernels.end() ? 1 : 0;
  }

  // ---- instructions

  void emit(NodeId id) { plans_[id].slot = emitted(id, plans_[id].block); }

  Slot emitted(NodeId id, ScopeId where) {
    const Checked& checked = nodes_[id];
    switch (use(id)) {
      case Use::path:
        if (checked.token_column) return written_field(checked, where, path_of(ast_, id));
        if (checked.declared == nullptr || checked.declared->required)
          return column_slot(checked.column, path_of(ast_, id));
        return instruction(where, null_if_absent_kernel,
                           {column_slot(checked.column, path_of(ast_, id))});
      case Use::meta_field: return instruction(where, checked.meta->kernel, {});
      case Use::headers: return instruction(where, headers_kernel, {});
      case Use::header:
        return instruction(where, header_kernel, {header_name(id, where)}, header_extra(id));
      case Use::in_headers: return instruction(where, has_header_kernel, slots(id));
      case Use::has: return emit_has(id, where);
      case Use::variable:
        if (is_comprehension(meanings_.scopes[meanings_.variables[id].scope].macro->kind))
          return element(meanings_.variables[id]);
        break;
      case Use::macro:
        if (is_comprehension(scope_made(id).macro->kind)) return emit_comprehension(id, where);
        break;
      case Use::call:
        if (checked.function->name == "now") code_->reads_clock = true;
        break;
      default: break;
    }
    if (checked.optional_path) return emit_optional_path(id, where);
    return instruction(where, kernel(id), slots(id), extra(id));
  }

  Slot element(const Meanings::Variable& variable) {
    Comprehension& owner = comprehension(variable.scope);
    std::uint32_t& target = owner.elements[variable.index];
    if (target == Comprehension::kUnused) target = owner.body.registers++;
    return {Slot::Kind::scratch, target};
  }

  Slot emit_comprehension(NodeId id, ScopeId where) {
    const ScopeId scope_id = meanings_.scope_made[id];
    const Scope& scope = meanings_.scopes[scope_id];
    Comprehension& made = comprehension(scope_id);
    made.kind = scope.macro->kind;
    made.variables = scope.macro->variables;
    made.range = range_slot(scope.range, where);
    if (scope.condition) made.condition = slot(*scope.condition, scope_id);
    made.result = slot(scope.body, scope_id);
    assign_registers(*code_, made);
    const Slot result = instruction(where, nullptr, {});
    block(where).instructions.back().comprehension = &made;
    return result;
  }

  // What a macro inside another one goes through again and again is read once, around that.
  Slot range_slot(NodeId range, ScopeId where) {
    const NodeId source = target(range);
    const Plan& plan = plans_[source];
    const bool read = plan.constant || plan.block == where || nodes_[source].type == Type::list ||
                      nodes_[source].type == Type::map;
    if (read) return slot(range, where);
    const auto [known, added] = elements_.try_emplace(source);
    if (added) known->second = instruction(plan.block, elements_kernel, {plan.slot});
    return carry(known->second, plan.block, where);
  }

  Slot emit_optional_path(NodeId id, ScopeId where) {
    const Checked& checked = nodes_[id];
    const record::FieldPath parent = path_of(ast_, ast_[id].children[0]);
    record::FieldPath path = parent;
    path.emplace_back(member_name(ast_, id));
    const Slot field = checked.token_column ? optional_written_field(checked, where, path)
                                            : column_slot(checked.column, path);
    if (!checked.parent_column) return instruction(where, optional_field_kernel, {field});
    return instruction(where, optional_path_kernel,
                       {field, column_slot(*checked.parent_column, parent)},
                       text_extra({}, nullptr, &no_members(parent)));
  }

  Slot written_field(const Checked& checked, ScopeId where, const record::FieldPath& path) {
    return instruction(
        where, written_field_kernel,
        {column_slot(checked.column, path), column_slot(*checked.token_column, path)});
  }
  Slot optional_written_field(const Checked& checked, ScopeId where,
                              const record::FieldPath& path) {
    const Slot made = written_field(checked, where, path);
    block(where).instructions.back().takes_absent = 2;
    return made;
  }

  const Extra* header_extra(NodeId id) {
    const std::string_view name = member_name(ast_, id);
    return name.empty() ? nullptr : text_extra({}, &absent_header(name));
  }

  Slot header_name(NodeId id, ScopeId where) {
    if (ast_[id].kind == NodeKind::index) return slot(ast_[id].children[1], where);
    return constant_slot(Value::string(code_->arena.copy(ast_[id].text)));
  }

  Slot emit_has(NodeId id, ScopeId where) {
    const NodeId tested = ast_[id].children[0];
    const Checked& checked = nodes_[id];
    switch (use(tested)) {
      case Use::path: {
        record::FieldPath path = path_of(ast_, tested);
        const Slot field = column_slot(checked.column, path);
        if (!checked.parent_column) return instruction(where, has_field_kernel, {field});
        path.pop_back();
        return instruction(where, has_path_kernel,
                           {field, column_slot(*checked.parent_column, path)},
                           text_extra({}, nullptr, &no_members(path)));
      }
      case Use::meta_field:
        return instruction(where, has_field_kernel, {instruction(where, checked.meta->kernel, {})});
      case Use::header: return instruction(where, has_header_kernel, {header_name(tested, where)});
      default:
        return instruction(
            where, has_member_kernel, slots(id),
            text_extra(ast_[tested].text, nullptr, &no_members_for(ast_[tested].text)));
    }
  }

  // Whether the value of a node can be absent without being an error yet.
  bool may_be_absent(NodeId id) const {
    const Node& node = ast_[id];
    if (use(id) == Use::meta_field || use(id) == Use::header) return true;
    if (use(id) == Use::path) return nodes_[id].token_column.has_value();
    return use(id) == Use::value &&
           (node.kind == NodeKind::select || node.kind == NodeKind::index ||
            node.kind == NodeKind::conditional || node.op == Operator::coalesce);
  }

  void finish() {
    const NodeId root = ast_.root();
    const NodeId source = target(root);
    if (use(root) == Use::path) code_->path = path_of(ast_, root);
    code_->constant = plans_[source].constant;
    code_->type = code_->constant ? known_type(*code_->constant) : nodes_[source].type;
    const Slot result = slot(root, kOutermost);
    Block& main = code_->main;
    if (result.kind == Slot::Kind::scratch) {
      assign_registers(*code_, main);
      main.instructions.back().target = kOutput;
      if (may_be_absent(source)) instruction(kOutermost, settle_kernel, {{Slot::Kind::output, 0}});
    } else {
      instruction(kOutermost, code_->path ? copy_kernel : settle_kernel, {result});
    }
    main.instructions.back().target = kOutput;
    for (Checked& node : nodes_)
      if (node.pattern != nullptr) code_->patterns.push_back(std::move(node.pattern));
    for (const auto& [column, path] : absences_) {
      code_->columns.push_back(column);
      code_->absences.push_back(&absent_field(path));
    }
  }

  static std::optional<Type> known_type(const Value& value) {
    return value.is_error() ? std::nullopt : std::optional<Type>(value.type());
  }

  const Ast& ast_;
  const Meanings& meanings_;
  std::vector<Checked>& nodes_;
  const std::uint64_t place_;
  std::vector<Plan> plans_;
  std::map<NodeId, const Extra*> sets_;                // of x in [constants]
  std::map<NodeId, std::vector<NodeId>> chains_;       // of additions: all that is added
  std::map<std::size_t, record::FieldPath> absences_;  // of columns: what they hold
  std::map<NodeId, Slot> elements_;                    // of ranges: read by elements_kernel
  std::vector<Comprehension*> made_;                   // of scopes
  std::unique_ptr<Code> code_ = std::make_unique<Code>();
  RegexCache patterns_;
};

}  // namespace

std::unique_ptr<Code> generate(const Ast& ast, const Meanings& meanings,
                               std::vector<Checked>& nodes, std::uint64_t place) {
  return Generator(ast, meanings, nodes, place).run();
}

}  // namespace leat::expr
