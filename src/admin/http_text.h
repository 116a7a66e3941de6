#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/request.h"
#include "base/clock.h"

namespace leat::admin {

enum class Keep : bool { close, alive };

// The reason phrase of a status; "Unknown" for one we never send.
std::string_view reason_of(int status) noexcept;
// "Thu, 01 Jan 2026 12:00:00 GMT"
std::string http_date(WallTime time);
// The head of an answer with its blank line. With `body_bytes` a Content-Length; a stream has none
// and ends with the connection.
std::string head_text(const Response& response, std::string_view request_id, WallTime now,
                      Keep keep, std::optional<std::size_t> body_bytes);

}  // namespace leat::admin
