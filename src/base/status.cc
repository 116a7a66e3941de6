#include "base/status.h"

namespace leat::base {

std::string_view to_string(Code code) noexcept {
  switch (code) {
    case Code::ok: return "ok";
    case Code::invalid_argument: return "invalid_argument";
    case Code::not_found: return "not_found";
    case Code::already_exists: return "already_exists";
    case Code::wrong_state: return "wrong_state";
    case Code::unavailable: return "unavailable";
    case Code::timed_out: return "timed_out";
    case Code::exhausted: return "exhausted";
    case Code::data_loss: return "data_loss";
    case Code::permission_denied: return "permission_denied";
    case Code::not_available_yet: return "not_available_yet";
    case Code::cancelled: return "cancelled";
    case Code::internal: return "internal";
  }
  return "internal";
}

Status::Status(Code code, std::string message)
    : detail_(std::make_unique<Detail>(Detail{code, std::move(message), {}})) {
  LEAT_CHECK(code != Code::ok);
}

Status::Status(const Status& other)
    : detail_(other.detail_ ? std::make_unique<Detail>(*other.detail_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) detail_ = other.detail_ ? std::make_unique<Detail>(*other.detail_) : nullptr;
  return *this;
}

const std::string& Status::message() const noexcept {
  static const std::string none;
  return detail_ ? detail_->message : none;
}

Status Status::with(std::string_view key, std::string_view value) && {
  if (detail_) detail_->fields.emplace_back(key, value);
  return std::move(*this);
}

Status Status::with(std::string_view key, std::string_view value) const& {
  return Status(*this).with(key, value);
}

const std::vector<std::pair<std::string, std::string>>& Status::fields() const noexcept {
  static const std::vector<std::pair<std::string, std::string>> none;
  return detail_ ? detail_->fields : none;
}

std::string Status::to_string() const {
  if (!detail_) return "ok";
  std::string text = detail_->message;
  for (const auto& [key, value] : detail_->fields) text += " " + key + "=" + value;
  return text;
}

}  // namespace leat::base
