// A static of a template: one variable for all libraries of the process, unless told otherwise.
#include <leat/plugin.h>

LEAT_PLUGIN("unique", "1.0.0");

template <class T>
struct Shared {
  __attribute__((visibility("default"))) static T value;
};
template <class T>
__attribute__((visibility("default"))) T Shared<T>::value = 1;

extern "C" LEAT_EXPORT leat_status leat_plugin_init(const leat_host*, leat_registry*) {
  return Shared<int>::value++ == 1 ? LEAT_OK : LEAT_FATAL;
}
