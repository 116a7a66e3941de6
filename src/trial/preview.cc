#include "trial/preview.h"

#include <algorithm>

#include "json/write.h"
#include "trial/expect.h"
#include "trial/modes.h"
#include "trial/prepare.h"
#include "trial/row_format.h"
#include "trial/show.h"
#include "trial/timeline.h"

namespace leat::trial {
namespace {

bool is_error(const spec::Diagnostic& diagnostic) {
  return diagnostic.severity == spec::Severity::error;
}

// The place of a letter: of a source or step, or of a sink (their ids may be the same).
bool of_sink(const OutputRow& letter) {
  return std::any_of(letter.headers.begin(), letter.headers.end(), [](const auto& header) {
    return header.first == "__connect.errors.class.name" && header.second == "sink";
  });
}

Preview::Step step_of_world(const World& world, const std::string& id, std::size_t letters,
                            std::size_t rows_max) {
  Preview::Step step;
  step.id = id;
  for (const flow::TapRow& row : world.tapped(id)) {
    if (step.rows.size() == rows_max) break;
    step.rows.push_back(show_bytes(row.value));
  }
  for (const OutputRow& letter : world.output(letters))
    if (step.errors.size() < rows_max && !of_sink(letter) && step_of(letter) == id)
      step.errors.push_back(show_letter(letter, LetterForm::without_step));
  return step;
}

void collect(const spec::PipelineSpec& definition, const World& world, std::size_t rows_max,
             Preview& out) {
  const std::size_t letters = definition.sinks.size();
  for (const spec::SourceSpec& source : definition.sources)
    out.steps.push_back(step_of_world(world, source.id, letters, rows_max));
  for (const spec::StepSpec& step : definition.steps)
    out.steps.push_back(step_of_world(world, step.id, letters, rows_max));
  for (std::size_t i = 0; i < definition.sinks.size(); ++i) {
    auto& [id, rows] = out.sinks.emplace_back();
    id = definition.sinks[i].id;
    for (const OutputRow& row : world.output(i)) {
      if (rows.size() == rows_max) break;
      const Result<json::Value> value =
          row.value ? read_row(definition.sinks[i], *row.value) : json::Value();
      rows.push_back(show(row, value.ok() ? &*value : nullptr, RowForm::full));
    }
  }
  for (const OutputRow& letter : world.output(letters))
    if (out.errors.size() < rows_max && of_sink(letter))
      out.errors.push_back(show_letter(letter, LetterForm::whole));
}

void write_all(json::Writer& writer, const std::vector<json::Value>& values) {
  writer.begin_array();
  for (const json::Value& value : values) writer.value(value);
  writer.end_array();
}

}  // namespace

Preview preview(const spec::PipelineSpec& definition, const std::vector<spec::TestInput>& inputs,
                std::size_t rows_max, const Limits& limits) {
  Preview out;
  const plan::PlanResult planned = prepare(definition, {}, Failing::all_kept, limits.plugins);
  std::copy_if(planned.diagnostics.begin(), planned.diagnostics.end(),
               std::back_inserter(out.diagnostics), is_error);
  if (planned.plan == nullptr) return out;
  MadeTimeline made = make_timeline(definition, inputs);
  if (!made.ok()) {
    out.bad_rows = std::move(made.mistakes);
    return out;
  }
  World::Options options;
  options.trigger = preview_trigger();
  options.partitions = made.timeline.partitions;
  options.tapped = true;
  options.limits = limits;
  const std::size_t batch_rows = options.batch_rows;
  World world(planned.plan, std::move(options));
  out.status = play(made.timeline, world, batch_rows);
  collect(definition, world, rows_max, out);
  return out;
}

std::string to_json(const Preview& preview) {
  json::Writer writer;
  writer.begin_object().key("steps").begin_array();
  for (const Preview::Step& step : preview.steps) {
    writer.begin_object().member("id", step.id).key("rows");
    write_all(writer, step.rows);
    writer.key("errors");
    write_all(writer, step.errors);
    writer.end_object();
  }
  writer.end_array().key("sinks").begin_object();
  for (const auto& [id, rows] : preview.sinks) {
    writer.key(id);
    write_all(writer, rows);
  }
  writer.end_object().key("errors");
  write_all(writer, preview.errors);
  return writer.end_object().take();
}

}  // namespace leat::trial
