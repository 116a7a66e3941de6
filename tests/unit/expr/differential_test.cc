#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

#include "unit/expr/tree_interpreter.h"

// Random expressions over random rows: the batch program gives what the interpreter gives, row by
// row and in one batch.
namespace leat::expr::testing {
namespace {

using TreePtr = std::unique_ptr<Tree>;

struct Written {
  std::string_view text;
  Value value;
};

const std::array<Written, 26>& literals() {
  static const std::array<Written, 26> kAll{{
      {"0", Value::integer(0)},
      {"1", Value::integer(1)},
      {"-1", Value::integer(-1)},
      {"2", Value::integer(2)},
      {"7", Value::integer(7)},
      {"9223372036854775807", Value::integer(std::numeric_limits<std::int64_t>::max())},
      {"-9223372036854775808", Value::integer(std::numeric_limits<std::int64_t>::min())},
      {"9007199254740993", Value::integer(9007199254740993)},
      {"0.0", Value::real(0)},
      {"-0.5", Value::real(-0.5)},
      {"2.0", Value::real(2)},
      {"9007199254740992.0", Value::real(9007199254740992.0)},
      {"9223372036854775808.0", Value::real(9223372036854775808.0)},
      {"1e300", Value::real(1e300)},
      {"'a'", Value::string("a")},
      {"'ab'", Value::string("ab")},
      {"''", Value::string("")},
      {"\"b\"", Value::string("b")},
      {"true", Value::boolean(true)},
      {"false", Value::boolean(false)},
      {"null", Value::null()},
      {"true", Value::boolean(true)},
      {"false", Value::boolean(false)},
      {"3", Value::integer(3)},
      {"'abab'", Value::string("abab")},
      {"1.5", Value::real(1.5)},
  }};
  return kAll;
}

constexpr std::array<std::string_view, 6> kFields{"a", "b", "c", "d.e", "d.f", "g"};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  TreePtr tree(int depth) {
    if (depth == 0 || below(8) == 0) return leaf();
    switch (below(12)) {
      case 0: return make(below(2) == 0 ? "-x" : "!", depth, 1);
      case 1:
      case 2:
      case 3: return make(std::string(1, "+-*/%"[below(5)]), depth, 2);
      case 4:
      case 5: return make(std::array{"==", "!=", "<", "<=", ">", ">="}[below(6)], depth, 2);
      case 6:
      case 7: return make(below(2) == 0 ? "&&" : "||", depth, 2);
      case 8: return make("?:", depth, 3);
      case 9: return make("??", depth, 2);
      case 10: return in(depth);
      default: return call(depth);
    }
  }

  Fields row() {
    Fields fields;
    for (const std::string_view name : kFields)
      if (below(6) != 0) fields[std::string(name)] = literals()[below(literals().size())].value;
    return fields;
  }

 private:
  TreePtr make(std::string op, int depth, std::size_t children) {
    auto made = std::make_unique<Tree>();
    made->op = std::move(op);
    for (std::size_t i = 0; i < children; ++i) made->children.push_back(tree(depth - 1));
    return made;
  }
  TreePtr field() {
    auto made = std::make_unique<Tree>();
    made->op = "field";
    made->text = kFields[below(kFields.size())];
    return made;
  }
  TreePtr literal() {
    const Written& written = literals()[below(literals().size())];
    auto made = std::make_unique<Tree>();
    made->op = "literal";
    made->text = written.text;
    made->literal = written.value;
    return made;
  }
  TreePtr leaf() { return below(3) == 0 ? literal() : field(); }
  TreePtr in(int depth) {
    TreePtr made = make("in", depth, 1);
    for (std::size_t i = below(4); i > 0; --i) made->children.push_back(literal());
    return made;
  }
  TreePtr call(int depth) {
    switch (below(9)) {
      case 0: {
        auto made = std::make_unique<Tree>();
        made->op = "has";
        made->children.push_back(field());
        while (made->children[0]->text.find('.') != std::string::npos) made->children[0] = field();
        return made;
      }
      case 1: return make("int", depth, 1);
      case 2: return make("double", depth, 1);
      case 3: return make("string", depth, 1);
      case 4: return make("size", depth, 1);
      case 5: return make("contains", depth, 2);
      case 6: return make("startsWith", depth, 2);
      case 7: return make("indexOf", depth, 2);
      default: return make("substring", depth, 2);
    }
  }

