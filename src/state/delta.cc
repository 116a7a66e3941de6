#include "state/delta.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace leat::state {
namespace {

// Every record begins with its kind, spare bytes behind the value, and the group. Numbers are in the
// order of the machine (little endian).
enum class Record : std::uint8_t { skipped, put, wide_put, erase, mark };

struct Head {
  Record record = Record::skipped;
  std::uint8_t spare = 0;
  std::uint16_t group = 0;
};
static_assert(sizeof(Head) == 4);

constexpr std::size_t kPutHead = sizeof(Head) + 4;      // lengths of 16 bits
constexpr std::size_t kWidePutHead = sizeof(Head) + 8;  // lengths of 32 bits
constexpr std::size_t kEraseHead = sizeof(Head) + 4;
constexpr std::size_t kNarrowMax = 0xFFFF;
constexpr std::size_t kSpareMax = 0xFF;
constexpr std::size_t kFirstChunkBytes = 4 << 10;
constexpr std::size_t kChunkBytes = 256 << 10;

template <class T>
void write_at(char* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

template <class T>
T read_at(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

Head head_of(Record record, std::uint32_t group, std::size_t spare = 0) {
  LEAT_DCHECK(group <= kNarrowMax);
  return {record, static_cast<std::uint8_t>(spare), static_cast<std::uint16_t>(group)};
}

}  // namespace

char* Delta::append(std::size_t bytes) {
  if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < bytes) {
    const std::size_t usual = chunks_.empty() ? kFirstChunkBytes : kChunkBytes;
    chunks_.emplace_back().reserve(std::max(usual, bytes));
  }
  std::string& chunk = chunks_.back();
  const std::size_t at = chunk.size();
  chunk.resize(at + bytes);
  bytes_ += bytes;
  return chunk.data() + at;
}

Delta::Place Delta::put(std::uint32_t group, std::string_view key, std::string_view value,
                        std::uint32_t spare) {
  if (key.size() > kNarrowMax || value.size() > kNarrowMax) {
    LEAT_CHECK(key.size() <= Place::kNone && value.size() <= Place::kNone);
    char* at = append(kWidePutHead + key.size() + value.size());
    write_at(at, head_of(Record::wide_put, group));
    write_at(at + 4, static_cast<std::uint32_t>(key.size()));
    write_at(at + 8, static_cast<std::uint32_t>(value.size()));
    std::memcpy(at + kWidePutHead, key.data(), key.size());
    std::memcpy(at + kWidePutHead + key.size(), value.data(), value.size());
    return {};
  }
  const std::size_t behind = std::min<std::size_t>(spare + (8 - value.size() % 8) % 8, kSpareMax);
  char* at = append(kPutHead + key.size() + value.size() + behind);
  write_at(at, head_of(Record::put, group, behind));
  write_at(at + 4, static_cast<std::uint16_t>(key.size()));
  write_at(at + 6, static_cast<std::uint16_t>(value.size()));
  std::memcpy(at + kPutHead, key.data(), key.size());
  std::memcpy(at + kPutHead + key.size(), value.data(), value.size());
  return {static_cast<std::uint32_t>(chunks_.size() - 1),
          static_cast<std::uint32_t>(at - chunks_.back().data())};
}

bool Delta::overwrite(Place place, std::string_view value) {
  if (place.chunk == Place::kNone) return false;
  char* at = chunks_[place.chunk].data() + place.offset;
  auto head = read_at<Head>(at);
  LEAT_DCHECK(head.record == Record::put);
  const std::size_t room = std::size_t{read_at<std::uint16_t>(at + 6)} + head.spare;
  if (value.size() > room || room - value.size() > kSpareMax) {
    discard(place);
    return false;
  }
  head.spare = static_cast<std::uint8_t>(room - value.size());
  write_at(at, head);
  write_at(at + 6, static_cast<std::uint16_t>(value.size()));
  std::memcpy(at + kPutHead + read_at<std::uint16_t>(at + 4), value.data(), value.size());
  return true;
}

void Delta::discard(Place place) {
  if (place.chunk == Place::kNone) return;
  write_at(chunks_[place.chunk].data() + place.offset, Record::skipped);
}

void Delta::erase(std::uint32_t group, std::string_view key) {
  LEAT_CHECK(key.size() <= Place::kNone);
  char* at = append(kEraseHead + key.size());
  write_at(at, head_of(Record::erase, group));
  write_at(at + 4, static_cast<std::uint32_t>(key.size()));
  std::memcpy(at + kEraseHead, key.data(), key.size());
}

void Delta::mark(std::uint32_t group, std::int64_t time_us) {
  char* at = append(sizeof(Head) + sizeof(time_us));
  write_at(at, head_of(Record::mark, group));
  write_at(at + sizeof(Head), time_us);
}

bool DeltaReader::take(std::size_t bytes, std::string_view& out) {
  if (rest_.size() < bytes) return broken();
  out = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return true;
}

bool DeltaReader::read_put(Change& change, bool wide) {
  const auto spare = static_cast<std::uint8_t>(rest_[1]);
  std::string_view head, behind;
  if (!take(wide ? kWidePutHead : kPutHead, head)) return false;
  const char* lengths = head.data() + sizeof(Head);
  const std::size_t key = wide ? read_at<std::uint32_t>(lengths) : read_at<std::uint16_t>(lengths);
  const std::size_t value =
      wide ? read_at<std::uint32_t>(lengths + 4) : read_at<std::uint16_t>(lengths + 2);
  change.kind = Change::Kind::put;
  return take(key, change.key) && take(value, change.value) && take(spare, behind);
}

bool DeltaReader::next(Change& change) {
  while (sound_ && !rest_.empty()) {
    if (rest_.size() < sizeof(Head)) return broken();
    const auto head = read_at<Head>(rest_.data());
    change.group = head.group;
    std::string_view bytes;
    switch (head.record) {
      case Record::skipped:
        if (!read_put(change, false)) return false;
        continue;
      case Record::put: return read_put(change, false);
      case Record::wide_put: return read_put(change, true);
      case Record::erase:
        if (!take(kEraseHead, bytes)) return false;
        change.kind = Change::Kind::erase;
        change.value = {};
        return take(read_at<std::uint32_t>(bytes.data() + sizeof(Head)), change.key);
      case Record::mark:
        if (!take(sizeof(Head) + sizeof(std::int64_t), bytes)) return false;
        change.kind = Change::Kind::mark;
        change.time_us = read_at<std::int64_t>(bytes.data() + sizeof(Head));
        return true;
    }
    return broken();
  }
  return false;
}

}  // namespace leat::state
