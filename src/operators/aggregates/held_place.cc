#include "operators/aggregates/held_place.h"

#include <limits>

namespace leat::operators {
namespace {

template <class T>
int sign(const T& a, const T& b) noexcept {
  return a < b ? -1 : (b < a ? 1 : 0);
}

}  // namespace

Place place_of(const RowPlace& row) noexcept {
  Place place{row.event_time_us, {}, 0, row.offset, row.ordinal, row.made_as};
  if (row.origin == nullptr) return place;
  place.topic = row.origin->topic;
  place.partition = row.origin->partition.value();
  return place;
}

int compare(const Place& a, const Place& b) noexcept {
  if (const int found = sign(a.event_time_us, b.event_time_us); found != 0) return found;
  if (const int found = sign(a.topic, b.topic); found != 0) return found;
  if (const int found = sign(a.partition, b.partition); found != 0) return found;
  if (const int found = sign(a.offset, b.offset); found != 0) return found;
  if (const int found = sign(a.ordinal, b.ordinal); found != 0) return found;
  return sign(a.made_as, b.made_as);
}

void HeldPlace::assign(const Place& place) {
  event_time_us_ = place.event_time_us;
  offset_ = place.offset;
  ordinal_ = place.ordinal;
  partition_ = place.partition;
  topic_size_ = static_cast<std::uint32_t>(place.topic.size());
  names_.assign(place.topic);
  names_.append(place.made_as);
}

Place HeldPlace::view() const noexcept {
  const std::string_view names = names_;
  return {event_time_us_, names.substr(0, topic_size_), partition_, offset_,
          ordinal_,       names.substr(topic_size_)};
}

void HeldPlace::pack(const HeldPlace* before, std::string& out) const {
  const Place place = view();
  const Place last = before != nullptr ? before->view() : Place();
  put_signed(static_cast<std::int64_t>(static_cast<std::uint64_t>(place.event_time_us) -
                                       static_cast<std::uint64_t>(last.event_time_us)),
             out);
  const bool same = before != nullptr && place.topic == last.topic;
  put_varint(same ? 1 : 0, out);
  if (!same) put_text(place.topic, out);
  put_signed(place.partition, out);
  put_signed(place.offset, out);
  put_varint(place.ordinal, out);
  put_text(place.made_as, out);
}

void HeldPlace::unpack(const HeldPlace* before, Unpacker& in) {
  const Place last = before != nullptr ? before->view() : Place();
  Place place;
  place.event_time_us = static_cast<std::int64_t>(static_cast<std::uint64_t>(in.signed_varint()) +
                                                  static_cast<std::uint64_t>(last.event_time_us));
  place.topic = in.varint() != 0 ? last.topic : in.text();
  const std::int64_t partition = in.signed_varint();
  if (partition != static_cast<std::int32_t>(partition)) in.fail();
  place.partition = static_cast<std::int32_t>(partition);
  place.offset = in.signed_varint();
  place.ordinal = in.varint();
  place.made_as = in.text();
  assign(place);
}

std::size_t HeldPlace::heap_bytes() const noexcept {
  static const std::size_t inside = std::string().capacity();
  return names_.capacity() > inside ? names_.capacity() + 1 : 0;
}

}  // namespace leat::operators
