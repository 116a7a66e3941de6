#include "plugin/calls/host.h"

#include <bit>

#include "base/log.h"
#include "base/text.h"

namespace leat::plugin {
namespace {

thread_local const FunctionPlace* t_running = nullptr;

constexpr std::string_view kBreach = "a plugin broke the rules: ";
constexpr std::size_t kTextBytesMax = 1000;  // of one message of a plugin

std::string_view view_of(leat_str text) noexcept {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}
leat_str str_of(std::string_view text) noexcept { return {text.data(), text.size()}; }

std::string printable(leat_str text) {
  std::string out;
  base::append_printable(out, view_of(text).substr(0, kTextBytesMax));
  return out;
}

leat_status add(leat_registry* registry, const leat_function* function) {
  if (registry == nullptr) return LEAT_FATAL;
  if (registry->refusal) return LEAT_FATAL;
  Checked<FunctionInfo> info = read_function(function);
  const auto refuse = [registry](std::string message) {
    registry->refusal = Refusal{RefusalCode::bad_function, std::move(message)};
    return LEAT_FATAL;
  };
  if (!info.ok()) {
    registry->refusal = info.refusal();
    return LEAT_FATAL;
  }
  if (registry->infos.size() == kFunctionsMax) return refuse("it has too many functions");
  for (const FunctionInfo& other : registry->infos)
    if (other.name == info->name) return refuse("the function " + other.name + " is added twice");
  registry->functions.push_back(function);
  registry->infos.push_back(*std::move(info));
  return LEAT_OK;
}

void* alloc(leat_call* call, std::size_t size, std::size_t align) {
  if (call == nullptr || call->arena == nullptr) return nullptr;
  if (!std::has_single_bit(align) || align > 64) {
    call->misused("it asked for memory with an alignment that is no power of two up to 64");
    return nullptr;
  }
  if (size > kCallBytesMax - call->allocated) return nullptr;
  call->allocated += size;
  return call->arena->allocate(size, align);
}

void fail_row(leat_call* call, std::uint32_t row, std::int32_t code, leat_str text) {
  if (call == nullptr) return;
  if (row >= call->row_errors.size()) return call->misused("it failed a row that is not there");
  if (code < 1 || code > kRowCodeMax)
    return call->misused("it failed a row with a code outside 1 to 999999");
  call->rows_failed = true;
  call->row_errors[row] = &plugin_row_error(call->place, code, view_of(text));
}

void fail(leat_call* call, std::int32_t code, leat_str text) {
  if (call == nullptr) return;
  call->code = code;
  call->failure = printable(text);
}

void write_log(leat_call* call, std::int32_t level, leat_str text) {
  const log::Level ours = level <= LEAT_LOG_DEBUG  ? log::Level::debug
                          : level == LEAT_LOG_INFO ? log::Level::info
                          : level == LEAT_LOG_WARN ? log::Level::warn
                                                   : log::Level::error;
  const std::string message = printable(text);
  if (call == nullptr) return log::write(ours, "plugin", message, {});
  log::write(ours, "plugin", message,
             {{"plugin", call->place.plugin},
              {"version", call->place.version},
              {"function", call->place.function}});
}

std::int32_t cancelled(const leat_call* call) {
  return call != nullptr && call->cancelled != nullptr &&
                 call->cancelled->load(std::memory_order_relaxed)
             ? 1
             : 0;
}

std::int64_t now_us(const leat_call* call) { return call == nullptr ? 0 : call->now_us; }

leat_status emit(leat_emit* emit, const leat_batch* batch) {
  if (emit == nullptr) return LEAT_FATAL;
  if (batch == nullptr || batch->struct_size < sizeof(leat_batch)) {
    emit->call.misused("it emitted rows that are not there, or with a wrong struct_size");
    return LEAT_FATAL;
  }
  if (const auto wrong = emit->target.take(*batch)) {
    emit->call.misused(*wrong);
    return LEAT_FATAL;
  }
  return LEAT_OK;
}

leat_status put(leat_buf* buffer, const void* bytes, std::size_t size) {
  if (buffer == nullptr || (bytes == nullptr && size != 0)) return LEAT_FATAL;
  if (size > buffer->bytes_max - buffer->bytes.size()) return LEAT_FATAL;
  buffer->bytes.append(static_cast<const char*>(bytes), size);
  return LEAT_OK;
}

// The state of the call's key, when it may use the slot.
KeyedState* state_of(leat_call* call, std::uint32_t slot) {
  if (call == nullptr) return nullptr;
  if (call->state == nullptr) {
    call->misused("it used keyed state outside rows and timer of a stateful function");
    return nullptr;
  }
  if (slot >= call->slots.size()) {
    call->misused("it used a slot that it did not declare");
    return nullptr;
  }
  return call->state;
}

// Whether the slot is addressed as its kind wants it.
bool fits(leat_call* call, std::uint32_t slot, std::string_view sub, bool whole) {
  const std::uint32_t kind = call->slots[slot].kind;
  const bool good = kind == LEAT_VALUE  ? sub.empty()
                    : kind == LEAT_LIST ? sub.size() == 8 || (whole && sub.empty())
                                        : !sub.empty() || whole;
  if (!good) call->misused("it addressed the slot " + call->slots[slot].name + " as another kind");
  return good;
}

leat_status told(leat_call* call, const Status& status) {
  if (status.ok()) return LEAT_OK;
  call->misused(status.message());
  return LEAT_FATAL;
}

std::int32_t state_get(leat_call* call, std::uint32_t slot, leat_str sub, leat_str* out) {
  KeyedState* state = state_of(call, slot);
  if (state == nullptr || out == nullptr || !fits(call, slot, view_of(sub), false)) return 0;
  const auto found = state->get(slot, view_of(sub));
  if (!found) return 0;
  *out = str_of(*found);
  return 1;
}

leat_status state_put(leat_call* call, std::uint32_t slot, leat_str sub, leat_str value) {
  KeyedState* state = state_of(call, slot);
  if (state == nullptr || !fits(call, slot, view_of(sub), false)) return LEAT_FATAL;
  return told(call, state->put(slot, view_of(sub), view_of(value)));
}

leat_status state_append(leat_call* call, std::uint32_t slot, leat_str value) {
  KeyedState* state = state_of(call, slot);
  if (state == nullptr) return LEAT_FATAL;
  if (call->slots[slot].kind != LEAT_LIST) {
    call->misused("it appended to the slot " + call->slots[slot].name + ", which is no list");
    return LEAT_FATAL;
  }
  return told(call, state->append(slot, view_of(value)));
}

leat_status state_delete(leat_call* call, std::uint32_t slot, leat_str sub) {
  KeyedState* state = state_of(call, slot);
  if (state == nullptr || !fits(call, slot, view_of(sub), true)) return LEAT_FATAL;
  return told(call, state->remove(slot, view_of(sub)));
}

class PluginVisitor final : public KeyedState::Visitor {
 public:
  PluginVisitor(std::int32_t (*call)(void*, leat_str, leat_str), void* user)
      : visit_(call), user_(user) {}
  bool visit(std::string_view sub, std::string_view value) override {
    return visit_(user_, str_of(sub), str_of(value)) != 0;
  }

