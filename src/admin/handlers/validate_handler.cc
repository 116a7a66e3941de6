#include <algorithm>

#include "admin/handlers/answers.h"
#include "admin/handlers/handlers.h"
#include "json/write.h"
#include "plan/edit.h"
#include "spec/text.h"
#include "trial/places.h"

namespace leat::admin {
namespace {

void write_plan(json::Writer& writer, const plan::Plan& plan) {
  writer.begin_object().key("stages").begin_array();
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const plan::Stage& stage = plan.stages[i];
    writer.begin_object().member("id", "stage-" + std::to_string(i)).key("steps").begin_array();
    for (const std::string& step : stage.steps) writer.value(step);
    writer.end_array()
        .member("parallelism", plan.parallelism)
        .member("exchange", !stage.exchanges.empty())
        .end_object();
  }
  writer.end_array().end_object();
}

// Every mode the documentation knows; the reason stands where one cannot be chosen.
void write_supported(json::Writer& writer) {
  writer.key("supported_triggers").begin_array();
  for (const spec::TriggerMode mode : {spec::TriggerMode::micro_batch, spec::TriggerMode::real_time,
                                       spec::TriggerMode::available_now}) {
    writer.begin_object().member("mode", spec::mode_name(mode)).member("supported", true);
    writer.key("reasons").begin_array().end_array().end_object();
  }
  writer.begin_object()
      .member("mode", "auto")
      .member("supported", false)
      .key("reasons")
      .begin_array();
  writer.begin_object().member_null("step").member("reason", "NOT_AVAILABLE_YET").end_object();
  writer.end_array().end_object().end_array();
}

// Of all steps that keep state.
std::size_t key_bytes(const plan::Plan& plan) {
  std::size_t bytes = 0;
  for (const plan::KeyedStep& step : plan.keyed) bytes += step.key_bytes;
  return bytes;
}

bool bounded(const plan::Plan& plan) {
  return std::all_of(plan.keyed.begin(), plan.keyed.end(),
                     [](const plan::KeyedStep& step) { return step.bounded; });
}

// What a PUT would do to the pipeline that has the name; `before` null: there is none.
void write_changes(json::Writer& writer, const plan::Plan* before, const plan::Plan& after) {
  writer.key("changes").begin_array();
  if (before != nullptr)
    for (const plan::EditChange& change : plan::edit_changes(*before, after)) {
      writer.begin_object()
          .member("pointer", change.pointer)
          .member("class", plan::edit_class_name(change.edit))
          .key("step");
      if (change.step.empty())
        writer.null();
      else
        writer.value(change.step);
      writer.member("message", change.message).end_object();
    }
  writer.end_array();
}

std::string verdict_text(const std::vector<spec::Diagnostic>& diagnostics, const plan::Plan* plan,
                         const plan::Plan* before) {
  json::Writer writer;
  writer.begin_object().member("valid", plan != nullptr).key("diagnostics").begin_array();
  for (const spec::Diagnostic& diagnostic : diagnostics) spec::write_diagnostic(writer, diagnostic);
  writer.end_array().key("plan");
  if (plan == nullptr) return writer.null().end_object().take();
  write_plan(writer, *plan);
  write_supported(writer);
  writer.key("estimates")
      .begin_object()
      .member("state_bytes_per_key", key_bytes(*plan))
      .member("state_bounded", bounded(*plan))
      .member("parallelism", plan->parallelism)
      .member("tasks", plan->stages.size() * plan->parallelism)
      .end_object();
  write_changes(writer, before, *plan);
  return writer.end_object().take();
}

}  // namespace

void validate_pipeline(Services& services, const RequestPtr& request, const Reply& reply) {
  // A viewer may ask: what stands outside of the definition is not read for them.
  spec::Options options = services.definitions;
  options.read_outside = nullptr;
  spec::ParseResult parsed = spec::parse_pipeline(request->body, options);
  if (parsed.malformed) return reply(malformed_json(request->body, std::move(parsed.diagnostics)));
  std::vector<spec::Diagnostic> diagnostics = std::move(parsed.diagnostics);
  plan::PlanResult built;
  if (parsed.ok()) {
    built = services.backend.build(parsed.spec);
  } else {
    built.diagnostics = services.backend.check_rest(parsed);
  }
  const auto& more = built.plan != nullptr ? built.plan->warnings : built.diagnostics;
  diagnostics.insert(diagnostics.end(), more.begin(), more.end());
  spec::locate(request->body, diagnostics);
  trial::to_exact_places(request->body, diagnostics);
  std::shared_ptr<const plan::Plan> before;
  if (const auto running =
          built.plan == nullptr ? nullptr : services.backend.find(parsed.spec->name);
      running != nullptr && running->spec != nullptr)
    before = services.backend.build(running->spec).plan;
  reply(json_response(200, verdict_text(diagnostics, built.plan.get(), before.get())));
}

}  // namespace leat::admin
