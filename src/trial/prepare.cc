#include "trial/prepare.h"

#include "expr/mock.h"

namespace leat::trial {

plan::PlanResult prepare(const spec::PipelineSpec& definition,
                         const std::vector<spec::TestFunction>& mocks, Failing failing,
                         plugin::Plugins* plugins) {
  const auto tried = std::make_shared<spec::PipelineSpec>(definition);
  tried->parallelism = 1;
  if (failing == Failing::all_kept) {
    tried->on_error.decode = spec::ErrorAction::dead_letter;
    tried->on_error.record = spec::ErrorAction::dead_letter;
    tried->on_error.stop_if.reset();
    for (spec::StepSpec& step : tried->steps) step.on_error.reset();
  }
  plan::PlanOptions options;
  options.plugins = plugins;
  for (const spec::TestFunction& mock : mocks)
    options.mocks.push_back(std::make_shared<const expr::Mock>(mock));
  return plan::build_plan(tried, options);
}

}  // namespace leat::trial
