// leat/plugin_testing.hpp - a fake host: unit tests of plugins without leat, in C++17 and without a test framework.
//
//   leat::testing::Plugin plugin(leat_plugin_init);                       // the plugin's objects are linked in
//   leat::testing::Plugin plugin = leat::testing::Plugin::load("./geo-1.0.0.so");
//   plugin.scalar("country_of")("10.1.2.3") == "DE"                       // one row
//   plugin.aggregate("mean").of({{1.0}, {2.0}}) == 1.5                    // also merged, saved, loaded, retracted
//   auto score = plugin.stateful("score", R"({"limit": 3})");
//   score.feed("card-1", Timestamp{0}, {10.0});  score.advance_watermark(Timestamp{60'000'000});
//
// Checked on every call: canaries around result slots and states, slots that were not written, nulls without `?`, UTF-8, JSON,
// statuses, row numbers, the shape of emitted rows, and for LEAT_BATCH_INVARIANT equal results for random batches.
// What breaks a rule throws leat::testing::Violation; LEAT_FATAL throws Failed, LEAT_RETRY Retried. Not thread-safe.
#pragma once

#include <dlfcn.h>

#include <leat/plugin.hpp>
#include <leat/testing/aggregates.hpp>
#include <leat/testing/cases.hpp>
#include <leat/testing/keyed.hpp>

namespace leat::testing {

// A plugin under test. What it hands out must not outlive it.
class Plugin {
 public:
  using Init = leat_status (*)(const leat_host*, leat_registry*);

  // Throws Violation with the text of the refusal.
  explicit Plugin(Init init) {
    detail::RegistryState registry;
    detail::Host::init_failure().clear();
    const leat_status status =
        init(detail::Host::table(), reinterpret_cast<leat_registry*>(&registry));
    if (!registry.refusal.empty()) throw Violation("refused: " + registry.refusal);
    if (status != LEAT_OK) throw Violation("leat_plugin_init: " + detail::Host::init_failure());
    functions_ = std::move(registry.functions);
  }

  // The library at `path`; it stays loaded. Throws Violation.
  static Plugin load(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) throw Violation(dlerror());
    void* init = dlsym(library, "leat_plugin_init");
    if (init == nullptr) throw Violation(path + " has no leat_plugin_init");
    return Plugin(reinterpret_cast<Init>(init));
  }

  // An instance of a function, opened with the JSON text of a step's "with". Throw Violation when there is none of that
  // kind, Failed when open refuses.
  Scalar scalar(const std::string& name, const std::string& with = "{}") {
    return Scalar(find(name, LEAT_SCALAR), with, log_.get());
  }
  Filter filter(const std::string& name, const std::string& with = "{}") {
    return Filter(find(name, LEAT_FILTER), with, log_.get());
  }
  FlatMap flat_map(const std::string& name, const std::string& with = "{}") {
    return FlatMap(find(name, LEAT_FLAT_MAP), with, log_.get());
  }
  Aggregate aggregate(const std::string& name, const std::string& with = "{}") {
    return Aggregate(find(name, LEAT_AGGREGATE), with, log_.get());
  }
  Stateful stateful(const std::string& name, const std::string& with = "{}") {
    return Stateful(find(name, LEAT_STATEFUL), with, log_.get());
  }

  // What was registered.
  const std::vector<const leat_function*>& functions() const { return functions_; }
  // What its calls logged.
  const std::vector<std::string>& log() const { return *log_; }

 private:
  const leat_function* find(const std::string& name, uint32_t kind) const {
    for (const leat_function* function : functions_) {
      if (name == function->name && kind == function->kind) return function;
    }
    throw Violation("the plugin has no function `" + name + "` of that kind");
  }

  std::vector<const leat_function*> functions_;
  std::unique_ptr<std::vector<std::string>> log_ = std::make_unique<std::vector<std::string>>();
};

}  // namespace leat::testing
