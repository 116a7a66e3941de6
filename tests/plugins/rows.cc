// A flat_map that breaks rules on demand, an aggregate whose state owns memory, a stateful function over a list and a map.
#include <leat/plugin.h>

#include <cstring>
#include <string>

LEAT_PLUGIN("rows", "1.0.0");

namespace {

const leat_host* the_host;

leat_batch batch_of(const leat_vec* cols, uint32_t rows) {
  leat_batch batch = {};
  batch.struct_size = sizeof batch;
  batch.rows = rows;
  batch.columns = 2;
  batch.cols = cols;
  return batch;
}

leat_status emit_one(leat_emit* out, int64_t number, leat_str text, uint32_t origin, int64_t time) {
  const leat_vec cols[] = {{LEAT_INT, 0, &number, nullptr}, {LEAT_STRING, LEAT_VEC_CONST, &text, nullptr}};
  leat_batch batch = batch_of(cols, 1);
  if (origin != UINT32_MAX) batch.origin = &origin;
  if (time >= 0) batch.event_time_us = &time;
  return the_host->emit(out, &batch);
}

// repeat(n): n rows for each; a negative n breaks a rule.
leat_status repeat(void*, leat_call* call, const leat_batch* in, leat_emit* out) {
  leat_status status = LEAT_OK;
  for (uint32_t row = 0; row < in->rows; ++row) {
    const int64_t n = LEAT_AT(int64_t, &in->cols[0], row);
    const std::string text = "row " + std::to_string(row);
    const leat_str slice = {text.data(), text.size()};
    for (int64_t i = 0; i < n && status != LEAT_FATAL; ++i) {
      const leat_status emitted = emit_one(out, i, slice, row, i == 1 ? 77 : -1);
      if (emitted != LEAT_OK) return emitted;
    }
    leat_vec cols[] = {{LEAT_INT, 0, &n, nullptr}, {LEAT_STRING, 0, &slice, nullptr}};
    leat_batch batch = batch_of(cols, 1);
    switch (n) {
      case -1: cols[0].type = LEAT_DOUBLE; return the_host->emit(out, &batch);
      case -2: return emit_one(out, 1, slice, in->rows, -1);
      case -3: batch.columns = 1; return the_host->emit(out, &batch);
      case -4: batch.rows = 0; return the_host->emit(out, &batch);
      case -5:
        the_host->fail_row(call, row, 9, LEAT_TEXT("five"));
        status = LEAT_ROWS_FAILED;
        break;
      case -6: batch.struct_size = 8; return the_host->emit(out, &batch);
      case -7: batch.rows = UINT32_MAX; return the_host->emit(out, &batch);
      case -8: cols[0].data = nullptr; return the_host->emit(out, &batch);
      case -9: cols[0].flags = 8; return the_host->emit(out, &batch);
      default: break;
    }
  }
  return status;
}
leat_status flush(void*, leat_call*, uint32_t why, leat_emit* out) {
  return emit_one(out, why, LEAT_TEXT("flushed"), UINT32_MAX, -1);
}

// longest(s): the longest text, the first of equals; its state owns it.
struct Longest {
  std::string* text;
};
void longest_init(void*, void* state) { static_cast<Longest*>(state)->text = new std::string(); }
void longest_drop(void*, void* state) { delete static_cast<Longest*>(state)->text; }
void offer(void* state, std::string text) {
  std::string& held = *static_cast<Longest*>(state)->text;
  if (text.size() > held.size()) held = std::move(text);
}
leat_status longest_update(void*, leat_call*, void* const* state_of_row, const leat_batch* in) {
  for (uint32_t i = 0; i < in->rows; ++i) {
    const leat_str s = LEAT_AT(leat_str, &in->cols[0], i);
    offer(state_of_row[i], std::string(s.ptr, s.len));
  }
  return LEAT_OK;
}
leat_status longest_merge(void*, leat_call*, void* into, const void* from) {
  offer(into, *static_cast<const Longest*>(from)->text);
  return LEAT_OK;
}
leat_status longest_finish(void*, leat_call*, const void* const* states, leat_out* out) {
  for (uint32_t i = 0; i < out->rows; ++i) {
    const std::string& text = *static_cast<const Longest*>(states[i])->text;
    static_cast<leat_str*>(out->data)[i] = {text.data(), text.size()};
  }
  return LEAT_OK;
}
leat_status longest_save(void*, leat_call*, const void* state, leat_buf* buffer) {
  const std::string& text = *static_cast<const Longest*>(state)->text;
  return the_host->put(buffer, text.data(), text.size());
}
leat_status longest_load(void*, leat_call* call, void* state, uint32_t version, leat_str bytes) {
  if (version > 2) {
    the_host->fail(call, 4, LEAT_TEXT("a newer state"));
    return LEAT_FATAL;
  }
  *static_cast<Longest*>(state)->text = std::string(bytes.ptr, bytes.len);
  return LEAT_OK;
}

// history(what): keeps every text in a list and counts it in a map; "show" emits, "misuse" uses a slot wrongly.
int32_t emit_entry(void* user, leat_str sub, leat_str value) {
  return emit_one(static_cast<leat_emit*>(user), static_cast<int64_t>(value.len), sub, UINT32_MAX, -1) == LEAT_OK;
}
leat_status history(void*, leat_call* call, leat_str, const leat_batch* in, leat_emit* out) {
  for (uint32_t i = 0; i < in->rows; ++i) {
    const leat_str what = LEAT_AT(leat_str, &in->cols[0], i);
    const std::string text(what.ptr, what.len);
    if (text == "misuse") return the_host->state_append(call, 1, what);
    if (text == "elsewhere") return the_host->state_put(call, 2, {nullptr, 0}, what);
    if (text == "show") {
      if (const leat_status status = the_host->state_each(call, 1, {nullptr, 0}, emit_entry, out)) return status;
      continue;
    }
    if (const leat_status status = the_host->state_append(call, 0, what)) return status;
    leat_str found = {nullptr, 0};
    std::string count = the_host->state_get(call, 1, what, &found) == 1 ? std::string(found.ptr, found.len) : "";
    count += "x";
    if (const leat_status status = the_host->state_put(call, 1, what, {count.data(), count.size()})) return status;
  }
  return LEAT_OK;
}
leat_status upgrade(void*, leat_call*, uint32_t, uint32_t from_version, leat_str value, leat_buf* buffer) {
  const std::string prefix = std::to_string(from_version) + ":";
  if (const leat_status status = the_host->put(buffer, prefix.data(), prefix.size())) return status;
  return the_host->put(buffer, value.ptr, value.len);
}

const leat_flat_map_ops repeat_ops = {sizeof repeat_ops, 0, repeat, flush};
const leat_aggregate_ops longest_ops = {sizeof longest_ops, sizeof(Longest), alignof(Longest), 0,
                                        longest_init,       longest_update,  nullptr,          longest_merge,
                                        longest_finish,     longest_save,    longest_load,     longest_drop};
const leat_slot slots[] = {{"all", LEAT_LIST, 1, 0}, {"counts", LEAT_MAP, 2, 0}};
const leat_stateful_ops history_ops = {sizeof history_ops, 2, slots, history, nullptr, nullptr, upgrade};
leat_function functions[3] = {};

void describe(leat_function& function, uint32_t kind, uint32_t flags, const char* name, const char* signature,
              const void* ops) {
  function.struct_size = sizeof function;
  function.kind = kind;
  function.flags = flags;
  function.state_version = 2;
  function.name = name;
  function.signature = signature;
  function.ops = ops;
}

}  // namespace

extern "C" LEAT_EXPORT leat_status leat_plugin_init(const leat_host* host, leat_registry* registry) {
  the_host = host;
  describe(functions[0], LEAT_FLAT_MAP, LEAT_BUFFERS, "repeat", "(n: int) -> { i: int, text: string }", &repeat_ops);
  describe(functions[1], LEAT_AGGREGATE, LEAT_PURE | LEAT_BATCH_INVARIANT | LEAT_NULL_PROPAGATES, "longest",
           "(s: string) -> string", &longest_ops);
  describe(functions[2], LEAT_STATEFUL, 0, "history", "(what: string) -> +{ length: int, text: string }", &history_ops);
  for (const leat_function& one : functions)
    if (const leat_status status = host->add(registry, &one)) return status;
  return LEAT_OK;
}
