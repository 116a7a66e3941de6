#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "expr/compile.h"
#include "plan/plan.h"
#include "plugin/plugins.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::plan {

// What `plugins` of a definition means: versions that are pinned, and the functions that its expressions
// may call. Belongs to one call of build_plan.
class PluginFunctions {
 public:
  // Pins the versions. `installed`: null = none are. A plugin of which tests answer calls need not be
  // installed. `spec` outlives it.
  PluginFunctions(const spec::PipelineSpec& spec, plugin::Plugins* installed,
                  const std::vector<expr::MockPtr>& mocks);

  // What is wrong with `plugins`: BAD_NAME, BAD_VERSION, UNKNOWN_PLUGIN, UNKNOWN_PLUGIN_VERSION,
  // PLUGIN_UNUSABLE.
  void tell(std::vector<spec::Diagnostic>& diagnostics) const;
  // What "geo.country_of" means in the expression at `pointer`; nothing when the definition names no
  // such plugin, or it has no such function.
  std::optional<expr::FoundFunction> find(std::string_view name, std::string_view pointer);
  // Full names of all that expressions can call.
  std::vector<std::string> names() const;
  // What else is to be said of an unknown function.
  std::string hint_for(std::string_view name) const;
  std::vector<PluginPin> pins() const;

 private:
  struct Used {
    plugin::PinnedLibrary pinned;
    std::string range;
    std::map<std::string, record::FunctionPtr, std::less<>> functions;  // that were called
    std::set<std::string, std::less<>> steps;
  };
  void pin(const spec::PluginSpec& wanted, bool mocked);
  void report(const spec::PluginSpec& wanted, std::string code, std::string message,
              std::vector<std::string> did_you_mean = {});

  const spec::PipelineSpec& spec_;
  plugin::Plugins* const installed_;
  std::map<std::string, Used, std::less<>> used_;
  std::vector<spec::Diagnostic> diagnostics_;
};

}  // namespace leat::plan
