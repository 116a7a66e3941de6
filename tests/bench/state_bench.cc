// What keyed state costs: count and sum per key over uniformly random keys in batches of 256, the cut,
// the changelog, the fold, a restore from RocksDB, and a table larger than its memory: state_bench
// FOLDER [KEYS]. Prints a table in Markdown: time of the processor, which a busy machine falsifies less
// (`all` counts the database's own threads too), then time that passed where a disk is waited for.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "record/key_hash.h"
#include "state/key_codec.h"
#include "state/store.h"
#include "state/table.h"

namespace leat::state {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kBatch = 256;

struct Sum {
  std::int64_t count;
  std::int64_t sum;
};

class SumType : public ValueType {
 public:
  std::size_t inline_bytes() const noexcept override { return sizeof(Sum); }
  void make(void* at) const override { ::new (at) Sum{0, 0}; }
  void destroy(void*) const noexcept override {}
  std::size_t heap_bytes(const void*) const noexcept override { return 0; }
  void encode(const void* value, std::string& out) const override {
    out.append(static_cast<const char*>(value), sizeof(Sum));
  }
  Status decode(std::string_view bytes, void* at) const override {
    if (bytes.size() != sizeof(Sum)) return Status(Code::data_loss, "no sum");
    std::memcpy(at, bytes.data(), sizeof(Sum));
    return {};
  }
  std::int64_t due(const void*) const noexcept override { return kNeverDue; }
};

class Random {
 public:
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  }

 private:
  std::uint64_t state_ = 1;
};

void must(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", status.to_string());
  std::exit(1);
}

double cpu_seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Milliseconds since it was made.
class Watch {
 public:
  double mine() const { return (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - mine_) * 1e3; }
  std::string text() const {
    return fmt::format("{:.3f} ms, all {:.3f}, passed {:.3f}", mine(),
                       (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - all_) * 1e3,
                       std::chrono::duration<double>(Clock::now() - begin_).count() * 1e3);
  }

 private:
  Clock::time_point begin_ = Clock::now();
  double mine_ = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  double all_ = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
};

// Batches of random keys "user-<n>"; what an operator does with each.
class Work {
 public:
  explicit Work(std::uint64_t keys) : keys_(keys) {}

  void run(Table& table, std::size_t rows) {
    const Watch watch;
    double keys = 0, find = 0, end = 0;
    for (std::size_t done = 0; done < rows; done += kBatch) {
      const Watch step;
      encode(nullptr);
      keys += step.mine();
      batch(table, find, end);
    }
    const double per_row = 1e6 / static_cast<double>(rows);
    fmt::print("| per row: keys {:.0f}, find and change {:.0f}, end_batch {:.0f} ns | {} |\n",
               keys * per_row, find * per_row, end * per_row, watch.text());
  }
  void fill(Table& table) {
    double unused = 0;
    for (std::uint64_t next = 0; next < keys_;) {
      encode(&next);
      batch(table, unused, unused);
    }
  }

 private:
  void encode(std::uint64_t* next) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const std::uint64_t number = next != nullptr ? (*next)++ % keys_ : random_.next() % keys_;
      char text[32] = "user-";
      const char* const end = fmt::format_to(text + 5, "{}", number);
      const record::Value value =
          record::Value::string({text, static_cast<std::size_t>(end - text)});
      texts_[i].clear();
      encode_key({&value, 1}, texts_[i]);
      batch_[i] = {record::mix_key(0, value), texts_[i]};
    }
  }
  void batch(Table& table, double& find, double& end) {
    const Watch watch;
    must(table.find(batch_, true, entries_));
    for (Entry* entry : entries_) {
      Sum& sum = *static_cast<Sum*>(entry->value);
      ++sum.count;
      sum.sum += 3;
      table.changed(*entry);
    }
    const double found = watch.mine();
    must(table.end_batch());
    find += found;
    end += watch.mine() - found;
  }

  const std::uint64_t keys_;
  Random random_;
  std::vector<std::string> texts_ = std::vector<std::string>(kBatch);
  std::vector<Key> batch_ = std::vector<Key>(kBatch);
  std::vector<Entry*> entries_ = std::vector<Entry*>(kBatch);
};