 private:
  std::int32_t (*const visit_)(void*, leat_str, leat_str);
  void* const user_;
};

leat_status state_each(leat_call* call, std::uint32_t slot, leat_str from,
                       std::int32_t (*visit)(void*, leat_str, leat_str), void* user) {
  KeyedState* state = state_of(call, slot);
  if (state == nullptr || visit == nullptr) return LEAT_FATAL;
  PluginVisitor visitor(visit, user);
  return told(call, state->each(slot, view_of(from), visitor));
}

// The state of the call's key, when it may use timers of the domain.
KeyedState* timers_of(leat_call* call, std::uint32_t domain) {
  if (call == nullptr) return nullptr;
  if (call->state == nullptr || domain == 0 || domain > kDomains) {
    call->misused(
        "it set a timer outside rows and timer of a stateful function, or in an unknown "
        "domain");
    return nullptr;
  }
  return call->state;
}

leat_status timer_set(leat_call* call, std::uint32_t domain, std::int64_t at_us,
                      std::uint64_t tag) {
  KeyedState* state = timers_of(call, domain);
  if (state == nullptr) return LEAT_FATAL;
  return told(call, state->set_timer(domain, at_us, tag));
}

leat_status timer_clear(leat_call* call, std::uint32_t domain, std::uint64_t tag) {
  KeyedState* state = timers_of(call, domain);
  if (state == nullptr) return LEAT_FATAL;
  return told(call, state->clear_timer(domain, tag));
}

constexpr leat_host kHost{
    sizeof(leat_host), LEAT_ABI_MAJOR, LEAT_ABI_MINOR, add,       alloc,      fail_row,  fail,
    write_log,         cancelled,      now_us,         emit,      put,        state_get, state_put,
    state_append,      state_delete,   state_each,     timer_set, timer_clear};

Status about(Status status, const FunctionPlace& place) {
  return std::move(status)
      .with("plugin", place.plugin)
      .with("version", place.version)
      .with("function", place.function);
}

}  // namespace

const leat_host& host() noexcept { return kHost; }

const FunctionPlace* running_function() noexcept { return t_running; }

leat_call call_for(const FunctionPlace& place, const record::CallScope& scope,
                   std::span<const record::RowError*> row_errors) {
  leat_call call{place};
  call.arena = &scope.arena;
  call.row_errors = row_errors;
  call.now_us = scope.now.us;
  call.cancelled = scope.cancelled;
  return call;
}

Running::Running(const FunctionPlace& place) noexcept : before_(t_running) { t_running = &place; }
Running::~Running() { t_running = before_; }

Status broke_the_rules(const FunctionPlace& place, std::string_view what) {
  return about(Status(Code::internal, std::string(kBreach) + std::string(what)), place);
}

bool is_breach(const Status& status) noexcept { return status.message().starts_with(kBreach); }

Status outcome_of(leat_call& call, leat_status status) {
  if (!call.misuse.empty()) return broke_the_rules(call.place, call.misuse);
  switch (status) {
    case LEAT_OK: return {};
    case LEAT_ROWS_FAILED:
      if (call.rows_failed) return {};
      return broke_the_rules(call.place, "it says that rows failed, but not which");
    case LEAT_RETRY:
      return about(Status(Code::unavailable, "a plugin asks to be called again later"), call.place);
    case LEAT_FATAL:
      return about(
          Status(Code::internal, call.failure.empty()
                                     ? "a plugin's function failed"
                                     : "a plugin's function failed with " +
                                           std::to_string(call.code) + ": " + call.failure),
          call.place);
    default:
      return broke_the_rules(call.place, "it gave the unknown status " + std::to_string(status));
  }
}

Status outcome_of_exception(const leat_call& call) {
  return broke_the_rules(call.place, "an exception left its function");
}

}  // namespace leat::plugin
