#include <algorithm>

#include "base/text.h"
#include "spec/field_path.h"
#include "spec/sections.h"

namespace leat::spec {
namespace {

using Kind = WindowSpec::Kind;

// The starts of windows are told apart by their milliseconds.
void check_whole(Findings& findings, const ObjectReader& reader, std::string_view key) {
  const auto length = reader.duration(key);
  if (length && *length % std::chrono::milliseconds(1) != Duration::zero())
    findings.error("BAD_VALUE", *reader.spot_of(key),
                   "`" + std::string(key) + "` must be whole milliseconds");
}

void check_hops(Findings& findings, const ObjectReader& reader, const WindowSpec& window) {
  if (window.every > window.size)
    return findings.error("OUT_OF_RANGE", *reader.spot_of("every"),
                          "`every` must not be longer than the window: rows in between would be in "
                          "none");
  const auto most = static_cast<std::int64_t>(findings.options().windows_per_row);
  const std::int64_t windows = (window.size.count() - 1) / window.every.count() + 1;
  if (windows > most)
    findings.error("OUT_OF_RANGE", *reader.spot_of("every"),
                   "a row falls into " + std::to_string(windows) +
                       " windows; `limits.windows_per_row` is " + std::to_string(most));
}

Kind kind_of(std::string_view word) noexcept {
  if (word == "hopping") return Kind::hopping;
  if (word == "session") return Kind::session;
  return word == "lookback" ? Kind::lookback : Kind::tumbling;
}

void read_grid(Findings& findings, const ObjectReader& reader, WindowSpec& window) {
  const bool aligned = window.kind == Kind::tumbling || window.kind == Kind::hopping;
  if (const auto offset = reader.spot_of("offset"); offset && !aligned)
    findings.error("BAD_VALUE", *offset, "`offset` shifts tumbling and hopping windows only");
  window.offset = reader.duration("offset").value_or(Duration());
  if (window.kind != Kind::hopping) {
    if (reader.has("every"))
      findings.error("BAD_VALUE",
                     {*reader.spot().value.find("every"), reader.spot().pointer + "/every"},
                     "`every` stands beside `hopping` only");
    window.every = window.size;
    return;
  }
  if (!reader.has("every"))
    findings.error("MISSING_FIELD", reader.spot(),
                   "`every` is missing: the time from one start of a hopping window to the next");
  if (const auto every = reader.duration("every")) {
    window.every = *every;
    if (window.size > Duration::zero()) check_hops(findings, reader, window);
  }
}

// Nothing when it is not known what kind of window is meant.
std::optional<WindowSpec> read_window(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "window");
  const std::string_view kind = reader.exactly_one("a window");
  if (kind.empty()) return std::nullopt;
  WindowSpec window;
  window.kind = kind_of(kind);
  window.size = reader.duration(kind).value_or(Duration());
  window.processing_time = reader.text("time") == "processing";
  read_grid(findings, reader, window);
  for (const std::string_view key : {kind, std::string_view("every"), std::string_view("offset")})
    check_whole(findings, reader, key);
  return window;
}

Emit emit_of(std::string_view word) noexcept {
  if (word == "per_batch") return Emit::per_batch;
  if (word == "on_close") return Emit::on_close;
  return word == "complete" ? Emit::complete : Emit::per_record;
}

LateRows late_of(std::string_view word) noexcept {
  if (word == "side_output") return LateRows::side_output;
  if (word == "update") return LateRows::update;
  return word == "pass" ? LateRows::pass : LateRows::drop;
}

void check_names(Findings& findings, const Spot& spot, const AggregateStep& step) {
  std::vector<Assignment> all = step.by;
  all.insert(all.end(), step.compute.begin(), step.compute.end());
  for (const Assignment& field : all) {
    const std::string& name = field.target.front();
    if (name != "window_start" && name != "window_end") continue;
    findings.error_at("RESERVED_NAME", field.pointer,
                      json::place_of(spot.value, field.pointer.substr(spot.pointer.size())),
                      quoted(name) + " is what the time of a window is called");
  }
  check_clashes(findings, spot, all);
}

void read_emit(Findings& findings, const ObjectReader& reader, AggregateStep& step) {
  const bool lookback = step.window && step.window->kind == Kind::lookback;
  const bool session = step.window && step.window->kind == Kind::session;
  const auto emit = reader.spot_of("emit");
  step.emit =
      emit ? emit_of(*emit->value.as_string()) : (session ? Emit::on_close : Emit::per_record);
  const auto refuse = [&](std::string message) {
    findings.error("BAD_VALUE", *emit, std::move(message));
  };
  if (lookback && step.emit != Emit::per_record)
    refuse("a `lookback` gives one row for every row: `per_record`");
  else if (step.emit == Emit::on_close && !reader.has("window"))
    refuse("`on_close` needs a `window`: without one nothing ever closes");
  else if (step.emit == Emit::complete && reader.has("window"))
    refuse("`complete` is for aggregates without window: write `per_batch` or `on_close`");
  const auto keep = reader.spot_of("keep_row");
  step.keep_row = reader.flag("keep_row").value_or(lookback);
  if (lookback && !step.keep_row)
    findings.error("BAD_VALUE", *keep, "a `lookback` keeps the row; `select` takes fields away");
  if (!lookback && step.keep_row && step.emit != Emit::per_record)
    findings.error("BAD_VALUE", *keep, "`keep_row` needs `\"emit\": \"per_record\"`");
}

// What a setting for late rows needs and does not have here; empty = nothing.
std::string why_not_late(const ObjectReader& reader, const AggregateStep& step) {
  if (!reader.has("window")) return "without a `window` no row is late";
  if (step.window && step.window->processing_time) return "by processing time no row is late";
  return {};
}

void read_lateness(Findings& findings, const ObjectReader& reader, AggregateStep& step) {
  const bool lookback = step.window && step.window->kind == Kind::lookback;
  const auto refuse = [&](std::string_view key, std::string message) {
    findings.error("BAD_VALUE", *reader.spot_of(key), std::move(message));
  };
  step.late = late_of(reader.text("late").value_or("drop"));
  if (const std::string why = why_not_late(reader, step); !why.empty()) {
    if (step.late != LateRows::drop) refuse("late", why);
    for (const std::string_view key : {"allowed_lateness", "too_late"})
      if (reader.get(key) != nullptr) refuse(key, why);
    return;
  }
  if (lookback && step.late == LateRows::update)
    refuse("late", "a `lookback` emits nothing again: write `drop` or `side_output`");
  if (const auto allowed = reader.duration("allowed_lateness")) {
    step.allowed_lateness = *allowed;
    if (!lookback && step.late != LateRows::update)
      refuse("allowed_lateness", "`allowed_lateness` needs `\"late\": \"update\"`");
  } else if (lookback) {
    step.allowed_lateness = step.window->size;
  }
  step.too_late_to_side = reader.text("too_late") == "side_output";
  if (reader.get("too_late") != nullptr && step.late != LateRows::update)
    refuse("too_late", "`too_late` needs `\"late\": \"update\"`");
}

}  // namespace

