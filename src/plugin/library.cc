#include "plugin/library.h"

#include <dlfcn.h>

#include <deque>

#include "base/text.h"
#include "plugin/calls/host.h"

namespace leat::plugin {
namespace {

using Init = leat_status (*)(const leat_host*, leat_registry*);

std::string loader_error() {
  const char* text = ::dlerror();
  std::string out;
  base::append_printable(out, text == nullptr ? "no reason was given" : text);
  return out;
}

Checked<Init> open_library(const std::string& path) {
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr)
    return Refusal{RefusalCode::load_failed, "it cannot be loaded: " + loader_error()};
  void* const symbol = ::dlsym(handle, "leat_plugin_init");
  if (symbol == nullptr)
    return Refusal{RefusalCode::load_failed, "leat_plugin_init is not found: " + loader_error()};
  return reinterpret_cast<Init>(symbol);
}

// What was loaded stays, so what tells of it does too.
std::vector<LoadedFunction>& keep_forever() {
  static auto* const all = new std::deque<std::vector<LoadedFunction>>();
  return all->emplace_back();
}

std::string init_failure(const leat_call& call, leat_status status) {
  if (!call.failure.empty())
    return "leat_plugin_init failed with " + std::to_string(call.code) + ": " + call.failure;
  return "leat_plugin_init gave the status " + std::to_string(status);
}

Checked<leat_registry> run_init(Init init, const FunctionPlace& place) {
  leat_registry registry;
  leat_call call{place};
  leat_status status = LEAT_FATAL;
  const Running running(place);
  try {
    status = init(&host(), &registry);
  } catch (...) {
    return Refusal{RefusalCode::init_failed, "an exception left leat_plugin_init"};
  }
  if (registry.refusal) return *std::move(registry.refusal);
  if (status != LEAT_OK) return Refusal{RefusalCode::init_failed, init_failure(call, status)};
  if (registry.infos.empty()) return Refusal{RefusalCode::bad_function, "it adds no function"};
  return registry;
}

}  // namespace

Checked<std::shared_ptr<const Library>> Library::load(const std::string& path,
                                                      const Identity& identity) {
  const Checked<Init> init = open_library(path);
  if (!init.ok()) return init.refusal();
  const FunctionPlace place{identity.name, to_string(identity.version), "leat_plugin_init"};
  Checked<leat_registry> registry = run_init(*init, place);
  if (!registry.ok()) return registry.refusal();
  std::vector<LoadedFunction>& functions = keep_forever();
  for (std::size_t i = 0; i < registry->infos.size(); ++i)
    functions.push_back({{place.plugin, place.version, registry->infos[i].name},
                         registry->infos[i],
                         registry->functions[i]});
  std::shared_ptr<Library> library(new Library());
  library->identity_ = identity;
  library->infos_ = std::move(registry->infos);
  library->functions_ = &functions;
  return std::shared_ptr<const Library>(std::move(library));
}

const LoadedFunction* Library::find(std::string_view function) const noexcept {
  for (const LoadedFunction& loaded : *functions_)
    if (loaded.info.name == function) return &loaded;
  return nullptr;
}

}  // namespace leat::plugin
