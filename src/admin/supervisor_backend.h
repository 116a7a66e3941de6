#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "admin/backend.h"

namespace leat::admin {

// The backend of a daemon: hands everything to a Supervisor, which outlives it. Thread-safe as the
// Supervisor is.
class SupervisorBackend final : public Backend {
 public:
  // `plugins` (may be null) outlives it.
  SupervisorBackend(runtime::Supervisor& supervisor, plan::PlanOptions options,
                    std::map<std::string, std::shared_ptr<flow::Sampler>> samplers = {},
                    PluginBackend* plugins = nullptr)
      : supervisor_(supervisor),
        options_(std::move(options)),
        samplers_(std::move(samplers)),
        plugins_(plugins) {}

  runtime::SnapshotPtr find(std::string_view name) const override { return supervisor_.find(name); }
  std::vector<runtime::SnapshotPtr> list() const override { return supervisor_.list(); }
  std::vector<runtime::ThreadStatus> threads() const override { return supervisor_.threads(); }
  bool alive() const noexcept override { return supervisor_.alive(); }
  bool started() const noexcept override { return supervisor_.started(); }
  bool stopping() const noexcept override { return supervisor_.stopping(); }
  void refresh(std::function<void()> done) override { supervisor_.refresh(std::move(done)); }

  plan::PlanResult build(const std::shared_ptr<const spec::PipelineSpec>& spec) const override {
    return plan::build_plan(spec, options_);
  }
  std::vector<spec::Diagnostic> check_rest(const spec::ParseResult& parsed) const override {
    return plan::check_rest(parsed, options_);
  }
  void put(runtime::PutRequest request, runtime::Reply<runtime::PutReceipt> reply) override {
    supervisor_.put(std::move(request), std::move(reply));
  }
  void remove(runtime::RemoveRequest request, runtime::Reply<std::string> reply) override {
    supervisor_.remove(std::move(request), std::move(reply));
  }
  void set_trigger(runtime::SwitchRequest request,
                   runtime::Reply<runtime::SwitchReceipt> reply) override {
    supervisor_.set_trigger(std::move(request), std::move(reply));
  }
  void lifecycle(const std::string& name, runtime::Verb verb,
                 const runtime::Preconditions& preconditions,
                 runtime::Reply<runtime::LifecycleReceipt> reply) override {
    supervisor_.lifecycle(name, verb, preconditions, std::move(reply));
  }
  void tap(const std::string& name, const std::string& step,
           runtime::Reply<runtime::TapSubscription> reply) override {
    supervisor_.tap(name, step, std::move(reply));
  }
  void untap(const std::string& name, const std::string& step) override {
    supervisor_.untap(name, step);
  }
  void read_state(runtime::StateRequest request,
                  runtime::Reply<runtime::StateAnswer> reply) override {
    supervisor_.read_state(std::move(request), std::move(reply));
  }
  void make_checkpoint(runtime::CheckpointRequest request,
                       runtime::Reply<runtime::CheckpointInfo> reply) override {
    supervisor_.make_checkpoint(std::move(request), std::move(reply));
  }
  void list_checkpoints(const std::string& pipeline,
                        runtime::Reply<std::vector<runtime::CheckpointInfo>> reply) override {
    supervisor_.list_checkpoints(pipeline, std::move(reply));
  }
  void remove_checkpoint(runtime::CheckpointRequest request,
                         runtime::Reply<std::string> reply) override {
    supervisor_.remove_checkpoint(std::move(request), std::move(reply));
  }
  void restore_checkpoint(runtime::CheckpointRequest request,
                          runtime::Reply<runtime::RestoreReceipt> reply) override {
    supervisor_.restore_checkpoint(std::move(request), std::move(reply));
  }
  void move_offsets(runtime::OffsetsRequest request,
                    runtime::Reply<runtime::OffsetsReceipt> reply) override {
    supervisor_.move_offsets(std::move(request), std::move(reply));
  }
  void list_kept_state(runtime::Reply<std::vector<runtime::KeptState>> reply) override {
    supervisor_.list_kept_state(std::move(reply));
  }
  void remove_kept_state(const std::string& name, runtime::Reply<std::string> reply) override {
    supervisor_.remove_kept_state(name, std::move(reply));
  }
  void sample(const spec::SourceSpec& source, std::size_t records_max,
              flow::SampleReply reply) override {
    const auto found = samplers_.find(
        std::holds_alternative<spec::KafkaSourceSpec>(source.kind) ? "kafka" : "others");
    if (found == samplers_.end())
      return reply(
          Status(Code::not_available_yet, "records of this kind of source cannot be read"));
    found->second->sample(source, records_max, std::move(reply));
  }
  void collect_samples() override {
    for (const auto& [kind, sampler] : samplers_) sampler->collect();
  }

  PluginBackend* plugins() const override { return plugins_; }

 private:
  runtime::Supervisor& supervisor_;
  const plan::PlanOptions options_;
  const std::map<std::string, std::shared_ptr<flow::Sampler>> samplers_;
  PluginBackend* const plugins_;
};

}  // namespace leat::admin
