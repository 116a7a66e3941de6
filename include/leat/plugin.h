/* leat/plugin.h - plugin ABI 1.0. C11 or C++17, GNU attributes; needs stddef.h and stdint.h only.
 *
 * A plugin is a shared library with an ELF note (LEAT_PLUGIN) and one export (leat_plugin_init).
 * It imports nothing of leat: what it may call is in leat_host. Every minor version of a major
 * stays loadable: structs only grow at their end.
 *
 * Memory: what comes in is borrowed until the call returns. Result slots are the host's. Text in
 * a result points into an input of the same call, into static storage or into host->alloc
 * memory. Nobody frees what the other side made.
 * Threads: leat_plugin_init runs once per loaded version; open, close and all calls of an
 * instance run on the thread of its task, one at a time unless LEAT_THREAD_SAFE. Only
 * LEAT_BLOCKING functions may start threads; close joins them.
 * No exception, longjmp or exit() may leave a function of a plugin. */
#ifndef LEAT_PLUGIN_H
#define LEAT_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. Identity: an ELF note, read from the file without dlopen ---------------------------- */
#define LEAT_ABI_MAJOR 1
#define LEAT_ABI_MINOR 0
/* The oldest host minor this plugin runs on; raise it when it needs a newer member. */
#ifndef LEAT_MIN_HOST_MINOR
#define LEAT_MIN_HOST_MINOR 0
#endif
/* Free text shown by the API, for example a commit; the default keeps builds reproducible. */
#ifndef LEAT_BUILD_ID
#define LEAT_BUILD_ID ""
#endif
/* Section ".note.leat", note name "LEAT" (namesz 5), type 1. Every field is fixed for the life
 * of major 1. */
typedef struct leat_note {
  uint32_t namesz, descsz, type;
  char owner[8];    /* "LEAT\0\0\0\0" */
  uint16_t abi_major, abi_minor, min_host_minor, pointer_bits;
  char name[32];    /* ^[a-z][a-z0-9_]{0,30}$ : the word before the dot in expressions */
  char version[32]; /* MAJOR.MINOR.PATCH, decimal, no leading zeros, at most 31 bytes */
  char build[64];   /* at most 63 bytes */
} leat_note;
#ifdef __cplusplus
#define LEAT_ASSERT_(condition, text) static_assert(condition, text)
#else
#define LEAT_ASSERT_(condition, text) _Static_assert(condition, text)
#endif
#define LEAT_EXPORT __attribute__((visibility("default")))
/* Once per library, at file scope, followed by a semicolon: LEAT_PLUGIN("geo", "1.0.0"); */
#define LEAT_PLUGIN(NAME, VERSION) \
  LEAT_ASSERT_(sizeof(NAME) > 1 && sizeof(NAME) <= 32, "a plugin's name has 1 to 31 bytes"); \
  LEAT_ASSERT_(sizeof(VERSION) > 5 && sizeof(VERSION) <= 32, "a version is MAJOR.MINOR.PATCH"); \
  LEAT_ASSERT_(sizeof(LEAT_BUILD_ID) <= 64, "LEAT_BUILD_ID has at most 63 bytes"); \
  __attribute__((section(".note.leat"), used, aligned(4))) static const leat_note leat_note_ = { \
      5, sizeof(leat_note) - 20, 1, "LEAT", LEAT_ABI_MAJOR, LEAT_ABI_MINOR, LEAT_MIN_HOST_MINOR, \
      (uint16_t)(8 * sizeof(void *)), NAME, VERSION, LEAT_BUILD_ID}

/* ---- 2. Values: borrowed, columnar ---------------------------------------------------------- */
/* FROZEN (no struct_size, used in arrays): leat_str, leat_vec, leat_slot. All other structs grow
 * at the end. */
