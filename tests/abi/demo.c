/* A scalar, an aggregate and a stateful function. */
#include <leat/plugin.h>
LEAT_PLUGIN("demo", "1.0.0");

/* demo.clamp(x, low, high): x held within [low, high]; a row with low > high fails. */
static leat_status clamp_eval(void *self, leat_call *call, const leat_batch *in, leat_out *out) {
  const leat_host *host = (const leat_host *)self;
  leat_status status = LEAT_OK;
  for (uint32_t i = 0; i < in->rows; i++) {
    int64_t x = LEAT_AT(int64_t, &in->cols[0], i);
    int64_t low = LEAT_AT(int64_t, &in->cols[1], i), high = LEAT_AT(int64_t, &in->cols[2], i);
    if (low > high) {
      host->fail_row(call, i, 1, LEAT_TEXT("`low` must be at most `high`"));
      status = LEAT_ROWS_FAILED;
      continue;
    }
    ((int64_t *)out->data)[i] = x < low ? low : x > high ? high : x;
  }
  return status;
}
static leat_status keep_host(const leat_host *host, leat_call *call, void *user, leat_str with, void **instance) {
  (void)call; (void)user; (void)with;
  *instance = (void *)(uintptr_t)host;
  return LEAT_OK;
}
static const leat_scalar_ops clamp_ops = {.struct_size = sizeof clamp_ops, .eval = clamp_eval};
static const leat_function clamp_fn = {
    .struct_size = sizeof clamp_fn, .kind = LEAT_SCALAR,
    .flags = LEAT_PURE | LEAT_NULL_PROPAGATES | LEAT_BATCH_INVARIANT,
    .name = "clamp", .signature = "(x: int, low: int, high: int) -> int",
    .doc = "x held within [low, high].", .ops = &clamp_ops, .open = keep_host};

/* demo.mean(x): arithmetic mean of the non-null values; null when there are none. */
typedef struct mean_state { double sum; int64_t n; } mean_state;
static leat_status mean_update(void *self, leat_call *call, void *const *state_of_row, const leat_batch *in) {
  (void)self; (void)call;
  for (uint32_t i = 0; i < in->rows; i++) {
    mean_state *s = (mean_state *)state_of_row[i];
    if (LEAT_IS_SET(&in->cols[0], i)) { s->sum += LEAT_AT(double, &in->cols[0], i); s->n++; }
  }
  return LEAT_OK;
}
static leat_status mean_merge(void *self, leat_call *call, void *into, const void *from) {
  mean_state *a = (mean_state *)into; const mean_state *b = (const mean_state *)from;
  (void)self; (void)call;
  a->sum += b->sum; a->n += b->n;
  return LEAT_OK;
}
static leat_status mean_finish(void *self, leat_call *call, const void *const *states, leat_out *out) {
  (void)self; (void)call;
  for (uint32_t i = 0; i < out->rows; i++) {
    const mean_state *s = (const mean_state *)states[i];
    if (s->n == 0) LEAT_SET_NULL(out, i); else ((double *)out->data)[i] = s->sum / (double)s->n;
  }
  return LEAT_OK;
}
static const leat_aggregate_ops mean_ops = {.struct_size = sizeof mean_ops, .state_size = sizeof(mean_state),
    .state_align = _Alignof(mean_state), .update = mean_update, .merge = mean_merge, .finish = mean_finish};
static const leat_function mean_fn = {.struct_size = sizeof mean_fn, .kind = LEAT_AGGREGATE, .state_version = 1,
    .flags = LEAT_PURE | LEAT_BATCH_INVARIANT, .name = "mean", .signature = "(x: double?) -> double?",
    .doc = "Arithmetic mean.", .ops = &mean_ops};

/* demo.quiet: emits {card, seen} for a key that was silent for a minute (event time). */
static leat_status quiet_rows(void *self, leat_call *call, leat_str key, const leat_batch *in, leat_emit *out) {
  const leat_host *host = (const leat_host *)self;
  leat_str found, none = LEAT_TEXT(""), value;
  int64_t seen = 0;
  (void)key; (void)out;
  if (host->state_get(call, 0, none, &found) == 1 && found.len == sizeof seen) __builtin_memcpy(&seen, found.ptr, sizeof seen);
  seen += in->rows;
  value.ptr = (const char *)&seen; value.len = sizeof seen;
  leat_status s = host->state_put(call, 0, none, value);
  if (s != LEAT_OK) return s;
  return host->timer_set(call, LEAT_EVENT_TIME, in->event_time_us[in->rows - 1] + 60000000, 1);
}
static leat_status quiet_timer(void *self, leat_call *call, leat_str key, uint32_t domain, int64_t at_us, uint64_t tag,
                               leat_emit *out) {
  const leat_host *host = (const leat_host *)self;
  leat_str found, none = LEAT_TEXT("");
  int64_t seen = 0;
  (void)domain; (void)tag;
  if (host->state_get(call, 0, none, &found) != 1) return LEAT_OK;
  __builtin_memcpy(&seen, found.ptr, sizeof seen);
  leat_vec cols[2] = {{LEAT_JSON, LEAT_VEC_CONST, &key, 0}, {LEAT_INT, 0, &seen, 0}};
  leat_batch row = {.struct_size = sizeof row, .rows = 1, .columns = 2, .cols = cols, .event_time_us = &at_us};
  leat_status s = host->state_delete(call, 0, none);
  return s != LEAT_OK ? s : host->emit(out, &row);
}
static const leat_slot quiet_slots[] = {{"seen", LEAT_VALUE, 1, 0}};
static const leat_stateful_ops quiet_ops = {.struct_size = sizeof quiet_ops, .slot_count = 1, .slots = quiet_slots,
    .rows = quiet_rows, .timer = quiet_timer};
static const leat_function quiet_fn = {.struct_size = sizeof quiet_fn, .kind = LEAT_STATEFUL, .flags = LEAT_BATCH_INVARIANT,
    .state_version = 1, .name = "quiet", .signature = "() -> { key: json, seen: int }",
    .doc = "One row for each key that was silent for a minute.", .ops = &quiet_ops, .open = keep_host};

LEAT_EXPORT leat_status leat_plugin_init(const leat_host *host, leat_registry *registry) {
  leat_status s = host->add(registry, &clamp_fn);
  if (s == LEAT_OK) s = host->add(registry, &mean_fn);
  if (s == LEAT_OK) s = host->add(registry, &quiet_fn);
  return s;
}
