#pragma once

#include <deque>
#include <future>
#include <map>
#include <mutex>

#include "runtime/definition_store.h"
#include "runtime/pipeline.h"
#include "runtime/supervisor.h"
#include "runtime/worker.h"

namespace leat::runtime {

// What a write is told that the daemon's stop was faster than.
Status stopping_status();

// The supervisor behind its door. Members without a remark belong to the control thread.
class Supervisor::Impl {
 public:
  Impl(SupervisorOptions options, flow::Registry registry);
  ~Impl();

  Status start(const Reparse& reparse);
  void stop();
  SnapshotPtr find(std::string_view name) const;  // any thread
  std::vector<SnapshotPtr> list() const;          // any thread

  void put(PutRequest request, Reply<PutReceipt> reply);
  void remove(RemoveRequest request, Reply<std::string> reply);
  void set_trigger(SwitchRequest request, Reply<SwitchReceipt> reply);
  void lifecycle(const std::string& name, Verb verb, const Preconditions& preconditions,
                 Reply<LifecycleReceipt> reply);
  void tap(const std::string& name, const std::string& step, Reply<TapSubscription> reply);
  void untap(const std::string& name, const std::string& step);
  void read_state(const StateRequest& request, const Reply<StateAnswer>& reply);
  void make_checkpoint(const CheckpointRequest& request, const Reply<CheckpointInfo>& reply);
  void list_checkpoints(const std::string& name, const Reply<std::vector<CheckpointInfo>>& reply);
  void remove_checkpoint(const CheckpointRequest& request, const Reply<std::string>& reply);
  void restore_checkpoint(CheckpointRequest request, Reply<RestoreReceipt> reply);
  void move_offsets(OffsetsRequest request, Reply<OffsetsReceipt> reply);
  void list_kept_state(const Reply<std::vector<KeptState>>& reply);
  void remove_kept_state(const std::string& name, const Reply<std::string>& reply);
  void refresh();

  ControlLoop& control() { return control_; }
  const SupervisorOptions& options() const { return options_; }

  std::atomic<bool> stopping{false};  // any thread
  std::atomic<bool> started{false};   // any thread
  std::atomic<bool> hurry{false};     // any thread: stop() gives up waiting

 private:
  // A name that is taken: its pipeline (null while it is being made), what is on disk, and the
  // writes that wait for their turn.
  struct Entry {
    std::unique_ptr<Pipeline> pipeline;
    StoredPipeline stored;
    bool broken = false;  // the stored text is no pipeline any more
    std::deque<Action> waiting;
    bool busy = false;
    bool leaving = false;  // it is being removed: nothing of it is written any more
    std::string counters_saved;
    std::map<std::string, int> taps;
  };

  Instant tick(Instant now);
  void enqueue(Entry& entry, Action action);
  void release(const std::string& name);
  Status check(const Entry& entry, const Preconditions& preconditions) const;
  void create(PutRequest request, Reply<PutReceipt> reply);
  void replace(Entry& entry, PutRequest request, const Reply<PutReceipt>& reply);
  void install(Entry& entry, const std::shared_ptr<const plan::Plan>& plan,
               StateStart start = StateStart::keep);
  // Whether the state that is kept for the plan's pipeline fits it; with `discard_state` it does.
  void check_state(Pipeline* running, const PutRequest& request,
                   std::function<void(const Status&)> done);
  void save_new(const std::string& name, PutRequest request, Reply<PutReceipt> reply);
  void drop_entry(const std::string& name, const std::function<void()>& answer);
  void discard_unused(const PutRequest& request);
  std::string folder_of(const std::string& name) const {
    return options_.state_dir.empty() ? std::string() : options_.state_dir + "/state/" + name;
  }
  void on_disk(Action action);
  void restore(const StoredPipeline& stored, const Reparse& reparse);
  std::string counters_of(const Entry& entry, const std::string& folder) const;
  void save_counters();
  void remove_state(const std::string& name, bool all) const;
  void save(const StoredPipeline& stored, std::function<void(const Status&)> done);
  void save_desired(Entry& entry, Result<LifecycleReceipt> receipt,
                    const Reply<LifecycleReceipt>& reply);
  void do_lifecycle(Entry& entry, Verb verb, Reply<LifecycleReceipt> reply);
  void do_remove(Entry& entry, const RemoveRequest& request, const Reply<std::string>& reply);
  void do_set_trigger(Entry& entry, const SwitchRequest& request,
                      const Reply<SwitchReceipt>& reply);
  void persist_switch(const std::string& name, const SwitchRequest& request, SwitchReceipt receipt,
                      const Reply<SwitchReceipt>& reply);
  Entry* entry_of(const std::string& name);
  std::string etag_of(const StoredPipeline& stored) const;
  void publish(SnapshotPtr snapshot);
  void unpublish(const std::string& name);
  bool all_at_rest();

  const SupervisorOptions options_;
  const flow::Registry registry_;
  ControlLoop control_;
  DefinitionStore store_;  // of the disk thread once started
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<TaskHost*> hosts_;
  std::map<std::string, Entry, std::less<>> entries_;
  Instant counters_saved_at_{};
  mutable std::mutex snapshots_mutex_;
  std::map<std::string, SnapshotPtr, std::less<>> snapshots_;  // under the mutex
  std::unique_ptr<DiskThread> disk_;
  std::shared_ptr<std::promise<void>> rest_wanted_;  // stop() waits for it
};

}  // namespace leat::runtime
