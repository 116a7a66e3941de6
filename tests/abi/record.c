/* Fails to compile when include/leat/plugin.h no longer keeps what plugin-1.0.inc promised. */
#include <leat/plugin.h>

#define FROZEN(type, size) _Static_assert(sizeof(type) == size, #type " is frozen for this major");
#define GROWS(type, size) \
  _Static_assert(sizeof(type) >= size, #type " lost members");
#define MEMBER(type, member, at, ...)                                                     \
  _Static_assert(offsetof(type, member) == at, #type "." #member " moved");               \
  _Static_assert(__builtin_types_compatible_p(__typeof__(((type *)0)->member), __VA_ARGS__), \
                 #type "." #member " changed its type");
#define VALUE(name, value) _Static_assert(name == value, #name " changed its value");
#define TYPE(name, is) _Static_assert(__builtin_types_compatible_p(name, is), #name " changed");
#define EXPORT(name, ...) \
  _Static_assert(__builtin_types_compatible_p(__typeof__(name), __VA_ARGS__), #name " changed");

#include "plugin-1.0.inc"
