#include "plan/plugin_functions.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "plugin/calls/scalar.h"

namespace leat::plan {
namespace {

bool can_be_called(const plugin::FunctionInfo& info) {
  return (info.kind == plugin::Kind::scalar || info.kind == plugin::Kind::filter) &&
         !info.has(LEAT_BLOCKING);
}

// Why an expression cannot call it.
expr::Refusal refusal_of(const plugin::LoadedFunction& function) {
  const std::string name = "`" + function.place.full_name() + "`";
  const std::string_view kind = plugin::to_string(function.info.kind);
  if (function.info.has(LEAT_BLOCKING))
    return {"NOT_AVAILABLE_YET", name + " may wait: such functions are not available yet", {}};
  return {"NOT_AVAILABLE_YET",
          name + " is of the kind " + std::string(kind) + ": it is not available yet",
          {}};
}

}  // namespace

PluginFunctions::PluginFunctions(const spec::PipelineSpec& spec, plugin::Plugins* installed,
                                 const std::vector<expr::MockPtr>& mocks)
    : spec_(spec), installed_(installed) {
  for (const spec::PluginSpec& wanted : spec.plugins)
    pin(wanted, std::any_of(mocks.begin(), mocks.end(), [&](const expr::MockPtr& mock) {
          return mock->name().starts_with(wanted.name + ".");
        }));
}

void PluginFunctions::report(const spec::PluginSpec& wanted, std::string code, std::string message,
                             std::vector<std::string> did_you_mean) {
  spec::Diagnostic& made = diagnostics_.emplace_back();
  made.pointer = wanted.pointer;
  made.code = std::move(code);
  made.message = std::move(message);
  made.did_you_mean = std::move(did_you_mean);
}

void PluginFunctions::pin(const spec::PluginSpec& wanted, bool mocked) {
  const std::string name = "`" + wanted.name + "`";
  if (!plugin::is_plugin_name(wanted.name))
    return report(wanted, "BAD_NAME",
                  name +
                      " is no name of a plugin: small letters, digits and `_`, at most 31, and no "
                      "word of the expression language");
  const auto range = plugin::parse_version_range(wanted.version);
  if (!range)
    return report(
        wanted, "BAD_VERSION",
        "a version is \"1.2\" (the highest activated 1.2.x), \"1.2.3\" or \"sha256:<64 hex>\"");
  if (installed_ == nullptr || !installed_->has(wanted.name)) {
    if (mocked) return;
    const std::vector<std::string> all =
        installed_ == nullptr ? std::vector<std::string>() : installed_->names();
    return report(
        wanted, "UNKNOWN_PLUGIN",
        "there is no plugin " + name + (all.empty() ? " here: none is installed" : " here"),
        base::nearest(wanted.name, {all.begin(), all.end()}));
  }
  Result<plugin::PinnedLibrary> pinned = installed_->pin(wanted.name, *range);
  if (!pinned.ok()) {
    const bool missing = pinned.status().code() == Code::not_found;
    return report(wanted, missing ? "UNKNOWN_PLUGIN_VERSION" : "PLUGIN_UNUSABLE",
                  pinned.status().message());
  }
  used_.emplace(wanted.name, Used{*std::move(pinned), wanted.version, {}, {}});
}

void PluginFunctions::tell(std::vector<spec::Diagnostic>& diagnostics) const {
  diagnostics.insert(diagnostics.end(), diagnostics_.begin(), diagnostics_.end());
}

std::optional<expr::FoundFunction> PluginFunctions::find(std::string_view name,
                                                         std::string_view pointer) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto found = used_.find(name.substr(0, dot));
  if (found == used_.end()) return std::nullopt;
  Used& used = found->second;
  const std::string_view word = name.substr(dot + 1);
  const plugin::LoadedFunction* const function = used.pinned.library->find(word);
  if (function == nullptr) return std::nullopt;
  if (!can_be_called(function->info)) return expr::FoundFunction{nullptr, refusal_of(*function)};
  for (const spec::StepSpec& step : spec_.steps)
    if (pointer.starts_with(step.pointer + "/")) used.steps.insert(step.id);
  record::FunctionPtr& made = used.functions[std::string(word)];
  if (made == nullptr) made = std::make_shared<const plugin::ScalarFunction>(*function);
  return expr::FoundFunction{made, std::nullopt};
}

std::vector<std::string> PluginFunctions::names() const {
  std::vector<std::string> names;
  for (const auto& [name, used] : used_)
    for (const plugin::LoadedFunction& function : used.pinned.library->functions())
      if (can_be_called(function.info)) names.push_back(function.place.full_name());
  return names;
}

std::string PluginFunctions::hint_for(std::string_view name) const {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string plugin(name.substr(0, dot));
  if (const auto used = used_.find(plugin); used != used_.end())
    return " in " + plugin + " " + plugin::to_string(used->second.pinned.version);
  const bool named = std::any_of(spec_.plugins.begin(), spec_.plugins.end(),
                                 [&](const auto& wanted) { return wanted.name == plugin; });
  if (named) return ": its plugin cannot be used";
  if (installed_ != nullptr && installed_->has(plugin))
    return ": the plugin `" + plugin + "` is installed, name it under `plugins`";
  return {};
}

std::vector<PluginPin> PluginFunctions::pins() const {
  std::vector<PluginPin> pins;
  for (const spec::PluginSpec& wanted : spec_.plugins) {
    const auto found = used_.find(wanted.name);
    if (found == used_.end()) continue;
    const Used& used = found->second;
    PluginPin& pin = pins.emplace_back();
    pin.name = wanted.name;
    pin.range = used.range;
    pin.version = plugin::to_string(used.pinned.version);
    pin.sha256 = used.pinned.sha256;
    for (const spec::StepSpec& step : spec_.steps)
      if (used.steps.contains(step.id)) pin.steps.push_back(step.id);
  }
  return pins;
}

}  // namespace leat::plan