  std::mt19937 random_;
};

int level_of(const Tree& tree) {
  const std::string& op = tree.op;
  if (op == "?:") return 0;
  if (op == "||") return 1;
  if (op == "&&") return 2;
  if (op == "==" || op == "!=" || op[0] == '<' || op[0] == '>' || op == "in") return 3;
  if (op == "??") return 4;
  if (op == "+" || op == "-") return 5;
  if (op == "*" || op == "/" || op == "%") return 6;
  if (op == "-x" || op == "!") return 7;
  return tree.text.starts_with('-') ? 7 : 8;
}

// As few parentheses as the grammar allows.
std::string write(const Tree& tree, int least = 0) {
  const auto child = [&tree](std::size_t i, int level) { return write(*tree.children[i], level); };
  const std::string& op = tree.op;
  const int level = level_of(tree);
  std::string text;
  if (!tree.text.empty())
    text = tree.text;
  else if (op == "?:")
    text = child(0, 1) + " ? " + child(1, 1) + " : " + child(2, 0);
  else if (op == "??")
    text = child(0, 5) + " ?? " + child(1, 4);
  else if (op == "-x")
    text = "-(" + child(0, 0) + ")";
  else if (op == "!")
    text = "!" + child(0, 8);
  else if (op == "in") {
    text = child(0, 3) + " in [";
    for (std::size_t i = 1; i < tree.children.size(); ++i)
      text += (i > 1 ? ", " : "") + child(i, 0);
    text += "]";
  } else if (level < 7)
    text = child(0, level) + " " + op + " " + child(1, level + 1);
  else if (op == "contains" || op == "startsWith" || op == "indexOf" || op == "substring")
    text = child(0, 8) + "." + op + "(" + child(1, 0) + ")";
  else
    text = op + "(" + child(0, 0) + ")";
  return level < least ? "(" + text + ")" : text;
}

bool identical(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::real: {
      const double x = a.as_real();
      const double y = b.as_real();
      return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y));
    }
    case Type::string: return a.as_text() == b.as_text();
    case Type::error:
      return &a.as_error() == &b.as_error() || a.as_error().code == b.as_error().code;
    case Type::absent:
    case Type::null: return true;
    default: return a.as_integer() == b.as_integer();
  }
}

TEST(Differential, TheBatchProgramEqualsTheTreeInterpreter) {
  constexpr unsigned kSeed = 20260101;
  constexpr int kIterations = 20000;
  Generator generator(kSeed);
  Scratch scratch;
  std::size_t answers = 0;
  for (int i = 0; i < kIterations; ++i) {
    const TreePtr tree = generator.tree(1 + static_cast<int>(generator.below(4)));
    const std::string text = write(*tree);
    Names names;
    const Compiled compiled = compile(text, names, Limits(), TypeCheck::dynamic);
    ASSERT_TRUE(compiled.ok()) << text << "\n" << show(compiled.diagnostics);
    std::vector<Fields> rows;
    for (std::size_t r = 1 + generator.below(6); r > 0; --r) rows.push_back(generator.row());
    const RecordBatch batch = batch_of(rows, names);
    std::vector<Value> out(rows.size());
    compiled.program->run(batch, scratch, out);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      TreeInterpreter interpreter(rows[r]);
      const Value expected = interpreter.run(*tree);
      ASSERT_EQ(show(out[r]), show(expected))
          << "seed " << kSeed << " iteration " << i << ": " << text;
      ASSERT_TRUE(identical(out[r], expected))
          << "seed " << kSeed << " iteration " << i << ": " << text;
      if (!out[r].is_error()) ++answers;
    }
    if (i % 16 == 0) {
      const RecordBatch one = batch_of({rows.back()}, names);
      Value alone;
      compiled.program->run(one, scratch, Column(&alone, 1));
      ASSERT_TRUE(identical(alone, out.back())) << text;
    }
  }
  EXPECT_GT(answers, static_cast<std::size_t>(kIterations));  // not only errors
}

}  // namespace
}  // namespace leat::expr::testing
