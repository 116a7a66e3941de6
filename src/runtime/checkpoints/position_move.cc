#include "runtime/position_move.h"

#include <utility>

namespace leat::runtime {
namespace {

Status busy(std::string message) {
  return Status(Code::unavailable, std::move(message)).with("problem", "BUSY");
}

}  // namespace

// Never inside a call of the source: it may end here.
void PositionMove::later(std::function<void()> work) {
  parts_.post([alive = std::weak_ptr(alive_), work = std::move(work)] {
    if (!alive.expired()) work();
  });
}

void PositionMove::begin() {
  auto run = parts_.make_run(*this);
  if (!run.ok()) return end(run.status().with("problem", "BUSY"));
  run_ = *std::move(run);
}

Instant PositionMove::tick(Instant now) {
  if (!run_) return base::kNever;
  const Instant again = run_->serve(now);
  if (ended_) return again;
  if (now >= parts_.deadline)
    end(busy("the sources could not be reached in time" +
             (trouble_.empty() ? std::string() : " (" + trouble_ + ")") +
             ": ask again when they can"));
  return std::min(again, parts_.deadline);
}

void PositionMove::commit(EpochId epoch, const std::vector<flow::PartitionPosition>& positions,
                          const std::string& metadata) {
  if (ended_) return;
  run_->commit(epoch, positions, metadata, [this](Status status) {
    later([this, status = std::move(status)] {
      end(status.ok() ? status : status.with("problem", "BUSY"));
    });
  });
}

void PositionMove::end(const Status& status) {
  if (std::exchange(ended_, true)) return;
  const auto done = [this, status] {
    later([this, status] {
      run_.reset();
      // It may be destroyed by this.
      const auto tell = parts_.on_done;
      tell(status);
    });
  };
  if (!run_) return done();
  run_->stop_sources(true, done);
}

void PositionMove::on_positioned(EpochId newest, std::string_view state_id) {
  if (std::exchange(found_, true)) return;
  later([this, newest, id = std::string(state_id)] {
    if (!ended_) found(newest, id);
  });
}

void PositionMove::found(EpochId newest, const std::string& state_id) {
  if (!parts_.at) return parts_.on_found({newest, state_id, run_->lag(), {}});
  run_->find(*parts_.at,
             [this, newest, state_id](Result<std::vector<flow::PartitionPosition>> at_time) {
               later([this, newest, state_id, at_time = std::move(at_time)] {
                 if (ended_) return;
                 if (!at_time.ok()) return end(at_time.status().with("problem", "BUSY"));
                 parts_.on_found({newest, state_id, run_->lag(), *at_time});
               });
             });
}

void PositionMove::on_revoke(std::function<void()> release) {
  release();
  on_lost("the group wants them back");
}

void PositionMove::on_lost(std::string_view reason) {
  later([this, text = std::string(reason)] {
    end(busy("the partitions went to somebody else (" + text + "): ask again"));
  });
}

void PositionMove::on_connected(bool connected, std::string_view, std::string_view message) {
  trouble_ = connected ? std::string_view() : message;
}

void PositionMove::on_failed(Status status) {
  later([this, status = std::move(status)] { end(status.with("problem", "BUSY")); });
}

}  // namespace leat::runtime
