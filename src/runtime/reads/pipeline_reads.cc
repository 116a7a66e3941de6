#include <algorithm>

#include "record/key_hash.h"
#include "runtime/pipeline.h"

// Reads of a pipeline's state: of what is committed on the checkpoint thread, of what tasks hold on
// their workers, between two of their steps.
namespace leat::runtime {
namespace {

Status problem(Code code, std::string_view name, std::string message) {
  return Status(code, std::move(message)).with("problem", name);
}

}  // namespace

struct Pipeline::LatestRead {
  std::size_t step = 0;
  std::vector<StateKey> readings;
  std::size_t next = 0;  // of the readings
  Reply<StateAnswer> reply;
};

// One reading after the other, each on the worker that owns its group.
void Pipeline::read_latest(const std::shared_ptr<LatestRead>& read) {
  if (!run_ || !run_->launched() || closing_)
    return read->reply(problem(Code::unavailable, "RESTORING", "the pipeline is going down"));
  if (read->next == read->readings.size())
    return read->reply(problem(Code::not_found, "KEY_NOT_FOUND", "the store has no such key"));
  const StateKey key = read->readings[read->next++];
  const SliceId slice = record::slice_of_group(key.group(), parts_.plan->parallelism);
  state::Table* const table = keeper_->table_of(read->step, slice);
  if (table == nullptr)
    return read->reply(problem(Code::internal, "INTERNAL", "the step has no table"));
  run_->between_steps(slice, [this, read, key, table] {
    const auto row = std::make_shared<Result<std::optional<StateRow>>>(
        runtime::read_key(parts_.plan->keyed[read->step], *table, {key}));
    parts_.control.post([this, read, row] {
      if (!row->ok()) return read->reply(row->status().with("problem", "INTERNAL"));
      if (!**row) return read_latest(read);
      const EpochId open = run_ && run_->launched() ? run_->coordinator()->open_epoch() : EpochId();
      read->reply(StateAnswer{{***row}, open});
    });
  });
}

struct Pipeline::LatestRange {
  std::size_t step = 0;
  TableRange rows;
  std::weak_ptr<int> run;  // that it began in
  std::uint32_t slice = 0;
  Reply<StateAnswer> reply;
};

// One look after the other; between them the worker goes on.
void Pipeline::read_latest_range(const std::shared_ptr<LatestRange>& read) {
  if (read->slice == parts_.plan->parallelism)
    return read->reply(StateAnswer{read->rows.rows(), EpochId()});
  if (!run_ || !run_->launched() || closing_ || read->run.expired())
    return read->reply(problem(Code::unavailable, "RESTORING", "the pipeline is going down"));
  const SliceId slice(read->slice);
  state::Table* const table = keeper_->table_of(read->step, slice);
  if (table == nullptr)
    return read->reply(problem(Code::internal, "INTERNAL", "the step has no table"));
  run_->between_steps(slice, [this, read, table] {
    const auto done = std::make_shared<Result<bool>>(read->rows.look(*table));
    parts_.control.post([this, read, done] {
      if (!done->ok()) return read->reply(done->status().with("problem", "INTERNAL"));
      if (**done) ++read->slice;
      read_latest_range(read);
    });
  });
}

void Pipeline::read_state(const StateRequest& request, Reply<StateAnswer> reply) {
  const auto& keyed = parts_.plan->keyed;
  const auto found = std::find_if(keyed.begin(), keyed.end(), [&](const plan::KeyedStep& step) {
    return step.step == request.store;
  });
  if (found == keyed.end())
    return reply(problem(Code::not_found, "STORE_NOT_FOUND", "no keyed step has this id")
                     .with("store", request.store));
  if (actual_ == Actual::starting || (run_ && !run_->launched()))
    return reply(problem(Code::unavailable, "RESTORING", "the state is being restored"));
  // Without a run what is committed is all there is.
  const bool rests = !run_ && !move_ && !state_refused_;
  if (!rests && (!run_ || !keeper_->restored()))
    return reply(problem(Code::wrong_state, "WRONG_STATE",
                         state_refused_ ? reason_ : "the pipeline is going down"));
  const auto step = static_cast<std::size_t>(found - keyed.begin());
  if (!request.key) return read_range(step, request, request.latest && !rests, std::move(reply));
  auto readings = key_readings(*request.key, found->key_types);
  if (!readings.ok()) return reply(std::move(readings).status());
  if (request.latest && !rests)
    return read_latest(
        std::make_shared<LatestRead>(LatestRead{step, *std::move(readings), 0, std::move(reply)}));
  keeper_->read_key(
      step, newest_epoch_, *std::move(readings), [reply](Result<StateKeeper::Row> row) {
        if (!row.ok()) return reply(std::move(row).status());
        if (!row->row)
          return reply(problem(Code::not_found, "KEY_NOT_FOUND", "the store has no such key"));
        reply(StateAnswer{{*row->row}, row->epoch});
      });
}

void Pipeline::read_range(std::size_t step, const StateRequest& request, bool latest,
                          Reply<StateAnswer> reply) {
  const plan::KeyedStep& keyed = parts_.plan->keyed[step];
  KeyRange range;
  range.limit = request.limit;
  if (request.from) {
    auto from = key_bound(*request.from, keyed.key_types);
    if (!from.ok()) return reply(std::move(from).status());
    range.from = *std::move(from);
  }
  if (request.to) {
    auto to = key_bound(*request.to, keyed.key_types);
    if (!to.ok()) return reply(std::move(to).status());
    range.to = *std::move(to);
  }
  if (latest)
    return read_latest_range(std::make_shared<LatestRange>(LatestRange{
        step, TableRange(keyed, std::move(range)), keeper_->run(), 0, std::move(reply)}));
  keeper_->read_range(step, newest_epoch_, std::move(range),
                      [reply](Result<std::vector<StateRow>> rows) {
                        if (!rows.ok()) return reply(std::move(rows).status());
                        reply(StateAnswer{*std::move(rows), EpochId()});
                      });
}

}  // namespace leat::runtime
