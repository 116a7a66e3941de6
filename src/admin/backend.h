#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/plugin_backend.h"
#include "flow/sample.h"
#include "plan/plan.h"
#include "runtime/supervisor.h"

namespace leat::admin {

// What the API asks of the rest of the process; a test gives a fake. Called on the io thread.
// Replies come exactly once, on any thread, possibly before the call returns; a refusal carries the
// problem code in the Status field "problem".
class Backend {
 public:
  virtual ~Backend() = default;

  virtual runtime::SnapshotPtr find(std::string_view name) const = 0;
  virtual std::vector<runtime::SnapshotPtr> list() const = 0;  // by name
  virtual std::vector<runtime::ThreadStatus> threads() const = 0;
  virtual bool alive() const noexcept = 0;     // the control loop turns
  virtual bool started() const noexcept = 0;   // all stored definitions were restored
  virtual bool stopping() const noexcept = 0;  // writes are refused
  // Publishes fresh snapshots of every pipeline, then calls `done`.
  virtual void refresh(std::function<void()> done) = 0;

  // How the definition would run, or why it cannot.
  virtual plan::PlanResult build(const std::shared_ptr<const spec::PipelineSpec>& spec) const = 0;
  // plan::check_rest() with the daemon's limits.
  virtual std::vector<spec::Diagnostic> check_rest(const spec::ParseResult& parsed) const = 0;
  virtual void put(runtime::PutRequest request, runtime::Reply<runtime::PutReceipt> reply) = 0;
  virtual void remove(runtime::RemoveRequest request, runtime::Reply<std::string> reply) = 0;
  virtual void set_trigger(runtime::SwitchRequest request,
                           runtime::Reply<runtime::SwitchReceipt> reply) = 0;
  virtual void lifecycle(const std::string& name, runtime::Verb verb,
                         const runtime::Preconditions& preconditions,
                         runtime::Reply<runtime::LifecycleReceipt> reply) = 0;
  virtual void tap(const std::string& name, const std::string& step,
                   runtime::Reply<runtime::TapSubscription> reply) = 0;
  virtual void untap(const std::string& name, const std::string& step) = 0;
  virtual void read_state(runtime::StateRequest request,
                          runtime::Reply<runtime::StateAnswer> reply) = 0;
  virtual void make_checkpoint(runtime::CheckpointRequest request,
                               runtime::Reply<runtime::CheckpointInfo> reply) = 0;
  virtual void list_checkpoints(
      const std::string& pipeline,
      runtime::Reply<std::vector<runtime::CheckpointInfo>> reply) = 0;  // newest first
  virtual void remove_checkpoint(runtime::CheckpointRequest request,
                                 runtime::Reply<std::string> reply) = 0;
  virtual void restore_checkpoint(runtime::CheckpointRequest request,
                                  runtime::Reply<runtime::RestoreReceipt> reply) = 0;
  virtual void move_offsets(runtime::OffsetsRequest request,
                            runtime::Reply<runtime::OffsetsReceipt> reply) = 0;
  virtual void list_kept_state(runtime::Reply<std::vector<runtime::KeptState>> reply) = 0;
  virtual void remove_kept_state(const std::string& name, runtime::Reply<std::string> reply) = 0;
  // Some of the newest records of a source that a definition names; NOT_AVAILABLE_YET for kinds that
  // cannot be asked. After the reply, and not from it, collect_samples().
  virtual void sample(const spec::SourceSpec& source, std::size_t records_max,
                      flow::SampleReply reply) = 0;
  virtual void collect_samples() = 0;
  // The plugins of the process; null = it has none.
  virtual PluginBackend* plugins() const { return nullptr; }
};

}  // namespace leat::admin
