// leat/plugin.hpp - plugins in C++17 over the ABI of leat/plugin.h. Header-only; needs the standard library alone.
//
//   #include <leat/plugin.hpp>
//   LEAT_PLUGIN("geo", "1.0.0");
//   LEAT_REGISTER(r) {
//     r.scalar("double_of", "(x: int) -> int", [](int64_t x) { return 2 * x; }).pure().batch_invariant();
//   }
//
// Signatures are compared with the C++ types when the library is loaded: a mistake is the text of the refusal.
// Throw leat::RowError for one row, leat::Retry when nothing happened yet; any other exception ends the pipeline's run with
// its what(). A callable is copied once per instance (step and task), and never called by two threads at once unless
// thread_safe().
#pragma once

#include <leat/wrapper/aggregate.hpp>
#include <leat/wrapper/rowwise.hpp>
#include <leat/wrapper/stateful.hpp>

namespace leat {

// Takes the functions of a plugin. Every method throws std::invalid_argument when signature and C++ types differ.
class Registry {
 public:
  // Runs `body` and adds its functions to the host, which keeps them: they hang on `kept` for the life of the process.
  static leat_status run(const leat_host* host, leat_registry* to, void (*body)(Registry&),
                         Function*& kept) noexcept {
    return detail::guarded(host, nullptr, [&] {
      Registry registry;
      body(registry);
      for (std::unique_ptr<Function>& function : registry.functions_) {
        detail::need(host->add(to, function->raw()));
        function.release()->hang_on(kept);
      }
      return LEAT_OK;
    });
  }

  // `callable(T…) -> R`, one call per row; a row with a null for a parameter without `?` gives null.
  template <class F>
  Function& scalar(const char* name, const char* signature, F callable) {
    return add<detail::Scalar<F, detail::Copied<F>>>(name, signature,
                                                     detail::Copied<F>{std::move(callable)});
  }
  // The same with instances of a class F, made by F(leat::With) or F().
  template <class F>
  Function& scalar(const char* name, const char* signature) {
    return add<detail::Scalar<F, detail::MadeWith<F>>>(name, signature, detail::MadeWith<F>{});
  }

  // `callable(T…) -> bool`; true keeps the row.
  template <class F>
  Function& filter(const char* name, const char* signature, F callable) {
    return add<detail::Filter<F, detail::Copied<F>>>(name, signature,
                                                     detail::Copied<F>{std::move(callable)});
  }
  template <class F>
  Function& filter(const char* name, const char* signature) {
    return add<detail::Filter<F, detail::MadeWith<F>>>(name, signature, detail::MadeWith<F>{});
  }

  // `callable(T…, leat::Emit&)`; emit.row(…) once for each row it gives.
  template <class F>
  Function& flat_map(const char* name, const char* signature, F callable) {
    return add<detail::FlatMap<F, detail::Copied<F>>>(name, signature,
                                                      detail::Copied<F>{std::move(callable)});
  }
  template <class F>
  Function& flat_map(const char* name, const char* signature) {
    return add<detail::FlatMap<F, detail::MadeWith<F>>>(name, signature, detail::MadeWith<F>{});
  }

  // State: update(T…), merge(const State&), finish() const, optional retract(T…), save(Buffer&) const and
  // load(uint32_t version, std::string_view); see wrapper/aggregate.hpp.
  template <class State>
  Function& aggregate(const char* name, const char* signature) {
    return add<detail::Aggregate<State>>(name, signature);
  }

  // F: F(With) or F(), rows(Key, Rows, Emit&) or row(Key, Row, Emit&), optional timer(Key, Timer, Emit&); members
  // Value<T>, List<T>, Map<K, V>; see wrapper/stateful.hpp.
  template <class F>
  Function& stateful(const char* name, const char* signature) {
    return add<detail::Stateful<F>>(name, signature);
  }

 private:
  template <class Made, class... Extra>
  Function& add(const char* name, const char* signature, Extra&&... extra) {
    try {
      functions_.push_back(std::make_unique<Made>(name, signature, std::forward<Extra>(extra)...));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string(name) + ": " + error.what());
    }
    return *functions_.back();
  }

  std::vector<std::unique_ptr<Function>> functions_;
};

}  // namespace leat

// Defines leat_plugin_init: LEAT_REGISTER(r) { r.scalar(…); }
#define LEAT_REGISTER(r)                                                         \
  static void leat_register_(leat::Registry&);                                   \
  static leat::Function* leat_kept_ = nullptr;                                   \
  extern "C" LEAT_EXPORT leat_status leat_plugin_init(const leat_host* host,     \
                                                      leat_registry* registry) { \
    return leat::Registry::run(host, registry, leat_register_, leat_kept_);      \
  }                                                                              \
  static void leat_register_([[maybe_unused]] leat::Registry& r)
