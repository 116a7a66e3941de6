#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/status.h"
#include "kafka/profile.h"

namespace leat::kafka {

enum class Role : unsigned char { consumer = 1, producer = 2, both = 3 };

// One property leat sets, and why. `value` empty = computed from the pipeline (see ClientIdentity).
struct Setting {
  Role role;
  const char* name;
  const char* value;
  int from_version;   // of librdkafka, as rd_kafka_version() gives it; 0 = any
  int until_version;  // exclusive; 0 = any
  const char* why;
};
std::span<const Setting> settings() noexcept;

// What makes one client different from another.
struct ClientIdentity {
  std::string client_id;
  std::string group;     // consumers
  std::string instance;  // consumers: group.instance.id
  std::size_t queue_bytes = std::size_t{64} << 20;
  bool one_by_one = false;  // producers: a request for each record
};

// leat decides this property itself, for every profile and definition.
bool is_ours(std::string_view property) noexcept;
// The property loads or runs code chosen by whoever writes it.
bool runs_code(std::string_view property) noexcept;

// A configuration with the profile, the properties of definitions and all our settings; ours win.
// The caller owns it.
Result<rd_kafka_conf_t*> make_conf(Role role, const Profile& profile,
                                   const std::map<std::string, std::string>& properties,
                                   const ClientIdentity& identity);

}  // namespace leat::kafka
