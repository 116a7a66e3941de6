// Functions that keep the rules, and one that breaks each of them on demand.
#include <leat/plugin.h>

#include <cstring>

LEAT_PLUGIN("calls", "2.1.0");

namespace {

const leat_host* the_host;
int open_instances;

leat_status open_counted(const leat_host* host, leat_call* call, void*, leat_str with, void** instance) {
  if (with.len > 2) {
    host->fail(call, 5, LEAT_TEXT("no settings are taken"));
    return LEAT_FATAL;
  }
  ++open_instances;
  *instance = &open_instances;
  return LEAT_OK;
}
void close_counted(void* instance) { --*static_cast<int*>(instance); }

// add(x, y?): y counts as nothing when it is null; both null gives null.
leat_status add(void*, leat_call*, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i < in->rows; ++i) {
    const bool there = LEAT_IS_SET(&in->cols[1], i);
    const int64_t y = there ? LEAT_AT(int64_t, &in->cols[1], i) : 0;
    const int64_t x = LEAT_AT(int64_t, &in->cols[0], i);
    if (!there && x == 0) {
      LEAT_SET_NULL(out, i);
    } else {
      static_cast<int64_t*>(out->data)[i] = x + y;
    }
  }
  return LEAT_OK;
}

// doubled(s): the text twice, in memory of the batch.
leat_status doubled(void*, leat_call* call, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i < in->rows; ++i) {
    const leat_str s = LEAT_AT(leat_str, &in->cols[0], i);
    char* to = static_cast<char*>(the_host->alloc(call, 2 * s.len, 1));
    if (to == nullptr) return LEAT_FATAL;
    std::memcpy(to, s.ptr, s.len);
    std::memcpy(to + s.len, s.ptr, s.len);
    static_cast<leat_str*>(out->data)[i] = {to, 2 * s.len};
  }
  return LEAT_OK;
}

template <class T>
leat_status same(void*, leat_call*, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i < in->rows; ++i)
    static_cast<T*>(out->data)[i] = LEAT_AT(T, &in->cols[0], i);
  return LEAT_OK;
}

// later(t, us): a time moved on.
leat_status later(void*, leat_call*, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i < in->rows; ++i)
    static_cast<int64_t*>(out->data)[i] =
        LEAT_AT(int64_t, &in->cols[0], i) + LEAT_AT(int64_t, &in->cols[1], i);
  return LEAT_OK;
}

leat_status even(void*, leat_call* call, const leat_batch* in, uint64_t* bitmap) {
  leat_status status = LEAT_OK;
  for (uint32_t i = 0; i < in->rows; ++i) {
    const int64_t x = LEAT_AT(int64_t, &in->cols[0], i);
    if (x < 0) {
      the_host->fail_row(call, i, 3, LEAT_TEXT("negative"));
      status = LEAT_ROWS_FAILED;
    } else if (x % 2 == 0) {
      bitmap[i / 64] |= UINT64_C(1) << (i % 64);
    }
  }
  return status;
}

// rogue(what): breaks the rule of this number.
leat_status rogue(void*, leat_call* call, const leat_batch* in, leat_out* out) {
  leat_str* to = static_cast<leat_str*>(out->data);
  switch (LEAT_AT(int64_t, &in->cols[0], 0)) {
    case 1: to[0] = LEAT_TEXT("\xff"); break;
    case 2: to[0] = {nullptr, 5}; break;
    case 3: return 77;
    case 4: return LEAT_ROWS_FAILED;
    case 5: the_host->fail_row(call, in->rows, 1, LEAT_TEXT("")); break;
    case 6: return LEAT_RETRY;
    case 7: the_host->fail(call, 42, LEAT_TEXT("out of\nluck")); return LEAT_FATAL;
    case 8: to[in->rows] = LEAT_TEXT("beyond"); break;
    case 9: throw 9;
    case 10: LEAT_SET_NULL(out, 0); break;
    case 11: the_host->fail_row(call, 0, 0, LEAT_TEXT("")); break;
    case 12: the_host->state_put(call, 0, LEAT_TEXT(""), LEAT_TEXT("")); break;
    case 13: the_host->alloc(call, 8, 3); break;
    case 14: out->valid[1] = 0; break;
    default: break;
  }
  return LEAT_OK;
}

leat_status unlike_bool(void*, leat_call*, const leat_batch*, leat_out* out) {
  *static_cast<uint8_t*>(out->data) = 2;
  return LEAT_OK;
}

template <leat_status (*Eval)(void*, leat_call*, const leat_batch*, leat_out*)>
const leat_scalar_ops scalar_ops = {sizeof(leat_scalar_ops), 0, Eval};
const leat_filter_ops even_ops = {sizeof(leat_filter_ops), 0, even};

leat_function function(uint32_t kind, uint32_t flags, const char* name, const char* signature, const void* ops) {
  leat_function made = {};
  made.struct_size = sizeof made;
  made.kind = kind;
  made.flags = flags;
  made.name = name;
  made.signature = signature;
  made.ops = ops;
  made.open = open_counted;
  made.close = close_counted;
  return made;
}

constexpr uint32_t kPure = LEAT_PURE | LEAT_BATCH_INVARIANT;
const leat_function functions[] = {
    function(LEAT_SCALAR, kPure, "add", "(x: int, y: int?) -> int?", &scalar_ops<add>),
    function(LEAT_SCALAR, kPure | LEAT_NULL_PROPAGATES, "doubled", "(s: string) -> string?", &scalar_ops<doubled>),
    function(LEAT_SCALAR, kPure, "same_json", "(j: json) -> json", &scalar_ops<same<leat_str>>),
    function(LEAT_SCALAR, kPure, "same_double", "(x: double) -> double", &scalar_ops<same<double>>),
    function(LEAT_SCALAR, kPure, "same_bool", "(x: bool) -> bool", &scalar_ops<same<uint8_t>>),
    function(LEAT_SCALAR, kPure, "later", "(t: timestamp, us: int) -> timestamp", &scalar_ops<later>),
    function(LEAT_FILTER, kPure, "even", "(x: int) -> bool", &even_ops),
    function(LEAT_SCALAR, 0, "rogue", "(what: int) -> string", &scalar_ops<rogue>),
    function(LEAT_SCALAR, 0, "unlike_bool", "() -> bool", &scalar_ops<unlike_bool>),
};

}  // namespace

extern "C" LEAT_EXPORT leat_status leat_plugin_init(const leat_host* host, leat_registry* registry) {
  the_host = host;
  for (const leat_function& one : functions)
    if (const leat_status status = host->add(registry, &one)) return status;
  return LEAT_OK;
}