AggregateStep read_aggregate(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "aggregate");
  AggregateStep step;
  if (const auto by = reader.spot_of("by")) step.by = read_fields(findings, *by, 0);
  step.null_is_key = reader.text("null_key") == "group";
  if (const auto window = reader.spot_of("window")) step.window = read_window(findings, *window);
  if (const auto compute = reader.spot_of("compute"))
    step.compute = read_fields(findings, *compute, 1, true);
  check_names(findings, spot, step);
  read_emit(findings, reader, step);
  read_lateness(findings, reader, step);
  step.ttl = reader.duration("ttl").value_or(Duration());
  if (const auto ttl = reader.spot_of("ttl"); ttl && reader.has("window"))
    findings.error("BAD_VALUE", *ttl,
                   "`ttl` is for aggregates without window: a window ends by itself");
  return step;
}

DedupeStep read_dedupe(Findings& findings, const Spot& spot) {
  const ObjectReader reader(findings, spot, "dedupe");
  DedupeStep step;
  if (const auto by = reader.spot_of("by")) {
    step.by = read_fields(findings, *by);
    check_clashes(findings, *by, step.by);
  }
  step.within = reader.duration("within").value_or(Duration());
  check_whole(findings, reader, "within");
  step.late = late_of(reader.text("late").value_or("pass"));
  return step;
}

}  // namespace leat::spec
