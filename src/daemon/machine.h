#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// What the process may use of the machine it runs on.
namespace leat::daemon {

// Cores by affinity and cgroup quota, at least 1.
std::uint32_t usable_cores();
// Bytes by cgroup limit and RAM.
std::uint64_t usable_memory();
// The host's name made to fit the pattern of names; "leat" when nothing is left of it.
std::string host_as_name();
// The same for any text.
std::string fit_name(std::string_view text);
// The user that runs the process.
std::uint32_t own_user() noexcept;

// Whole cores of a cgroup's cpu.max ("150000 100000" = 2, rounded up); 0 = no quota.
std::uint32_t cores_of_quota(std::string_view cpu_max) noexcept;

}  // namespace leat::daemon
