// One instance of a function, and what a call on it ended with. Part of leat/plugin_testing.hpp.
#pragma once

#include <leat/testing/host.hpp>

namespace leat::testing::detail {

// Throws what a call ended with: Violation, Failed, Retried. Returns when rows have results.
inline void check_status(leat_status status, const CallState& call, const char* what) {
  const std::string where = std::string(what) + ": ";
  if (!call.violation.empty()) throw Violation(where + call.violation);
  switch (status) {
    case LEAT_OK:
      if (!call.failed.empty())
        throw Violation(where + "rows are marked failed, the status is LEAT_OK");
      return;
    case LEAT_ROWS_FAILED:
      if (call.failed.empty()) throw Violation(where + "LEAT_ROWS_FAILED and no row is marked");
      return;
    case LEAT_RETRY: throw Retried();
    case LEAT_FATAL:
      throw Failed(call.fail_code,
                   call.fail_told ? call.fail_text : where + "LEAT_FATAL without a text");
    default: throw Violation(where + "unknown status " + std::to_string(status));
  }
}

// One instance of a function, closed with it.
class Opened {
 public:
  Opened(const leat_function* function, const std::string& with, std::vector<std::string>* log)
      : function_(function),
        signature_(leat::detail::SignatureParser(function->signature).parse()),
        with_(with),
        log_(log) {
    if (function->open == nullptr) {
      self_ = function->user;
      return;
    }
    CallState call;
    call.log = log;
    check_status(function->open(Host::table(), call.raw(), function->user, to_str(with_), &self_),
                 call, "open");
    open_ = true;
  }
  ~Opened() {
    if (open_ && function_->close != nullptr) function_->close(self_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  // Another instance of the same function.
  Opened again() const { return Opened(function_, with_, log_); }

  void* self() const { return self_; }
  const Signature& signature() const { return signature_; }
  bool flag(uint32_t bit) const { return (function_->flags & bit) != 0; }
  const leat_function* function() const { return function_; }
  template <class Ops>
  const Ops* ops() const {
    return static_cast<const Ops*>(function_->ops);
  }
  CallState call(size_t rows, int64_t now_us) const {
    CallState call;
    call.rows = static_cast<uint32_t>(rows);
    call.now_us = now_us;
    call.log = log_;
    return call;
  }

 private:
  const leat_function* function_;
  Signature signature_;
  std::string with_;
  std::vector<std::string>* log_;
  void* self_ = nullptr;
  bool open_ = false;
};

// What the host decides without a call: empty = the row goes to the plugin.
inline std::optional<Outcome> without_call(const Opened& opened, const Row& row) {
  const std::vector<Field>& params = opened.signature().params;
  for (size_t i = 0; i < params.size() && i < row.size(); ++i) {
    if (!row[i].is_null()) continue;
    if (opened.flag(LEAT_NULL_PROPAGATES)) return Outcome{};
    if (!params[i].nullable)
      return Outcome{Cell(), 1, "parameter `" + params[i].name + "` is null"};
  }
  return std::nullopt;
}

}  // namespace leat::testing::detail