typedef struct leat_str {
  const char *ptr; /* not NUL-terminated; may be NULL if len is 0 */
  size_t len;
} leat_str;
typedef uint32_t leat_type;
enum {
  LEAT_BOOL = 1,      /* uint8_t 0 or 1 */
  LEAT_INT = 2,       /* int64_t */
  LEAT_DOUBLE = 3,    /* double */
  LEAT_TIMESTAMP = 4, /* int64_t, microseconds since 1970-01-01T00:00:00Z */
  LEAT_STRING = 5,    /* leat_str, valid UTF-8 */
  LEAT_BYTES = 6,     /* leat_str */
  LEAT_JSON = 7       /* leat_str, one JSON text (objects, lists, numbers, quoted strings) */
};
enum { LEAT_VEC_CONST = 1 }; /* data and valid hold one element that counts for all rows */
typedef struct leat_vec {
  leat_type type;
  uint32_t flags;
  const void *data;      /* element type as above; the element of a null row means nothing */
  const uint64_t *valid; /* bit i%64 of word i/64 set = row i is present; NULL = all present */
} leat_vec;
typedef struct leat_batch {
  uint32_t struct_size, rows, columns, reserved; /* rows >= 1 */
  /* in: one per parameter; emitted: one per result field; in the signature's order */
  const leat_vec *cols;
  /* per row; NULL when the function has no event time; emitted: NULL = the origin's */
  const int64_t *event_time_us;
  /* emitted batches: input row each row came from, ascending; NULL: all from the last input row.
   * Timer and flush output: must be NULL */
  const uint32_t *origin;
} leat_batch;
/* host-allocated result column of `rows` slots, valid preset to all ones */
typedef struct leat_out {
  uint32_t struct_size, rows;
  leat_type type;
  uint32_t reserved;
  void *data;      /* one slot per row; write each but those set to null or failed */
  uint64_t *valid; /* clear a bit to return null; never NULL */
} leat_out;

/* ---- 3. Results ----------------------------------------------------------------------------- */
typedef int32_t leat_status;
enum {
  LEAT_OK = 0,
  LEAT_ROWS_FAILED = 1, /* rows marked with fail_row go to on_error; the others count */
  LEAT_RETRY = 2,       /* nothing happened; the host calls again with back-off */
  LEAT_FATAL = 3        /* the pipeline fails with the text given to fail() */
};

/* ---- 4. What the host lends ----------------------------------------------------------------- */
typedef struct leat_registry leat_registry; /* valid during leat_plugin_init only */
/* one call on one thread; valid until the function returns */
typedef struct leat_call leat_call;
typedef struct leat_emit leat_emit;         /* collector of rows; valid like leat_call */
typedef struct leat_buf leat_buf;           /* growing byte buffer owned by the host */
struct leat_function;
enum { LEAT_LOG_DEBUG = 1, LEAT_LOG_INFO = 2, LEAT_LOG_WARN = 3, LEAT_LOG_ERROR = 4 };
enum { LEAT_EVENT_TIME = 1, LEAT_PROCESSING_TIME = 2 };
/* leat_host lives as long as the process; a plugin may keep the pointer. Every member is
 * callable from the thread that runs the call it is given, and only then. `call` may be NULL for
 * log() and fail() inside leat_plugin_init. Texts are UTF-8 and copied. A status other than
 * LEAT_OK is to be returned by the plugin as its own. */
typedef struct leat_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  leat_status (*add)(leat_registry *, const struct leat_function *); /* LEAT_FATAL: refused */
  /* dies with the batch; NULL when over budget */
  void *(*alloc)(leat_call *, size_t size, size_t align);
  /* code is yours, 1..999999 */
  void (*fail_row)(leat_call *, uint32_t row, int32_t code, leat_str text);
  void (*fail)(leat_call *, int32_t code, leat_str text);
  void (*log)(leat_call *, int32_t level, leat_str text);   /* rate-limited; no payloads */
  int32_t (*cancelled)(const leat_call *);                  /* 1: leave soon with LEAT_RETRY */
  /* the step's now(): use no other clock */
  int64_t (*now_us)(const leat_call *);
  leat_status (*emit)(leat_emit *, const leat_batch *);     /* copies before it returns */
  leat_status (*put)(leat_buf *, const void *bytes, size_t size); /* appends */
  /* Keyed state of the current key: legal only inside leat_stateful_ops rows and timer. `sub` is
   * the map key (1 byte or more) or the list index as 8 bytes big-endian; {0,0} for value slots.
   * get: 1 found, 0 absent; `out` lives until the next put, append or delete. */
  int32_t (*state_get)(leat_call *, uint32_t slot, leat_str sub, leat_str *out);
  leat_status (*state_put)(leat_call *, uint32_t slot, leat_str sub, leat_str value);
  leat_status (*state_append)(leat_call *, uint32_t slot, leat_str value); /* list slots */
  /* value slot, entry, or, sub {0,0}, all */
  leat_status (*state_delete)(leat_call *, uint32_t slot, leat_str sub);
  /* ascending; stop when visit returns 0 */
  leat_status (*state_each)(leat_call *, uint32_t slot, leat_str from,
                            int32_t (*visit)(void *user, leat_str sub, leat_str value), void *user);
  /* same domain+tag: replaced */
  leat_status (*timer_set)(leat_call *, uint32_t domain, int64_t at_us, uint64_t tag);
  leat_status (*timer_clear)(leat_call *, uint32_t domain, uint64_t tag);
  /* ABI 1.0 ends here. */
} leat_host;

