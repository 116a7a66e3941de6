#include "operators/keyed_work.h"

#include <utility>

#include "codec/json_text.h"
#include "operators/keyed/dedupe.h"
#include "operators/keyed/lookback_aggregate.h"
#include "operators/keyed/plain_aggregate.h"
#include "operators/keyed/window_aggregate.h"

namespace leat::operators {

using record::Value;

namespace {

bool has_windows(const AggregateWork& work) noexcept {
  return work.window.kind == Window::Kind::tumbling || work.window.kind == Window::Kind::hopping ||
         work.window.kind == Window::Kind::session;
}

// Writes the members of one JSON object.
class Members {
 public:
  explicit Members(codec::TextBuffer& out) : out_(out) {}
  void name(std::string_view name) {
    if (!first_) out_.put(',');
    first_ = false;
    codec::append_string(out_, name);
    out_.put(':');
  }
  void member(std::string_view name, const Value& value) {
    this->name(name);
    const std::size_t before = out_.size();
    if (codec::append_value(out_, value) == nullptr) return;
    out_.truncate(before);
    out_.append("null");
  }

 private:
  codec::TextBuffer& out_;
  bool first_ = true;
};

class Shown {
 public:
  Shown(const AggregateWork& work, const std::vector<std::string>& names)
      : states_(work.calls), rules_(work), names_(names), results_(work.calls.size()) {}

  void plain(const PlainValue& value) { object({}, value.block()); }

  void lookback(const LookbackValue& value) {
    out_.put('{');
    Members members(out_);
    const std::size_t rows = value.rows.size() - value.first;
    members.member("rows", Value::integer(static_cast<std::int64_t>(rows)));
    if (rows != 0) {
      members.member("first", Value::timestamp(value.rows[value.first].time_us));
      members.member("last", Value::timestamp(value.newest_us()));
    }
    out_.put('}');
  }

  void windows(const WindowValue& value) {
    out_.append(R"({"windows":[)");
    if (value.panes)
      joined(value);
    else
      for (const OpenWindow& window : value.windows())
        window_object({window.start_us, window.end_us}, window.block);
    out_.append("]}");
  }
  std::string_view text() const noexcept { return out_.view(); }

 private:
  void joined(const WindowValue& value) {
    const WindowGrid& grid = rules_.grid();
    std::int64_t end = rules_.next_end(value);
    for (; end != state::kNeverDue; end += grid.every_us) {
      const std::int64_t start = end - grid.size_us;
      if (value.windows().back().start_us < start) return;
      OwnBlock whole(states_);
      if (rules_.join_panes(states_, value, end, whole.get()) == nullptr)
        window_object({start, end}, whole.get());
    }
  }
  void window_object(const WindowTimes& window, const void* block) {
    if (!std::exchange(first_, false)) out_.put(',');
    object(window, block);
  }
  void object(const std::optional<WindowTimes>& window, const void* block) {
    base::Arena arena;
    states_.results(block, arena, results_);
    out_.put('{');
    Members members(out_);
    if (window) {
      members.member("window_start", Value::timestamp(window->start_us));
      members.member("window_end", Value::timestamp(window->end_us));
    }
    for (std::size_t c = 0; c < results_.size(); ++c) members.member(names_[c], results_[c]);
    out_.put('}');
  }

  const CallStates states_;
  const WindowRules rules_;
  const std::vector<std::string>& names_;
  std::vector<Value> results_;
  codec::TextBuffer out_;
  bool first_ = true;
};

}  // namespace

bool updates(const AggregateWork& work) noexcept {
  if (work.keep_row) return false;
  return work.emit != Emit::on_close || (work.late == Late::update && work.allowed_lateness_us > 0);
}

std::shared_ptr<const state::ValueType> make_value_type(const AggregateWork& work) {
  if (has_windows(work)) return std::make_shared<WindowValueType>(work);
  if (work.window.kind == Window::Kind::lookback) return std::make_shared<LookbackValueType>(work);
  return std::make_shared<PlainValueType>(work);
}

std::shared_ptr<const state::ValueType> make_value_type(const DedupeWork& work) {
  return std::make_shared<DedupeValueType>(work);
}

std::unique_ptr<flow::Operator> make_keyed_operator(std::shared_ptr<const AggregateWork> work) {
  if (has_windows(*work)) return std::make_unique<WindowAggregate>(std::move(work));
  if (work->window.kind == Window::Kind::lookback)
    return std::make_unique<LookbackAggregate>(std::move(work));
  return std::make_unique<PlainAggregate>(std::move(work));
}

std::unique_ptr<flow::Operator> make_keyed_operator(std::shared_ptr<const DedupeWork> work) {
  return std::make_unique<Dedupe>(std::move(work));
}

void show_value(const AggregateWork& work, const void* value, const std::vector<std::string>& names,
                std::string& out) {
  Shown shown(work, names);
  if (has_windows(work))
    shown.windows(*static_cast<const WindowValue*>(value));
  else if (work.window.kind == Window::Kind::lookback)
    shown.lookback(*static_cast<const LookbackValue*>(value));
  else
    shown.plain(*static_cast<const PlainValue*>(value));
  out.append(shown.text());
}

void show_value(const DedupeWork&, const void* value, std::string& out) {
  codec::TextBuffer text;
  text.append(R"({"first_rows":[)");
  bool first = true;
  for (const std::int64_t time : static_cast<const FirstRows*>(value)->times()) {
    if (!std::exchange(first, false)) text.put(',');
    codec::append_value(text, Value::timestamp(time));
  }
  text.append("]}");
  out.append(text.view());
}

}  // namespace leat::operators
