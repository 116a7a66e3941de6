#include "runtime/run.h"

#include <algorithm>
#include <atomic>

#include "plan/errors.h"

namespace leat::runtime {
namespace {

std::string kind_of(const spec::SourceSpec& source) {
  switch (source.kind.index()) {
    case 0: return "kafka";
    case 1: return "file";
    default: return "generator";
  }
}

std::string kind_of(const spec::SinkSpec& sink) {
  switch (sink.kind.index()) {
    case 0: return "kafka";
    case 1: return "file";
    default: return "stdout";
  }
}

template <class Spec>
struct Group {
  std::vector<const Spec*> specs;
  std::vector<std::uint32_t> indexes;
};

template <class Spec>
std::map<std::string, Group<Spec>> group_by_kind(const std::vector<Spec>& all) {
  std::map<std::string, Group<Spec>> groups;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    Group<Spec>& group = groups[kind_of(all[i])];
    group.specs.push_back(&all[i]);
    group.indexes.push_back(i);
  }
  return groups;
}

}  // namespace

// Stands between one of several sources and the listener, which hears of positions when all sources
// have theirs.
class Run::Positions final : public flow::SourceListener {
 public:
  explicit Positions(Run& run) : run_(run) {}

  void on_positioned(EpochId newest, std::string_view state_id) override {
    known_ = true;
    newest_ = newest;
    state_id_ = state_id;
    const Positions* first = this;
    for (const auto& other : run_.positions_) {
      if (!other->known_) return;
      if (other->newest_ > first->newest_) first = other.get();
    }
    listener().on_positioned(first->newest_, first->state_id_);
  }
  void on_revoke(std::function<void()> release) override {
    listener().on_revoke(std::move(release));
  }
  void on_lost(std::string_view reason) override { listener().on_lost(reason); }
  void on_connected(bool connected, std::string_view reason, std::string_view message) override {
    listener().on_connected(connected, reason, message);
  }
  void on_failed(Status status) override { listener().on_failed(std::move(status)); }

 private:
  flow::SourceListener& listener() const { return run_.context_.source_listener; }

  Run& run_;
  bool known_ = false;
  EpochId newest_;
  std::string state_id_;
};

PipelineCounts::PipelineCounts(const plan::Plan& plan) {
  const auto add = [&](std::map<std::string, PerSlice>& to, const std::string& id) {
    PerSlice& slices = to[id];
    for (std::uint32_t i = 0; i < plan.parallelism; ++i)
      slices.push_back(std::make_unique<flow::StepStats>(plan.spec->name, id));
  };
  for (const spec::SourceSpec& source : plan.spec->sources) add(steps_, source.id);
  for (const spec::StepSpec& step : plan.spec->steps) add(steps_, step.id);
  for (const spec::SinkSpec& sink : plan.spec->sinks) add(sinks_, sink.id);
  for (std::uint32_t i = 0; i < plan.parallelism; ++i)
    dead_letters_.push_back(std::make_unique<flow::StepStats>(plan.spec->name, "dead-letters"));
  for (const auto& [id, slices] : steps_)
    for (std::size_t i = 0; i < slices.size(); ++i)
      taps_[id].push_back(std::make_shared<flow::TapPoint>());
  for (std::size_t i = 0; i < plan.stages.size() * plan.parallelism; ++i)
    tasks_.push_back(std::make_unique<flow::TaskStats>());
}

Run::Run(RunContext context)
    : context_(std::move(context)), ledger_(context_.on_acknowledged), meter_(context_.control) {}

Run::~Run() { LEAT_CHECK(tasks_.empty()); }

Result<std::unique_ptr<Run>> Run::begin(RunContext context) {
  std::unique_ptr<Run> run(new Run(std::move(context)));
  if (!run->context_.sources_only) LEAT_RETURN_IF_ERROR(run->make_sinks());
  LEAT_RETURN_IF_ERROR(run->make_sources());
  return run;
}

Status Run::make_sources() {
  for (auto& [kind, group] : group_by_kind(context_.plan->spec->sources)) {
    const auto factory = context_.registry.sources.find(kind);
    if (factory == context_.registry.sources.end())
      return Status(Code::not_available_yet, "no source of this kind is available")
          .with("kind", kind);
    const flow::SourceContext source_context{
        context_.application,  context_.instance, context_.plan->spec->name,
        context_.state_folder, context_.clock,    context_.plan->one_instance(),
        context_.sources_only};
    auto made = factory->second(source_context, group.specs, group.indexes);
    if (!made.ok()) return made.status();
    for (const std::uint32_t source : group.indexes)
      for (std::uint32_t slice = 0; slice < context_.plan->parallelism; ++slice)
        readers_[{source, slice}] = (*made)->make_reader(
            source, SliceId(slice), context_.plan->parallelism, host_of(slice).wakeup());
    sources_.push_back(*std::move(made));
  }
  for (std::size_t i = 0; i < sources_.size(); ++i)
    positions_.push_back(std::make_unique<Positions>(*this));
  for (std::size_t i = 0; i < sources_.size(); ++i)
    LEAT_RETURN_IF_ERROR(sources_[i]->start(*positions_[i], context_.control));
  return {};
}

