// Nanoseconds per row of typical expressions, one row at a time and over 256 rows, beside a line of C++ that a
// person would write for the same columns: expr_bench [ROUNDS]. Prints a table in Markdown.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "expr/compile.h"
#include "record/batch.h"

namespace leat::expr {
namespace {

using record::Column;
using record::Type;
using record::Value;

constexpr std::size_t kRows = record::RecordBatch::kRowsMax;
constexpr std::size_t kRowsPerRound = 200'000;
constexpr std::size_t kArenaBytesMax = 1 << 16;

// The fields of the rows; each is a column of its own.
enum Field : std::size_t { amount, quantity, price, status, note, items, paid_at, fields };

class Names : public Resolver {
 public:
  Resolution resolve_field(const record::FieldPath& path) override {
    constexpr std::string_view kNames[] = {"amount", "quantity", "price",  "status",
                                           "note",   "items",    "paid_at"};
    const auto found = std::find(std::begin(kNames), std::end(kNames), path.at(0));
    return {static_cast<std::size_t>(found - std::begin(kNames)), std::nullopt};
  }
};

record::RecordBatch batch_of(std::size_t rows) {
  record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  batch.rows().resize(rows);
  for (std::size_t c = 0; c < fields; ++c) batch.make_column(c);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    batch.column(amount)[i] = Value::integer(n * 37 % 211);
    batch.column(quantity)[i] = Value::integer(n % 7);
    batch.column(price)[i] = Value::real(static_cast<double>(n % 100) + 0.5);
    batch.column(status)[i] = Value::string(i % 3 == 0 ? "DENIED" : "AUTHORIZED");
    batch.column(note)[i] = Value::string("order number 4711 of the day");
    batch.column(items)[i] =
        Value::json("[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":20},{\"sku\":\"c\",\"n\":3}]");
    batch.column(paid_at)[i] = Value::timestamp(1'767'225'600'000'000 + n * 1'000'000);
  }
  return batch;
}

// A hand-written line over the columns of a batch; nothing where there is no line that a person would write.
using Line = std::function<void(const record::RecordBatch&, std::size_t rows, Value* out)>;

// Runs row(arena, values of the columns…) for each row.
template <Field... kColumns, class Row>
Line line(Row row) {
  return [row](const record::RecordBatch& batch, std::size_t rows, Value* out) {
    base::Arena& arena = batch.arena();
    const auto loop = [&](const auto*... columns) {
      for (std::size_t i = 0; i < rows; ++i) out[i] = row(arena, columns[i]...);
    };
    loop(batch.column(kColumns).data()...);
  };
}

struct Case {
  std::string_view text;
  Line by_hand;
};

std::vector<Case> cases() {
  using Arena = base::Arena;
  return {
      {"amount > 100",
       line<amount>([](Arena&, const Value& a) { return Value::boolean(a.as_integer() > 100); })},
      {"(amount ?? 0) > 100", line<amount>([](Arena&, const Value& a) {
         return Value::boolean((a.is_missing() ? 0 : a.as_integer()) > 100);
       })},
      {"status == 'AUTHORIZED' && amount > 0",
       line<status, amount>([](Arena&, const Value& s, const Value& a) {
         return Value::boolean(s.as_text() == "AUTHORIZED" && a.as_integer() > 0);
       })},
      {"amount * 2 + quantity", line<amount, quantity>([](Arena&, const Value& a, const Value& q) {
         return Value::integer(a.as_integer() * 2 + q.as_integer());
       })},
      {"quantity * price * 1.19", line<quantity, price>([](Arena&, const Value& q, const Value& p) {
         return Value::real(static_cast<double>(q.as_integer()) * p.as_real() * 1.19);
       })},
      {"amount > 100 ? 'many' : 'few'", line<amount>([](Arena&, const Value& a) {
         return Value::string(a.as_integer() > 100 ? "many" : "few");
       })},
      {"status in ['AUTHORIZED', 'CAPTURED', 'SETTLED']", line<status>([](Arena&, const Value& v) {
         const std::string_view s = v.as_text();
         return Value::boolean(s == "AUTHORIZED" || s == "CAPTURED" || s == "SETTLED");
       })},
      {"note.contains('4711')", line<note>([](Arena&, const Value& n) {
         return Value::boolean(n.as_text().find("4711") != std::string_view::npos);
       })},
      {"status + '-' + note", line<status, note>([](Arena& arena, const Value& s, const Value& n) {
         const std::string_view x = s.as_text();
         const std::string_view y = n.as_text();
         char* at = arena.allocate(x.size() + 1 + y.size(), 1);
         std::memcpy(at, x.data(), x.size());
         at[x.size()] = '-';
         std::memcpy(at + x.size() + 1, y.data(), y.size());
         return Value::string({at, x.size() + 1 + y.size()});
       })},
      {"amount > 10 && quantity < 5 && price > 1.0 || status == 'DENIED'",
       line<amount, quantity, price, status>([](Arena&, const Value& a, const Value& q,
                                                const Value& p, const Value& s) {
         return Value::boolean((a.as_integer() > 10 && q.as_integer() < 5 && p.as_real() > 1.0) ||
                               s.as_text() == "DENIED");
       })},
      {"note.matches('[0-9]{4} of')", nullptr},
      {"items.exists(x, x.n > 10)", nullptr},
      {"paid_at > timestamp('2026-01-01T00:00:00Z') + duration('1m')",
       line<paid_at>([](Arena&, const Value& t) {
         return Value::boolean(t.as_integer() > 1'767'225'660'000'000);
       })},
  };
}

// The best of some rounds, in nanoseconds per row.
template <class Work>
double measure(std::size_t rows, int rounds, Work work) {
  using Clock = std::chrono::steady_clock;
  const std::size_t times = kRowsPerRound / rows;
  double best = 1e300;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < times; ++i) work();
    const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
    best = std::min(best, took.count() / static_cast<double>(times * rows));
  }
  return best;
}

struct Figures {
  double program = 0;
  double by_hand = 0;  // 0: there is none
};

Figures figures(const Case& one, const Program& program, std::size_t rows, int rounds) {
  record::RecordBatch batch = batch_of(rows);
  batch.move_to_child_memory();  // clearing the arena leaves the columns
  const auto tidy = [&batch] {
    if (batch.arena().bytes() > kArenaBytesMax) batch.arena().clear();
  };
  std::vector<Value> out(rows);
  Scratch scratch;
  Figures made;
  made.program = measure(rows, rounds, [&] {
    program.run(batch, scratch, out);
    tidy();
  });
  if (one.by_hand == nullptr) return made;
  made.by_hand = measure(rows, rounds, [&] {
    one.by_hand(batch, rows, out.data());
    tidy();
  });
  return made;
}

int run(int rounds) {
  fmt::print(
      "| ns per row | 1 row | by hand | 256 rows | by hand | ratio |\n|---|---|---|---|---|---|\n");
  bool all = true;
  for (const Case& one : cases()) {
    Names names;
    const Compiled compiled = compile(one.text, names, Limits(), TypeCheck::dynamic);
    if (!compiled.ok()) {
      all = false;
      fmt::print("| `{}` | refused: {} | | | | |\n", one.text, compiled.diagnostics[0].message);
      continue;
    }
    const Figures alone = figures(one, *compiled.program, 1, rounds);
    const Figures many = figures(one, *compiled.program, kRows, rounds);
    const auto cell = [](double ns) {
      return ns > 0 ? fmt::format("{:.2f}", ns) : std::string("–");
    };
    fmt::print("| `{}` | {} | {} | {} | {} | {} |\n", one.text, cell(alone.program),
               cell(alone.by_hand), cell(many.program), cell(many.by_hand),
               many.by_hand > 0 ? fmt::format("{:.1f}", many.program / many.by_hand) : "–");
  }
  return all ? 0 : 1;
}

}  // namespace
}  // namespace leat::expr

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 20;
  return leat::expr::run(rounds > 0 ? rounds : 20);
}