class Bench {
 public:
  Bench(std::string folder, std::uint64_t keys) : keys_(keys) {
    std::filesystem::remove_all(folder);
    options_.folder = std::move(folder);
    options_.pipeline = "bench";
  }

  void run() {
    fmt::print("| {} keys | |\n|---|---|\n", keys_);
    open(EpochId());
    std::unique_ptr<Table> table = make(0);
    Work work(keys_);
    work.fill(*table);
    commit(*table, "fill");
    fmt::print("| memory per key | {} B |\n", table->bytes() / keys_);
    for (int round = 0; round < 10; ++round) {
      work.run(*table, 1'000'000);
      commit(*table, "1e6 rows");
    }
    table.reset();
    restart();
    spill();
  }

 private:
  void open(EpochId committed) {
    auto opened = Store::open(options_);
    must(opened.status());
    store_ = *std::move(opened);
    const StepState step{"s", "v1"};
    auto ids = store_->adopt({&step, 1});
    must(ids.status());
    id_ = ids->at(0);
    must(store_->recover(committed, committed.value() == 0 ? "" : store_->state_id()));
  }
  std::unique_ptr<Table> make(std::size_t limit) {
    Table::Options options;
    options.store = id_;
    options.type = &type_;
    options.end_group = record::kKeyGroups;
    options.memory_limit = limit;
    options.backing = &store_->backing();
    auto table = make_table(options);
    must(table.status());
    return *std::move(table);
  }
  void commit(Table& table, std::string_view what) {
    epoch_ = epoch_.next();
    const Watch take;
    std::vector<Delta> deltas;
    deltas.push_back(table.take_delta(epoch_));
    fmt::print("| {}: take | {} |\n", what, take.text());
    const Watch append;
    must(store_->append(epoch_, deltas));
    fmt::print("| append {:.0f} MB | {} |\n", static_cast<double>(deltas[0].bytes()) / 1e6,
               append.text());
    const Watch fold;
    must(store_->fold(epoch_));
    fmt::print("| fold, the database at {} of {} | {} |\n", store_->backing().epoch().value(),
               epoch_.value(), fold.text());
    table.committed(epoch_);
  }
  void restart() {
    store_.reset();
    const Watch recover;
    open(epoch_);
    fmt::print("| open and recover, folding what waits | {} |\n", recover.text());
    const Watch restore;
    const auto table = make(0);
    fmt::print("| restore {} keys | {} |\n", table->keys(), restore.text());
    const Watch flush;
    must(store_->flush());
    fmt::print("| flush | {} |\n", flush.text());
  }
  // A fifth of what all keys take.
  void spill() {
    const std::size_t limit = keys_ * 160 / 5;
    const auto table = make(limit);
    Work work(keys_);
    fmt::print("| a fifth of it in memory | |\n");
    for (int round = 0; round < 3; ++round) {
      work.run(*table, 100'000);
      commit(*table, "1e5 rows");
      must(store_->flush());
      table->committed(epoch_);
    }
    fmt::print("| memory then | {} of {} MB |\n", table->bytes() >> 20, limit >> 20);
  }

  const std::uint64_t keys_;
  SumType type_;
  Store::Options options_;
  std::unique_ptr<Store> store_;
  StoreId id_;
  EpochId epoch_;
};

}  // namespace
}  // namespace leat::state

int main(int count, char** words) {
  if (count < 2) {
    fmt::print(stderr, "state_bench FOLDER [KEYS]\n");
    return 64;
  }
  const unsigned long long keys = count > 2 ? std::strtoull(words[2], nullptr, 10) : 1'000'000;
  leat::state::Bench(words[1], keys).run();
  return 0;
}