Status Run::make_sinks() {
  const std::optional<plan::DeadLetters>& letters = context_.plan->dead_letters;
  bool made = !letters;
  for (auto& [kind, group] : group_by_kind(context_.plan->spec->sinks)) {
    if (!made && letters->beside_sinks && letters->kind == kind) {
      group.specs.push_back(&letters->sink);
      group.indexes.push_back(dead_letter_index());
      made = true;
    }
    LEAT_RETURN_IF_ERROR(make_sinks(kind, group.specs, group.indexes));
  }
  if (made) return {};
  return make_sinks(letters->kind, {&letters->sink}, {dead_letter_index()});
}

Status Run::make_sinks(const std::string& kind, const std::vector<const spec::SinkSpec*>& specs,
                       const std::vector<std::uint32_t>& indexes) {
  const auto factory = context_.registry.sinks.find(kind);
  if (factory == context_.registry.sinks.end())
    return Status(Code::not_available_yet, "no sink of this kind is available").with("kind", kind);
  flow::SinkContext sink_context{context_.application, context_.instance, context_.plan->spec->name,
                                 context_.clock};
  if (indexes.back() == dead_letter_index()) sink_context.dead_letters = dead_letter_index();
  sink_context.dead_letter_file = context_.dead_letter_file;
  auto made = factory->second(sink_context, specs, indexes);
  if (!made.ok()) return made.status();
  LEAT_RETURN_IF_ERROR((*made)->start(context_.sink_listener, context_.control));
  for (const std::uint32_t sink : indexes) sink_of_[sink] = made->get();
  sinks_.push_back(*std::move(made));
  return {};
}

std::size_t Run::edge_index(std::uint32_t exchange, std::uint32_t from, std::uint32_t to) const {
  const std::size_t width = context_.plan->parallelism;
  return (std::size_t{exchange} * width + from) * width + to;
}

void Run::make_edges() {
  const std::uint32_t width = context_.plan->parallelism;
  for (std::size_t exchange = 0; exchange < context_.plan->exchanges.size(); ++exchange)
    for (std::uint32_t from = 0; from < width; ++from)
      for (std::uint32_t to = 0; to < width; ++to)
        edges_.push_back(
            std::make_unique<flow::ExchangeEdge>(host_of(from).wakeup(), host_of(to).wakeup()));
}

Status Run::fill_node(const plan::Node& recipe, std::size_t stage, std::uint32_t slice,
                      flow::TaskStats& stats, flow::ChainNode& node) {
  node.next = recipe.next;
  node.side = recipe.side;
  if (recipe.kind != plan::Node::Kind::exchange) {
    const bool of_sink = recipe.of_sink || recipe.kind == plan::Node::Kind::sink;
    node.stats = of_sink ? &context_.counts.sink(context_.plan->spec->sinks[recipe.sink].id, slice)
                         : &context_.counts.step(recipe.step, slice);
    flow::ErrorPlace place = plan::error_place(*context_.plan->spec, recipe);
    place.task = static_cast<std::uint32_t>(stage * context_.plan->parallelism + slice);
    node.errors = std::make_unique<flow::ErrorRoute>(std::move(place), *node.stats);
    if (!context_.plan->exchanges.empty()) node.errors->share(letter_log_);
    if (recipe.make_error_encoder) node.errors->encode_by(recipe.make_error_encoder());
  }
  switch (recipe.kind) {
    case plan::Node::Kind::op:
      node.op = recipe.make_operator();
      if (recipe.make_tap_encoder && !recipe.of_sink) {
        node.tap = context_.counts.tap(recipe.step, slice).get();
        node.tap_encoder = recipe.make_tap_encoder();
      }
      return {};
    case plan::Node::Kind::sink: {
      auto made =
          make_writer(recipe.sink, recipe.make_binding(), slice, *node.stats, stats, *node.errors);
      if (!made.ok()) return made.status().with("sink", node.stats->step());
      node.writer = *std::move(made);
      return {};
    }
    case plan::Node::Kind::exchange: {
      const plan::Exchange& exchange = context_.plan->exchanges[recipe.exchange];
      LEAT_CHECK(exchange.from == stage);
      std::vector<flow::ExchangeEdge*> edges;
      for (std::uint32_t to = 0; to < context_.plan->parallelism; ++to)
        edges.push_back(edges_[edge_index(recipe.exchange, slice, to)].get());
      node.sender = std::make_unique<flow::ExchangeSender>(exchange.key_columns, std::move(edges));
      return {};
    }
  }
  return {};
}

