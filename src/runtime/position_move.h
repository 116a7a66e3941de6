#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/control_loop.h"
#include "runtime/run.h"

namespace leat::runtime {

// Moves a stopped pipeline's committed positions: its sources join, tell where they stand, and commit
// where they are to go on; then they leave. No record is read, no task is built.
//
// Control thread. begin(), then on_found, then the owner calls commit() or give_up(), then on_done:
// exactly once, posted, with ok when the positions are committed. Before on_done it is not destroyed.
class PositionMove final : flow::SourceListener {
 public:
  struct Found {
    EpochId newest;        // that is committed; 0 = none
    std::string state_id;  // beside it; "" = none
    std::vector<flow::PartitionLag> partitions;
    std::vector<flow::PartitionPosition> at_time;  // what flow::Source::find() gave
  };
  struct Parts {
    std::function<Result<std::unique_ptr<Run>>(flow::SourceListener&)> make_run;
    std::function<void(Action)> post;  // to the control thread, later
    Instant deadline;
    std::optional<WallTime> at;  // asks for the positions of this time too
    std::function<void(const Found&)> on_found;
    std::function<void(const Status&)> on_done;
  };
  explicit PositionMove(Parts parts) : parts_(std::move(parts)) {}

  void begin();
  Instant tick(Instant now);
  // `positions` are of the origins in Found; none = the metadata alone.
  void commit(EpochId epoch, const std::vector<flow::PartitionPosition>& positions,
              const std::string& metadata);
  // Nothing is committed.
  void give_up(const Status& why) { end(why); }

 private:
  void on_positioned(EpochId newest, std::string_view state_id) override;
  void on_revoke(std::function<void()> release) override;
  void on_lost(std::string_view reason) override;
  void on_connected(bool connected, std::string_view reason, std::string_view message) override;
  void on_failed(Status status) override;
  void found(EpochId newest, const std::string& state_id);
  void later(std::function<void()> work);
  void end(const Status& status);

  const Parts parts_;
  std::unique_ptr<Run> run_;
  bool found_ = false;
  bool ended_ = false;
  std::string trouble_;  // why the sources are not connected
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace leat::runtime
