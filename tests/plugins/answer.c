/* answer.get() gives ANSWER: to see which code runs. */
#include <leat/plugin.h>

LEAT_PLUGIN("answer", "1.0.0");

static leat_status get(void *self, leat_call *call, const leat_batch *in, leat_out *out) {
  (void)self;
  (void)call;
  for (uint32_t i = 0; i < in->rows; i++) ((int64_t *)out->data)[i] = ANSWER;
  return LEAT_OK;
}
static const leat_scalar_ops ops = {.struct_size = sizeof ops, .eval = get};
static const leat_function function = {.struct_size = sizeof function,
                                       .kind = LEAT_SCALAR,
                                       .flags = LEAT_PURE | LEAT_BATCH_INVARIANT,
                                       .name = "get",
                                       .signature = "() -> int",
                                       .ops = &ops};

LEAT_EXPORT leat_status leat_plugin_init(const leat_host *host, leat_registry *registry) {
  return host->add(registry, &function);
}
