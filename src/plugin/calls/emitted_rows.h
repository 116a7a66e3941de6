#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/arena.h"
#include "plugin/calls/columns.h"
#include "plugin/calls/host.h"
#include "plugin/signature.h"
#include "record/batch.h"

namespace leat::plugin {

inline constexpr std::size_t kEmittedRowsMax = std::size_t{1} << 20;  // of one call

// The rows that one call of a flat_map or stateful function emitted, checked against its signature and
// copied. Keeps its memory from call to call. Thread-confined.
class EmittedRows final : public EmitTarget {
 public:
  // `signature` outlives it.
  explicit EmittedRows(const Signature& signature);

  // Forgets what it has. Text is copied into the arena; values live as long as that.
  void begin(base::Arena& arena);
  // The rows that may be the origin of an emitted one; null = none may (timers, flush). Set by the
  // instance that calls.
  void take_from(const ArgumentColumns* called) noexcept { called_ = called; }
  std::optional<std::string> take(const leat_batch& batch) override;

  std::size_t size() const noexcept { return origins_.size(); }
  // The values of one result field, in the order of the signature.
  std::span<const record::Value> column(std::size_t field) const noexcept {
    return columns_[field];
  }
  // For each row the row of the call it came from, ascending; kNoOrigin for those of timers and flush.
  static constexpr std::uint32_t kNoOrigin = UINT32_MAX;
  std::span<const std::uint32_t> origins() const noexcept { return origins_; }
  // For each row its event time; record::kNoTime = that of its origin.
  std::span<const std::int64_t> event_times() const noexcept { return times_; }

 private:
  std::optional<std::string> check(const leat_batch& batch) const;
  std::optional<std::string> take_origins(const leat_batch& batch);
  std::optional<std::string> take_columns(const leat_batch& batch);

  const Signature& signature_;
  base::Arena* arena_ = nullptr;
  const ArgumentColumns* called_ = nullptr;
  std::vector<std::vector<record::Value>> columns_;
  std::vector<std::uint32_t> origins_;
  std::vector<std::int64_t> times_;
  std::size_t text_bytes_ = 0;
};

}  // namespace leat::plugin