/* ---- 5. Functions --------------------------------------------------------------------------- */
enum {
  LEAT_SCALAR = 1,
  LEAT_FILTER = 2,
  LEAT_FLAT_MAP = 3,
  LEAT_AGGREGATE = 4,
  LEAT_STATEFUL = 5,
  LEAT_SINK = 6,
  LEAT_TABLE = 7
};
enum {
  LEAT_PURE = 1,             /* same input, same output: may be folded, cached, replayed */
  LEAT_NULL_PROPAGATES = 2,  /* a null argument gives null without a call for that row */
  LEAT_BLOCKING = 4,         /* may wait: runs in its own pool */
  LEAT_THREAD_SAFE = 8,      /* one instance may be called from several threads at once */
  LEAT_BATCH_INVARIANT = 16, /* any split of the rows gives the same result */
  LEAT_BUFFERS = 32          /* keeps rows back; flush() must be there */
};
enum { LEAT_FLUSH_IDLE = 1, LEAT_FLUSH_BARRIER = 2, LEAT_FLUSH_SWITCH = 3, LEAT_FLUSH_STOP = 4 };
/* Static storage: the host keeps the pointer. signature, by kind (types: bool int double
 * timestamp string bytes json; `?` = may be null; parameters are bound by position in
 * expressions, by field name in steps; `this: json` = the row):
 *   scalar, aggregate "(ip: string, depth: int?) -> string?"
 *   filter "(score: double) -> bool"
 *   flat_map, stateful "(card: string) -> { n: int, last: timestamp? }" : the row becomes
 *       this; "-> +{ ... }" adds fields
 *   sink "(this: json)"   table "(id: string) -> { tier: string }" */
typedef struct leat_function {
  uint32_t struct_size, kind, flags, state_version;
  const char *name;      /* ^[a-z][a-z0-9_]{0,62}$ */
  const char *signature;
  const char *doc;       /* one sentence; may be NULL */
  const void *ops;       /* leat_<kind>_ops */
  void *user;
  /* One instance per step and task (per step with LEAT_THREAD_SAFE). `with` is the step's "with"
   * object as JSON text, or "{}". NULL open: instance is `user`. close is called once for every
   * open that returned LEAT_OK. */
  leat_status (*open)(const leat_host *, leat_call *, void *user, leat_str with, void **instance);
  void (*close)(void *instance);
} leat_function;

/* `self` is always the instance. */
typedef struct leat_scalar_ops {
  uint32_t struct_size, reserved;
  leat_status (*eval)(void *self, leat_call *, const leat_batch *, leat_out *);
} leat_scalar_ops;

typedef struct leat_filter_ops {
  uint32_t struct_size, reserved;
  /* preset to zeros */
  leat_status (*keep)(void *self, leat_call *, const leat_batch *, uint64_t *bitmap);
} leat_filter_ops;

typedef struct leat_flat_map_ops {
  uint32_t struct_size, reserved;
  leat_status (*rows)(void *self, leat_call *, const leat_batch *, leat_emit *);
  /* optional unless LEAT_BUFFERS */
  leat_status (*flush)(void *self, leat_call *, uint32_t why, leat_emit *);
} leat_flat_map_ops;

typedef struct leat_aggregate_ops {
  uint32_t struct_size, state_size, state_align, reserved;
  void (*init)(void *self, void *state); /* NULL: zero-filled */
  leat_status (*update)(void *self, leat_call *, void *const *state_of_row, const leat_batch *);
  /* optional */
  leat_status (*retract)(void *self, leat_call *, void *const *state_of_row, const leat_batch *);
  leat_status (*merge)(void *self, leat_call *, void *into, const void *from);
  /* out->rows states */
  leat_status (*finish)(void *self, leat_call *, const void *const *states, leat_out *);
  /* NULL: plain data, copied */
  leat_status (*save)(void *self, leat_call *, const void *state, leat_buf *);
  /* on inited state */
  leat_status (*load)(void *self, leat_call *, void *state, uint32_t version, leat_str bytes);
  void (*drop)(void *self, void *state); /* optional */
} leat_aggregate_ops;

