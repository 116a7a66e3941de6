#include "operators/keyed/plain_value.h"

#include <new>

#include "operators/aggregates/packed.h"

namespace leat::operators {

void PlainValueType::make(void* at) const { states_.make((::new (at) PlainValue())->block()); }

void PlainValueType::destroy(void* value) const noexcept {
  states_.destroy(static_cast<PlainValue*>(value)->block());
}

std::size_t PlainValueType::heap_bytes(const void* value) const noexcept {
  return states_.heap_bytes(static_cast<const PlainValue*>(value)->block());
}

void PlainValueType::encode(const void* value, std::string& out) const {
  const auto* plain = static_cast<const PlainValue*>(value);
  states_.put_names(out);
  char times[2 * kVarintMax];
  const char* const end = put_signed(plain->event_us, put_signed(plain->applied_ms, times));
  out.append(times, static_cast<std::size_t>(end - times));
  states_.encode(plain->block(), out);
}

Status PlainValueType::decode(std::string_view bytes, void* at) const {
  CallStates::Order order;
  LEAT_RETURN_IF_ERROR(states_.take_names(bytes, order));
  Unpacker in(bytes);
  const std::int64_t applied_ms = in.signed_varint();
  const std::int64_t event_us = in.signed_varint();
  if (!in.ok()) return Status(Code::data_loss, "the value of a key is cut short");
  bytes = in.rest();
  auto* plain = ::new (at) PlainValue{applied_ms, event_us};
  LEAT_RETURN_IF_ERROR(states_.decode(bytes, order, plain->block()));
  if (bytes.empty()) return {};
  states_.destroy(plain->block());
  return Status(Code::data_loss, "the value of a key is longer than it should be");
}

}  // namespace leat::operators
