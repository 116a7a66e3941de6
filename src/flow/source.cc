#include "flow/source.h"

#include <charconv>

namespace leat::flow {
namespace {

constexpr std::string_view kKey = ",\"w\":";
constexpr std::string_view kStateKey = ",\"s\":\"";

}  // namespace

std::string with_event_time(const std::string& metadata, const PartitionPosition& position) {
  if (position.event_time_us == record::kNoTime || !metadata.ends_with('}')) return metadata;
  return metadata.substr(0, metadata.size() - 1) + std::string(kKey) +
         std::to_string(position.event_time_us) + "}";
}

std::int64_t event_time_of(std::string_view metadata) noexcept {
  const std::size_t key = metadata.rfind(kKey);
  if (key == std::string_view::npos) return record::kNoTime;
  const std::string_view number = metadata.substr(key + kKey.size());
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), time);
  const bool whole =
      error == std::errc() && end + 1 == number.data() + number.size() && *end == '}';
  return whole ? time : record::kNoTime;
}

std::string_view state_id_of(std::string_view metadata) noexcept {
  const std::size_t key = metadata.find(kStateKey);
  if (key == std::string_view::npos) return {};
  const std::string_view rest = metadata.substr(key + kStateKey.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace leat::flow
