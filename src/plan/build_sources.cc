#include <utility>

#include "base/arena.h"
#include "expr/errors.h"
#include "expr/library/time_pattern.h"
#include "operators/arrival.h"
#include "plan/builder.h"
#include "plan/edges.h"
#include "plan/types.h"

namespace leat::plan {
namespace {

using operators::Arrival;
using operators::ArrivalWork;
using Unit = spec::EventTimeSpec::Unit;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// What reads a text by the source's own format.
spec::Expression parsing(const spec::EventTimeSpec& time) {
  std::string text = "time.parse((" + time.value->text + "), " + quoted(time.pattern);
  if (!time.zone.empty()) text += ", " + quoted(time.zone);
  return {text + ")", time.value->pointer};
}

// Why texts cannot be read by the pattern; empty = they can.
std::string refuse_pattern(const std::string& pattern) {
  const auto refused = [](const record::Value& value) {
    return value.is_error() && &value.as_error() == &expr::kInvalidFormat;
  };
  base::Arena arena;
  const record::Value written =
      expr::format_time(arena, record::Value::timestamp(0), pattern, expr::Zone());
  if (refused(written))
    return quoted(pattern) +
           " is no pattern of times: there are %Y %y %m %d %e %j, %H %I %p %M %S %f, %a %b, %z, "
           "%s, "
           "%F %T %R and %%, as in \"%Y-%m-%d %H:%M:%S\"";
  if (written.is(record::Type::string) &&
      refused(expr::parse_time(written.as_text(), pattern, expr::Zone())))
    return quoted(pattern) + " is no pattern to read times by: %u, %w, %G and %V only write them";
  return "";
}

bool is_timestamp(const Expressions::Value& value, const Scopes& scopes) {
  if (value.program != nullptr) return value.program->type() == record::Type::timestamp;
  if (!value.copy_of) return false;
  const TypePtr type = known_at(scopes.type(value.copy_of->scope), value.copy_of->path).type;
  return type != nullptr && type->kind == spec::SchemaType::Kind::timestamp;
}

}  // namespace

bool Builder::check_time_format(const spec::SourceSpec& source) {
  const spec::EventTimeSpec& time = source.event_time;
  if (time.unit != spec::EventTimeSpec::Unit::pattern) return true;
  const std::size_t known = diagnostics_.size();
  const std::string at = source.pointer + "/event_time";
  if (std::string why = refuse_pattern(time.pattern); !why.empty())
    report({}, at + "/format", "BAD_VALUE", std::move(why));
  if (!time.zone.empty() && !expr::Zone::find(time.zone))
    report({}, at + "/zone", "BAD_VALUE",
           "there is no time zone " + quoted(time.zone) +
               ": write a name of the tz database such as \"Europe/Berlin\", or an offset such as "
               "\"+02:00\"");
  return diagnostics_.size() == known;
}

Flow Builder::add_source(std::uint32_t index, const spec::SourceSpec& source) {
  Flow decoded = graph_.add_source(index, source, options_.records);
  const spec::EventTimeSpec& time = source.event_time;
  auto work = std::make_shared<ArrivalWork>();
  work->unit = time.unit;
  work->fallback_kafka = time.fallback_kafka;
  work->key_as_bytes = source.key_as_bytes;
  const bool format_is_right = check_time_format(source);
  if (time.value) {
    decoded =
        compiled_input(std::move(decoded), source.id, [&](Expressions& expressions, const Shape&) {
          const Expressions::Value value = expressions.compile(*time.value);
          if (expressions.mixed() || !value.valid) return true;
          work->program = value.program;
          work->column = value.copy_of ? column(*value.copy_of, Want::value) : value.column;
          if (time.unit != Unit::automatic && is_timestamp(value, graph_.scopes())) {
            report({}, source.pointer + "/event_time/format", "BAD_VALUE",
                   "the field is a timestamp already, whatever `format` says: leave it out, or "
                   "declare the field as `int` or `string` in the schema");
            return true;
          }
          if (time.unit != Unit::pattern) {
            report(misfit_event_time(value, time.unit), time.value->pointer);
            return true;
          }
          if (!format_is_right) return true;
          // The expression is right by itself: what is wrong now is that it is no text.
          const std::size_t known = diagnostics_.size();
          work->program = expressions.compile_program(parsing(time));
          work->column = graph_.scopes().new_column();
          for (std::size_t i = known; i < diagnostics_.size(); ++i) diagnostics_[i].span.reset();
          return true;
        });
  }
  return graph_.add_arrival(decoded, source.id, [work = std::shared_ptr<const ArrivalWork>(work)] {
    return std::make_unique<Arrival>(work);
  });
}

}  // namespace leat::plan