Result<std::unique_ptr<flow::SinkWriter>> Run::make_writer(
    std::uint32_t sink, flow::SinkBinding binding, std::uint32_t slice, flow::StepStats& counts,
    flow::TaskStats& stats, flow::ErrorRoute& errors) {
  const flow::WriterContext writer{SliceId(slice),          counts,         stats.latency, ledger_,
                                   host_of(slice).wakeup(), context_.clock, errors};
  return sink_of_.at(sink)->make_writer(sink, std::move(binding), writer);
}

Result<std::unique_ptr<flow::Chain>> Run::make_chain(std::size_t stage_index, std::uint32_t slice,
                                                     flow::TaskStats& stats, const Clocks& clocks) {
  const plan::Stage& stage = context_.plan->stages[stage_index];
  std::vector<flow::ChainNode> nodes(stage.nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    LEAT_RETURN_IF_ERROR(fill_node(stage.nodes[i], stage_index, slice, stats, nodes[i]));
    if (const auto clock = clocks.find(stage.nodes[i].step); clock != clocks.end())
      nodes[i].clock = clock->second;
  }
  if (!context_.plan->dead_letters || !plan::writes_dead_letters(*context_.plan->spec, stage))
    return std::make_unique<flow::Chain>(std::move(nodes));
  flow::StepStats& counts = context_.counts.dead_letters(slice);
  auto errors = std::make_unique<flow::ErrorRoute>(plan::dead_letter_place(), counts);
  flow::SinkBinding binding;
  binding.encoder = std::make_unique<flow::SourceEncoder>();
  auto letters =
      make_writer(dead_letter_index(), std::move(binding), slice, counts, stats, *errors);
  if (!letters.ok()) return letters.status().with("sink", counts.step());
  return std::make_unique<flow::Chain>(std::move(nodes), *std::move(letters), std::move(errors));
}

Result<std::unique_ptr<flow::Task>> Run::make_task(std::size_t stage_index, std::uint32_t slice,
                                                   const flow::Trigger& trigger, EpochId first) {
  const plan::Stage& stage = context_.plan->stages[stage_index];
  const std::uint32_t width = context_.plan->parallelism;
  const std::size_t id = stage_index * width + slice;
  flow::TaskStats& stats = context_.counts.task(id);
  Clocks clocks;
  std::vector<flow::TaskSource> sources;
  for (const plan::Entry& entry : stage.sources) {
    const spec::SourceSpec& source = context_.plan->spec->sources[entry.index];
    auto clock = std::make_unique<flow::SourceClock>(source.event_time);
    clocks[source.id] = clock.get();
    sources.push_back({std::move(readers_.at({entry.index, slice})), entry.node, std::move(clock)});
  }
  auto chain = make_chain(stage_index, slice, stats, clocks);
  if (!chain.ok()) return chain.status();
  flow::TaskParts parts{.id = static_cast<std::uint32_t>(id),
                        .slice = SliceId(slice),
                        .slices = width,
                        .sources = std::move(sources),
                        .inputs = {},
                        .chain = *std::move(chain),
                        .trigger = trigger,
                        .first_epoch = first,
                        .listener = context_.task_listener,
                        .meter = meter_,
                        .stats = stats,
                        .worker = host_of(slice).wakeup()};
  const spec::LimitsSpec& limits = context_.plan->spec->limits;
  if (limits.records_per_second != 0)
    parts.records_per_second = std::max<std::uint64_t>(1, limits.records_per_second / width);
  if (limits.bytes_per_second != 0)
    parts.bytes_per_second = std::max<std::uint64_t>(1, limits.bytes_per_second / width);
  for (const plan::Entry& entry : stage.exchanges)
    for (std::uint32_t from = 0; from < width; ++from)
      parts.inputs.push_back({edges_[edge_index(entry.index, from, slice)].get(), entry.node});
  auto task = std::make_unique<flow::Task>(std::move(parts));
  LEAT_RETURN_IF_ERROR(task->open(context_.state));
  return task;
}