enum { LEAT_VALUE = 1, LEAT_LIST = 2, LEAT_MAP = 3 };
typedef struct leat_slot {
  const char *name; /* ^[a-z][a-z0-9_]{0,62}$ */
  uint32_t kind, version;
  int64_t ttl_us; /* 0: the step's */
} leat_slot;
typedef struct leat_stateful_ops {
  uint32_t struct_size, slot_count;
  const leat_slot *slots;
  /* All rows of one call have the same key; rows of one key arrive in order. `key_json`: the
   * `by` value as JSON text, a list for several. */
  leat_status (*rows)(void *self, leat_call *, leat_str key_json, const leat_batch *, leat_emit *);
  leat_status (*timer)(void *self, leat_call *, leat_str key_json, uint32_t domain, int64_t at_us,
                       uint64_t tag, leat_emit *);
  /* optional; no key, so no keyed state */
  leat_status (*flush)(void *self, leat_call *, uint32_t why, leat_emit *);
  /* Rewrites one stored value of an older slot version; NULL: older versions cannot be read. */
  leat_status (*upgrade)(void *self, leat_call *, uint32_t slot, uint32_t from_version,
                         leat_str value, leat_buf *);
} leat_stateful_ops;

typedef struct leat_sink_ops {
  uint32_t struct_size, reserved;
  leat_status (*write)(void *self, leat_call *, const leat_batch *);
  /* token <= 4096 bytes */
  leat_status (*flush)(void *self, leat_call *, uint64_t epoch, leat_buf *token);
  leat_status (*commit)(void *self, leat_call *, uint64_t epoch, leat_str token); /* idempotent */
  /* idempotent; unknown: LEAT_OK */
  leat_status (*abort)(void *self, leat_call *, uint64_t epoch, leat_str token);
} leat_sink_ops;

typedef struct leat_table_ops {
  uint32_t struct_size, reserved;
  /* `found`: bitmap, preset to zeros */
  leat_status (*lookup)(void *self, leat_call *, const leat_batch *keys, leat_out *columns,
                        uint32_t column_count, uint64_t *found);
  leat_status (*scan)(void *self, leat_call *, leat_emit *); /* optional */
  uint64_t (*version)(void *self);                           /* a new number: read again */
} leat_table_ops;

/* ---- 6. The one exported symbol ------------------------------------------------------------- */
/* Test members newer than LEAT_MIN_HOST_MINOR with LEAT_HAS, add the functions, return LEAT_OK. */
LEAT_EXPORT leat_status leat_plugin_init(const leat_host *host, leat_registry *registry);

/* ---- 7. Small words ------------------------------------------------------------------------- */
/* 1 if the other side's struct is long enough to hold `member` and it is set (pointers to
 * functions or data). */
#define LEAT_HAS(p, member) \
  ((p)->struct_size >= offsetof(__typeof__(*(p)), member) + sizeof((p)->member) && (p)->member != 0)
/* Row i of a column: LEAT_AT(int64_t, &batch->cols[0], i), LEAT_IS_SET(&batch->cols[0], i),
 * LEAT_TEXT("abc") */
#define LEAT_AT(ctype, vec, i) \
  (((const ctype *)(vec)->data)[((vec)->flags & LEAT_VEC_CONST) ? 0 : (i)])
#define LEAT_IS_SET(vec, i)                                                        \
  (!(vec)->valid || ((vec)->valid[(((vec)->flags & LEAT_VEC_CONST) ? 0 : (i)) / 64] >> \
                     ((((vec)->flags & LEAT_VEC_CONST) ? 0 : (i)) % 64) & 1))
#define LEAT_SET_NULL(out, i) ((out)->valid[(i) / 64] &= ~(UINT64_C(1) << ((i) % 64)))
#define LEAT_TEXT(literal) leat_text_("" literal "", sizeof("" literal "") - 1)
static inline leat_str leat_text_(const char *p, size_t n) {
  leat_str s;
  s.ptr = p;
  s.len = n;
  return s;
}
#ifdef __cplusplus
}
#endif
#endif
