// The fake host: what a plugin may call, and the checks on it. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/testing/columns.hpp>
#include <leat/wrapper/keyed.hpp>

#include <map>

namespace leat::testing {

// Keyed state and timers as the fake host stores them. Times in microseconds.
struct Store {
  struct Entry {
    std::string bytes;
    uint32_t version = 1;
    int64_t written_at = 0;  // processing time
    friend bool operator==(const Entry& a, const Entry& b) {
      return a.bytes == b.bytes && a.version == b.version;
    }
  };
  struct TimerKey {
    std::string key;
    uint32_t domain;
    uint64_t tag;
    friend bool operator<(const TimerKey& a, const TimerKey& b) {
      return std::tie(a.key, a.domain, a.tag) < std::tie(b.key, b.domain, b.tag);
    }
    friend bool operator==(const TimerKey& a, const TimerKey& b) { return !(a < b) && !(b < a); }
  };
  using Entries = std::map<std::string, Entry>;                // by map key or list index
  std::map<std::string, std::map<std::string, Entries>> keys;  // key, slot name
  std::map<TimerKey, int64_t> timers;
};

namespace detail {

// One call of the plugin. What it does wrong is noted here and told after it returned: nothing may be thrown through it.
struct CallState {
  uint32_t rows = 0;
  int64_t now_us = 0;
  bool cancelled = false;
  std::vector<std::unique_ptr<char[]>> memory;
  std::map<uint32_t, Outcome> failed;
  bool fail_told = false;
  int32_t fail_code = 0;
  std::string fail_text;
  std::vector<std::string>* log = nullptr;
  std::string violation;
  // Keyed state: no store, no state.
  Store* store = nullptr;
  std::string key;
  const leat_stateful_ops* slots = nullptr;
  int64_t ttl_us = 0;