Status Run::launch(const flow::Trigger& trigger, EpochId first, EpochCoordinator::Parts callbacks) {
  make_edges();
  std::vector<std::pair<std::uint32_t, std::unique_ptr<flow::Task>>> made;
  for (std::size_t stage = 0; stage < context_.plan->stages.size(); ++stage) {
    for (std::uint32_t slice = 0; slice < context_.plan->parallelism; ++slice) {
      auto task = make_task(stage, slice, trigger, first);
      if (!task.ok()) return task.status();
      if (!context_.plan->stages[stage].sources.empty())
        callbacks.source_tasks.push_back(task->get());
      made.emplace_back(slice, *std::move(task));
    }
  }
  callbacks.tasks = made.size();
  source_tasks_ = callbacks.source_tasks.size();
  callbacks.trigger = trigger;
  callbacks.first = first;
  for (const auto& source : sources_) callbacks.sources.push_back(source.get());
  coordinator_ = std::make_unique<EpochCoordinator>(std::move(callbacks));
  for (auto& [slice, task] : made) {
    tasks_.emplace_back(&host_of(slice), task.get());
    host_of(slice).add(std::move(task));
  }
  return {};
}

Instant Run::serve(Instant now) {
  Instant again = base::kNever;
  for (const auto& sink : sinks_) again = std::min(again, sink->serve(now));
  for (const auto& source : sources_) again = std::min(again, source->serve(now));
  if (coordinator_) again = std::min(again, coordinator_->tick(now));
  return again;
}

bool Run::sinks_connected() const noexcept {
  return std::all_of(sinks_.begin(), sinks_.end(),
                     [](const auto& sink) { return sink->connected(); });
}

std::vector<flow::PartitionLag> Run::lag() const {
  std::vector<flow::PartitionLag> all;
  for (const auto& source : sources_) {
    std::vector<flow::PartitionLag> some = source->lag();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

void Run::fix_end() {
  for (const auto& source : sources_) source->fix_end();
}

void Run::free_end() {
  for (const auto& source : sources_) source->free_end();
}

void Run::retire_tasks(const std::function<void(std::function<void()>)>& post,
                       std::function<void()> done) {
  std::map<TaskHost*, std::vector<flow::Task*>> by_host;
  for (const auto& [host, task] : std::exchange(tasks_, {})) by_host[host].push_back(task);
  if (by_host.empty()) return post(std::move(done));
  // The last host's answer travels through the control thread's queue, behind everything its tasks
  // posted before.
  const auto missing = std::make_shared<std::atomic<std::size_t>>(by_host.size());
  for (auto& [host, tasks] : by_host)
    host->remove(std::move(tasks), [post, missing, done] {
      post([missing, done] {
        if (missing->fetch_sub(1) == 1) done();
      });
    });
}

void Run::stop_sources(bool leave, std::function<void()> done) {
  LEAT_CHECK(tasks_.empty());
  readers_.clear();
  if (sources_.empty()) return done();
  const auto missing = std::make_shared<std::size_t>(sources_.size());
  for (const auto& source : sources_)
    source->stop(leave, [missing, done] {
      if (--*missing == 0) done();
    });
}

void Run::purge_sources(std::function<void(Status)> done) {
  const auto missing = std::make_shared<std::size_t>(sources_.size());
  const auto first_error = std::make_shared<Status>();
  for (const auto& source : sources_)
    source->purge([missing, first_error, done](Status status) {
      if (!status.ok() && first_error->ok()) *first_error = std::move(status);
      if (--*missing == 0) done(*first_error);
    });
}

void Run::find(WallTime at,
               std::function<void(Result<std::vector<flow::PartitionPosition>>)> done) {
  using Found = std::vector<flow::PartitionPosition>;
  const auto missing = std::make_shared<std::size_t>(sources_.size());
  const auto first_error = std::make_shared<Status>();
  const auto all = std::make_shared<Found>();
  for (const auto& source : sources_)
    source->find(at, [missing, first_error, all, done](Result<Found> some) {
      if (some.ok())
        all->insert(all->end(), some->begin(), some->end());
      else if (first_error->ok())
        *first_error = some.status();
      if (--*missing > 0) return;
      if (!first_error->ok()) return done(*first_error);
      done(*std::move(all));
    });
}

void Run::commit(EpochId epoch, const std::vector<flow::PartitionPosition>& positions,
                 const std::string& metadata, std::function<void(Status)> done) {
  const auto missing = std::make_shared<std::size_t>(sources_.size());
  const auto first_error = std::make_shared<Status>();
  for (const auto& source : sources_)
    source->commit(epoch, positions, metadata, [missing, first_error, done](Status status) {
      if (!status.ok() && first_error->ok()) *first_error = std::move(status);
      if (--*missing == 0) done(*first_error);
    });
}

}  // namespace leat::runtime
