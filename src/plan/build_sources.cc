#include <utility>

#include "operators/arrival.h"
#include "plan/builder.h"

namespace leat::plan {
namespace {

using operators::Arrival;
using operators::ArrivalWork;

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

}  // namespace

Flow Builder::add_source(std::uint32_t index, const spec::SourceSpec& source) {
  Flow decoded = graph_.add_source(index, source, options_.records);
  const spec::EventTimeSpec& time = source.event_time;
  auto work = std::make_shared<ArrivalWork>();
  work->unit = time.unit;
  work->fallback_kafka = time.fallback_kafka;
  work->key_as_bytes = source.key_as_bytes;
  if (time.value) {
    decoded =
        compiled_input(std::move(decoded), source.id, [&](Expressions& expressions, const Shape&) {
          const Expressions::Value value = expressions.compile(*time.value);
          if (expressions.mixed() || !value.valid) return true;
          work->program = value.program;
          work->column = value.copy_of ? column(*value.copy_of, Want::value) : value.column;
          if (time.unit != spec::EventTimeSpec::Unit::pattern) return true;
          // The expression is right by itself: what is wrong now is the pattern or the zone.
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