  void violate(const std::string& what) {
    if (violation.empty()) violation = what;
  }
  leat_call* raw() { return reinterpret_cast<leat_call*>(this); }
};

struct EmitState {
  CallState* call;
  const Signature* signature;
  uint32_t in_rows;  // 0: a timer or a flush
  std::vector<Emitted> rows;
  leat_emit* raw() { return reinterpret_cast<leat_emit*>(this); }
};

struct RegistryState {
  std::vector<const leat_function*> functions;
  std::string refusal;
};

inline CallState& state_of(const leat_call* call) {
  return *reinterpret_cast<CallState*>(const_cast<leat_call*>(call));
}

inline bool is_name(const char* name) {
  if (name == nullptr || name[0] < 'a' || name[0] > 'z') return false;
  size_t size = 1;
  for (; name[size] != '\0'; ++size) {
    const char c = name[size];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return size <= 63;
}

// The reason to refuse a registration; empty: none.
inline std::string refusal_of(const leat_function* f) {
  if (f->struct_size < offsetof(leat_function, close) + sizeof f->close)
    return "struct_size is not set";
  if (!is_name(f->name)) return "the name is not ^[a-z][a-z0-9_]{0,62}$";
  const std::string name = std::string(f->name) + ": ";
  if (f->kind < LEAT_SCALAR || f->kind > LEAT_TABLE) return name + "unknown kind";
  if ((f->flags & ~63U) != 0) return name + "unknown flags";
  if (f->ops == nullptr || f->signature == nullptr) return name + "ops and signature are needed";
  try {
    leat::detail::SignatureParser(f->signature).parse();
  } catch (const std::exception& error) {
    return name + error.what();
  }
  const auto has = [&](bool good) {
    return good ? std::string() : name + "a function of its ops is missing";
  };
  switch (f->kind) {
    case LEAT_SCALAR: return has(static_cast<const leat_scalar_ops*>(f->ops)->eval != nullptr);
    case LEAT_FILTER: return has(static_cast<const leat_filter_ops*>(f->ops)->keep != nullptr);
    case LEAT_FLAT_MAP: {
      const auto* ops = static_cast<const leat_flat_map_ops*>(f->ops);
      return has(ops->rows != nullptr && (ops->flush != nullptr || (f->flags & LEAT_BUFFERS) == 0));
    }
    case LEAT_AGGREGATE: {
      const auto* ops = static_cast<const leat_aggregate_ops*>(f->ops);
      if ((ops->save == nullptr) != (ops->load == nullptr))
        return name + "save and load belong together";
      return has(ops->update != nullptr && ops->merge != nullptr && ops->finish != nullptr &&
                 ops->state_align != 0);
    }
    case LEAT_STATEFUL: return has(static_cast<const leat_stateful_ops*>(f->ops)->rows != nullptr);
    default: return {};
  }
}

// The functions of leat_host.
struct Host {
  static const leat_host* table() {
    static const leat_host host = [] {
      leat_host h{};
      h.struct_size = sizeof h;
      h.abi_major = LEAT_ABI_MAJOR;
      h.abi_minor = LEAT_ABI_MINOR;
      h.add = &Host::add, h.alloc = &Host::alloc, h.fail_row = &Host::fail_row,
      h.fail = &Host::fail, h.log = &Host::log;
      h.cancelled = [](const leat_call* call) -> int32_t {
        return state_of(call).cancelled ? 1 : 0;
      };
      h.now_us = [](const leat_call* call) { return state_of(call).now_us; };
      h.emit = &Host::emit, h.put = &Host::put;
      h.state_get = &Host::state_get, h.state_put = &Host::state_put,
      h.state_append = &Host::state_append;
      h.state_delete = &Host::state_delete, h.state_each = &Host::state_each;
      h.timer_set = &Host::timer_set, h.timer_clear = &Host::timer_clear;
      return h;
    }();
    return &host;
  }

  static leat_status add(leat_registry* registry, const leat_function* function) {
    auto& state = *reinterpret_cast<RegistryState*>(registry);
    std::string refusal = refusal_of(function);
    for (const leat_function* other : state.functions) {
      if (refusal.empty() && std::string_view(other->name) == function->name)
        refusal = std::string(function->name) + " is there twice";
    }
    if (refusal.empty()) return state.functions.push_back(function), LEAT_OK;
    if (state.refusal.empty()) state.refusal = refusal;
    return LEAT_FATAL;
  }

  static void* alloc(leat_call* call, size_t size, size_t align) {
    if (align == 0 || (align & (align - 1)) != 0 || align > 4096) {
      state_of(call).violate("alloc: the alignment is no power of two up to 4096");
      return nullptr;
    }
    auto& memory = state_of(call).memory;
    size_t room = size + align;
    memory.push_back(std::make_unique<char[]>(room));
    void* at = memory.back().get();
    return std::align(align, size, at, room);
  }

  static void fail_row(leat_call* call, uint32_t row, int32_t code, leat_str text) {
    CallState& state = state_of(call);
    if (row >= state.rows)
      return state.violate("fail_row: row " + std::to_string(row) + " of " +
                           std::to_string(state.rows));
    if (code < 1 || code > 999999)
      state.violate("fail_row: code " + std::to_string(code) + " is not within 1..999999");
    if (!is_utf8(to_view(text))) state.violate("fail_row: the text is no valid UTF-8");
    state.failed[row] = Outcome{Cell(), code, std::string(to_view(text))};
  }

  // `call` is NULL inside leat_plugin_init.
  static void fail(leat_call* call, int32_t code, leat_str text) {
    if (call == nullptr) {
      init_failure() = std::string(to_view(text));
      return;
    }
    CallState& state = state_of(call);
    state.fail_told = true;
    state.fail_code = code;
    state.fail_text = std::string(to_view(text));
  }
  static std::string& init_failure() {
    static thread_local std::string text;
    return text;
  }

  static void log(leat_call* call, int32_t, leat_str text) {
    if (call != nullptr && state_of(call).log != nullptr)
      state_of(call).log->emplace_back(to_view(text));
  }

  static leat_status put(leat_buf* buffer, const void* bytes, size_t size) {
    if (size > 0)
      reinterpret_cast<std::string*>(buffer)->append(static_cast<const char*>(bytes), size);
    return LEAT_OK;
  }

  static leat_status emit(leat_emit* to, const leat_batch* batch) {
    auto& state = *reinterpret_cast<EmitState*>(to);
    try {
      take_rows(state, *batch);
      return LEAT_OK;
    } catch (const std::exception& error) {
      state.call->violate(std::string("emit: ") + error.what());
      return LEAT_FATAL;
    }
  }

  static void take_rows(EmitState& state, const leat_batch& batch) {
    const std::vector<Field>& fields = state.signature->results;
    if (batch.struct_size < offsetof(leat_batch, origin) + sizeof batch.origin)
      throw Violation("struct_size is not set");
    if (batch.rows == 0) throw Violation("a batch has at least one row");
    if (batch.columns != fields.size())
      throw Violation(std::to_string(batch.columns) + " columns, the signature has " +
                      std::to_string(fields.size()));
    if (batch.origin != nullptr && state.in_rows == 0)
      throw Violation("rows of a timer or a flush have no origin");
    for (uint32_t row = 0; row < batch.rows; ++row) {
      Emitted emitted;
      emitted.from_timer = state.in_rows == 0;
      emitted.origin = batch.origin != nullptr ? batch.origin[row]
                       : state.in_rows == 0    ? 0
                                               : state.in_rows - 1;
      if (state.in_rows > 0 && emitted.origin >= state.in_rows)
        throw Violation("an origin that is no input row");
      if (row > 0 && batch.origin != nullptr && batch.origin[row] < batch.origin[row - 1])
        throw Violation("origins are not ascending");
      if (batch.event_time_us != nullptr) emitted.event_time = batch.event_time_us[row];
      for (size_t i = 0; i < fields.size(); ++i)
        emitted.row.push_back(take_cell(batch.cols[i], fields[i], row));
      state.rows.push_back(std::move(emitted));
    }
  }

  static Cell take_cell(const leat_vec& column, const Field& field, uint32_t row) {
    if (column.type != field.type)
      throw Violation("`" + field.name + "` is " + type_name(column.type) + ", the signature has " +
                      type_name(field.type));
    if (!LEAT_IS_SET(&column, row)) {
      if (!field.nullable)
        throw Violation("`" + field.name + "` is null, the signature has no `?`");
      return Cell();
    }
    const size_t at = (column.flags & LEAT_VEC_CONST) != 0 ? 0 : row;
    return read_cell(column.type,
                     static_cast<const char*>(column.data) + at * slot_size(column.type),
                     "`" + field.name + "`");
  }

  // The slot and its entries; nullptr where keyed state is not to be used.
  static Store::Entries* entries(leat_call* call, uint32_t slot, const char* what) {
    CallState& state = state_of(call);
    if (state.store == nullptr)
      return state.violate(std::string(what) + ": keyed state only inside rows and timer"), nullptr;
    if (slot >= state.slots->slot_count)
      return state.violate(std::string(what) + ": there is no slot " + std::to_string(slot)),
             nullptr;
    Store::Entries& found = state.store->keys[state.key][state.slots->slots[slot].name];
    const int64_t own = state.slots->slots[slot].ttl_us, ttl = own != 0 ? own : state.ttl_us;
    for (auto at = found.begin(); ttl > 0 && at != found.end();) {
      at = state.now_us - at->second.written_at >= ttl ? found.erase(at) : std::next(at);
    }
    return &found;
  }

  // Whether `sub` suits the kind of slot.
  static bool suits(leat_call* call, uint32_t slot, leat_str sub) {
    const uint32_t kind = state_of(call).slots->slots[slot].kind;
    const bool good = kind == LEAT_VALUE  ? sub.len == 0
                      : kind == LEAT_LIST ? sub.len == 8
                                          : sub.len > 0;
    if (!good)
      state_of(call).violate("state: `sub` does not suit the kind of slot " + std::to_string(slot));
    return good;
  }

  static int32_t state_get(leat_call* call, uint32_t slot, leat_str sub, leat_str* out) {
    Store::Entries* all = entries(call, slot, "state_get");
    if (all == nullptr || !suits(call, slot, sub)) return 0;
    const auto found = all->find(std::string(to_view(sub)));
    if (found == all->end()) return 0;
    *out = to_str(found->second.bytes);
    return 1;
  }
  static leat_status state_put(leat_call* call, uint32_t slot, leat_str sub, leat_str value) {
    Store::Entries* all = entries(call, slot, "state_put");
    if (all == nullptr || !suits(call, slot, sub)) return LEAT_FATAL;
    const CallState& state = state_of(call);
    (*all)[std::string(to_view(sub))] = {std::string(to_view(value)),
                                         state.slots->slots[slot].version, state.now_us};
    return LEAT_OK;
  }
  static leat_status state_append(leat_call* call, uint32_t slot, leat_str value) {
    Store::Entries* all = entries(call, slot, "state_append");
    if (all == nullptr) return LEAT_FATAL;
    const CallState& state = state_of(call);
    if (state.slots->slots[slot].kind != LEAT_LIST)
      return state_of(call).violate("state_append: the slot is no list"), LEAT_FATAL;
    const std::string index = next_index(*all);
    (*all)[index] = {std::string(to_view(value)), state.slots->slots[slot].version, state.now_us};
    return LEAT_OK;
  }
  static std::string next_index(const Store::Entries& list) {
    if (list.empty()) return leat::detail::list_index(0);
    uint64_t last = 0;
    for (const char c : list.rbegin()->first) last = last << 8 | static_cast<unsigned char>(c);
    return leat::detail::list_index(last + 1);
  }
  static leat_status state_delete(leat_call* call, uint32_t slot, leat_str sub) {
    Store::Entries* all = entries(call, slot, "state_delete");
    if (all == nullptr) return LEAT_FATAL;
    if (sub.len == 0) {
      all->clear();
    } else {
      all->erase(std::string(to_view(sub)));
    }
    return LEAT_OK;
  }
  static leat_status state_each(leat_call* call, uint32_t slot, leat_str from,
                                int32_t (*visit)(void*, leat_str, leat_str), void* user) {
    Store::Entries* all = entries(call, slot, "state_each");
    if (all == nullptr) return LEAT_FATAL;
    const Store::Entries copy = *all;
    for (auto at = copy.lower_bound(std::string(to_view(from))); at != copy.end(); ++at) {
      if (visit(user, to_str(at->first), to_str(at->second.bytes)) == 0) break;
    }
    return LEAT_OK;
  }

  static leat_status timer_set(leat_call* call, uint32_t domain, int64_t at_us, uint64_t tag) {
    CallState& state = state_of(call);
    if (state.store == nullptr)
      return state.violate("timer_set: timers only inside rows and timer"), LEAT_FATAL;
    if (domain != LEAT_EVENT_TIME && domain != LEAT_PROCESSING_TIME)
      return state.violate("timer_set: unknown domain"), LEAT_FATAL;
    state.store->timers[{state.key, domain, tag}] = at_us;
    return LEAT_OK;
  }
  static leat_status timer_clear(leat_call* call, uint32_t domain, uint64_t tag) {
    CallState& state = state_of(call);
    if (state.store == nullptr)
      return state.violate("timer_clear: timers only inside rows and timer"), LEAT_FATAL;
    state.store->timers.erase({state.key, domain, tag});
    return LEAT_OK;
  }
};

}  // namespace detail
}  // namespace leat::testing
