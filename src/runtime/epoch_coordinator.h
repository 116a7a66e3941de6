#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/ref.h"
#include "base/status.h"
#include "base/thread_checker.h"
#include "flow/ledger.h"
#include "flow/source.h"
#include "flow/task.h"
#include "flow/trigger.h"

namespace leat::runtime {

// What a cut was: filled in as it goes on.
struct CutResult {
  EpochId epoch;
  std::vector<flow::PartitionPosition> positions;
  std::uint64_t records = 0;
  bool took_switch = false;
  Duration intake_paused{};  // the longest of the source tasks
  Instant requested{}, cut{}, sealed{}, acknowledged{}, committed{};
  std::optional<Instant> durable;  // when the state was; absent without state
};

// Somebody needs an epoch to end. All callbacks are optional, on the control thread; exactly one of
// on_committed and on_dropped is called in the end.
struct CutRequest {
  bool poll_after = true;  // false: sources hold still after the cut until resume()
  bool drain =
      false;  // time is over in front of the barrier; the run is good for nothing behind it
  base::Ref<flow::SwitchTicket> ticket;          // a new trigger from the next epoch on
  std::function<void(const CutResult&)> on_cut;  // every source task has cut
  std::function<void(const CutResult&)> on_committed;
  std::function<void(const Status&)>
      on_dropped;  // the pipeline failed or the request was withdrawn
};

// Cuts and commits the epochs of one pipeline run.
//
// Lives on the control thread; every method must be called there. Owns no task: it talks to source
// tasks by command and learns of cuts, seals, acknowledgements and durable state by the on_ methods.
// An epoch is committed when its records are acknowledged and its state is durable, whichever comes
// first. At most one epoch is closed and not yet committed; while it is, the open epoch grows (it is
// never the records that wait). After a failure it does nothing more: the run is thrown away.
class EpochCoordinator {
 public:
  struct Parts {
    std::string pipeline;
    std::string state_id;                   // written into the commit's metadata
    std::vector<flow::Task*> source_tasks;  // told to cut
    std::size_t tasks = 0;                  // of all stages: so many seals close an epoch
    std::vector<flow::Source*> sources;     // committed to
    flow::Ledger& ledger;
    flow::IntakeMeter& meter;
    const Clock& clock;
    flow::Trigger trigger;
    EpochId first;                                       // the epoch that is open at the start
    std::function<void(const CutResult&)> on_committed;  // every epoch, before the requests' own
    std::function<void(const Status&)> on_failed;        // once
    // A commit did not work and is tried again; ok when one worked after that.
    std::function<void(const Status&)> on_commit_trouble;
    // The epoch is sealed: make what it changed in the state durable, then call on_durable(), later.
    // Null = there is no state.
    std::function<void(EpochId)> persist = nullptr;
  };
  explicit EpochCoordinator(Parts parts);
  EpochCoordinator(const EpochCoordinator&) = delete;
  EpochCoordinator& operator=(const EpochCoordinator&) = delete;

  // Cuts when it is time, repeats a commit that failed. Returns when it wants to be called again at
  // the latest.
  Instant tick(Instant now);
  void on_cut(std::uint32_t task, flow::CutReport report);
  void on_sealed(std::uint32_t task, EpochId epoch);
  void on_acknowledged(EpochId epoch);
  // Not ok: the run is over.
  void on_durable(EpochId epoch, const Status& status);

  // Ends the open epoch as soon as no other is pending. Several requests that wait are served by
  // one cut.
  void request(CutRequest request);
  // Takes back the request with this ticket if the new trigger counts nowhere yet; on_dropped is
  // not called. False: too late.
  bool withdraw(const base::Ref<flow::SwitchTicket>& ticket);
  // Sources poll again.
  void resume();
  // Throws everything away; pending requests are dropped with `why`.
  void abandon(const Status& why);

  const flow::Trigger& trigger() const noexcept { return trigger_; }
  EpochId open_epoch() const noexcept { return open_; }
  bool pending() const noexcept { return state_ != State::open; }
  std::uint64_t open_records() const noexcept { return parts_.meter.records() - closed_records_; }
  bool failed() const noexcept { return failed_; }

 private:
  enum class State : std::uint8_t { open, cutting, acknowledging, committing };

  void begin_cut(Instant now);
  void seal_if_complete();
  void commit_if_complete();
  void send_commit();
  void commit_done(std::uint64_t attempt, const Status& status);
  void committed();
  void fail(const Status& status);
  // A fault point; false when the run is over.
  bool pass(std::string_view fault);

  Parts parts_;
  flow::Trigger trigger_;
  State state_ = State::open;
  EpochId open_;
  Instant opened_at_{};
  std::uint64_t closed_records_ = 0;
  std::uint64_t closed_bytes_ = 0;
  std::vector<CutRequest> waiting_;
  std::vector<CutRequest> serving_;
  CutResult closing_;
  base::Ref<flow::SwitchTicket> closing_ticket_;
  std::uint64_t closing_bytes_ = 0;
  std::size_t cuts_missing_ = 0;
  std::size_t seals_missing_ = 0;
  bool acknowledged_ = false;
  bool durable_ = false;
  std::size_t commits_missing_ = 0;
  Status commit_status_;
  std::uint64_t commit_attempt_ = 0;
  std::optional<Instant> commit_again_at_;
  Duration commit_delay_{};
  bool failed_ = false;
  base::ThreadChecker thread_;
};

// The text that travels with the offsets: {"v":1,"e":12,"s":"…"}, under 128 bytes.
std::string commit_metadata(EpochId epoch, std::string_view state_id);

}  // namespace leat::runtime
