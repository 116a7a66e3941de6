#include "state/rocks_backing.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include "base/check.h"
#include "state/stored_key.h"

namespace leat::state {
namespace {

// Changes of more bytes become a file.
constexpr std::size_t kFileBytesMin = 1 << 20;
constexpr std::size_t kBlockBytes = 8 << 10;
constexpr std::uint64_t kLevelBytes = 256 << 20;
constexpr std::uint64_t kFileBytes = 32 << 20;
constexpr std::uint64_t kLogBytes = 4 << 20;
constexpr double kBloomBits = 10;
// Few shards: the filter of a large file is one block and must fit into a shard.
constexpr int kCacheShardBits = 2;
constexpr int kOpenFilesMax = 512;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// The backing's own notes lie in store 0.
std::string epoch_key() {
  std::string key;
  append_stored_key(StoreId(0), 0, "e", key);
  return key;
}
std::string mark_key(StoreId store, std::uint32_t group) {
  std::string name = "m";
  append_stored_key(store, group, {}, name);
  std::string key;
  append_stored_key(StoreId(0), 0, name, key);
  return key;
}

template <class T>
std::string number_bytes(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}
template <class T>
bool read_number(std::string_view bytes, T& number) {
  if (bytes.size() != sizeof(number)) return false;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return true;
}

bool says(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

Status converted(const rocksdb::Status& status, const std::string& folder) {
  if (status.ok()) return {};
  const std::string text = status.ToString();
  Code code = Code::unavailable;
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
      says(text, "No such file"))
    code = Code::data_loss;
  if (status.IsNoSpace() || says(text, "File too large") || says(text, "No space left"))
    code = Code::exhausted;
  if (says(text, "lock file") || says(text, "LOCK")) code = Code::wrong_state;
  const std::string_view what = code == Code::data_loss ? "the database of the state is damaged: "
                                : code == Code::wrong_state
                                    ? "the database of the state is in use elsewhere: "
                                    : "the database of the state: ";
  return Status(code, std::string(what) + text).with("path", folder);
}

// Learns which sequence numbers are on disk.
class FlushListener : public rocksdb::EventListener {
 public:
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& job) override {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.front().sequence <= job.largest_seqno) {
      durable_ = std::max(durable_, waiting_.front().epoch);
      waiting_.pop_front();
    }
  }
  void wait_for(rocksdb::SequenceNumber sequence, EpochId epoch) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({sequence, epoch});
  }
  void set_durable(EpochId epoch) {
    const std::lock_guard lock(mutex_);
    durable_ = std::max(durable_, epoch);
    while (!waiting_.empty() && waiting_.front().epoch <= epoch) waiting_.pop_front();
  }
  EpochId durable() const {
    const std::lock_guard lock(mutex_);
    return durable_;
  }

 private:
  struct Waiting {
    rocksdb::SequenceNumber sequence;
    EpochId epoch;
  };
  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;
  EpochId durable_;
};

std::shared_ptr<rocksdb::TableFactory> table_of(const Store::Options& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache, kCacheShardBits);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits, false));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

rocksdb::Options options_of(const Store::Options& options) {
  rocksdb::Options made;
  made.paranoid_checks = true;
  made.max_background_jobs = static_cast<int>(std::max(options.background_threads, 1u));
  made.max_subcompactions = 1;
  made.max_open_files = kOpenFilesMax;
  made.skip_stats_update_on_db_open = true;
  made.stats_dump_period_sec = 0;
  made.stats_persist_period_sec = 0;
  made.info_log_level = rocksdb::WARN_LEVEL;
  made.max_log_file_size = kLogBytes;
  made.keep_log_file_num = 2;
  made.write_buffer_size = options.write_buffer;
  made.target_file_size_base = kFileBytes;
  made.max_bytes_for_level_base = kLevelBytes;
  made.level_compaction_dynamic_level_bytes = true;
  made.compression = rocksdb::kNoCompression;
  made.table_factory = table_of(options);
  if (options.rate_limit > 0)
    made.rate_limiter.reset(
        rocksdb::NewGenericRateLimiter(static_cast<std::int64_t>(options.rate_limit)));
  made.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW);
  made.env->LowerThreadPoolIOPriority(rocksdb::Env::LOW);
  return made;
}

rocksdb::WriteOptions unlogged() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

std::size_t bytes_of(std::span<const StoreChanges> changes) {
  std::size_t bytes = 0;
  for (const StoreChanges& one : changes) bytes += one.bytes.size();
  return bytes;
}

// Puts what is left of changes in the order of their keys. `put(key, value, erased)`.
template <class Put>
rocksdb::Status put_in_order(EpochId epoch, LastChanges& last, Put put) {
  rocksdb::Status status = put(epoch_key(), number_bytes(epoch.value()), false);
  for (const LastMark& mark : last.marks())
    if (status.ok())
      status = put(mark_key(mark.store, mark.group), number_bytes(mark.time_us), false);
  if (!status.ok()) return status;
  std::string key;
  last.give_keys([&](const LastChange& change) {
    key.clear();
    append_stored_key(change.store, change.group, change.key, key);
    status = put(key, change.value, change.erased);
    return status.ok();
  });
  return status;
}

}  // namespace

struct RocksBacking::Database {
  rocksdb::Options options;
  std::shared_ptr<FlushListener> listener = std::make_shared<FlushListener>();
  std::unique_ptr<rocksdb::DB> db;
};

RocksBacking::RocksBacking(std::string folder, const Store::Options& options)
    : folder_(std::move(folder)), options_(options) {}

RocksBacking::~RocksBacking() { close(); }

void RocksBacking::close() {
  db_.reset();
  epoch_.store(0, std::memory_order_release);
}

Status RocksBacking::open(bool create) {
  auto opened = std::make_unique<Database>();
  opened->options = options_of(options_);
  opened->options.create_if_missing = create;
  opened->options.listeners.push_back(opened->listener);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(opened->options, folder_, &db);
  opened->db.reset(db);
  if (!status.ok()) {
    if (status.IsInvalidArgument() && !create)
      return Status(Code::data_loss, "the database of the state is gone: " + status.ToString())
          .with("path", folder_);
    return converted(status, folder_);
  }
  db_ = std::move(opened);
  const Status read = read_epoch();
  if (!read.ok()) close();
  return read;
}

Status RocksBacking::read_epoch() {
  std::string value;
  const rocksdb::Status status = db_->db->Get(rocksdb::ReadOptions(), epoch_key(), &value);
  std::uint64_t epoch = 0;
  if (status.ok() && !read_number(value, epoch))
    return Status(Code::data_loss, "the database has no sound epoch").with("path", folder_);
  if (!status.ok() && !status.IsNotFound()) return converted(status, folder_);
  epoch_.store(epoch, std::memory_order_release);
  db_->listener->set_durable(EpochId(epoch));
  return {};
}

EpochId RocksBacking::durable_epoch() const { return db_->listener->durable(); }

EpochId RocksBacking::epoch() const { return EpochId(epoch_.load(std::memory_order_acquire)); }

Status RocksBacking::get(StoreId store, std::span<const Wanted> keys, std::span<std::string> values,
                         std::span<bool> found) const {
  std::string stored;
  std::vector<std::size_t> ends;
  for (const Wanted& wanted : keys) {
    append_stored_key(store, wanted.group, wanted.key, stored);
    ends.push_back(stored.size());
  }
  std::vector<rocksdb::Slice> slices;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    slices.emplace_back(stored.data() + begin, ends[i] - begin);
  }
  std::vector<rocksdb::PinnableSlice> read(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  db_->db->MultiGet(options, db_->db->DefaultColumnFamily(), keys.size(), slices.data(),
                    read.data(), statuses.data(), false);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    found[i] = statuses[i].ok();
    if (found[i]) {
      values[i].assign(read[i].data(), read[i].size());
      continue;
    }
    if (!statuses[i].IsNotFound()) return converted(statuses[i], folder_);
  }
  return {};
}

Status RocksBacking::scan(StoreId store, std::uint32_t group, std::string_view from,
                          const Visit& visit) const {
  std::string first, beyond;
  append_stored_key(store, group, from, first);
  append_stored_key(group == 0xFFFF ? StoreId(store.value() + 1) : store,
                    group == 0xFFFF ? 0 : group + 1, {}, beyond);
  const rocksdb::Slice upper = slice(beyond);
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(db_->db->NewIterator(options));
  for (at->Seek(slice(first)); at->Valid(); at->Next())
    if (!visit(view(at->key()).substr(kStoredKeyHead), view(at->value()))) break;
  return converted(at->status(), folder_);
}

Result<std::int64_t> RocksBacking::mark(StoreId store, std::uint32_t group) const {
  std::string value;
  const rocksdb::Status status =
      db_->db->Get(rocksdb::ReadOptions(), mark_key(store, group), &value);
  if (status.IsNotFound()) return kNoMark;
  if (!status.ok()) return converted(status, folder_);
  std::int64_t time = 0;
  if (!read_number(value, time))
    return Status(Code::data_loss, "the database has no sound mark").with("path", folder_);
  return time;
}

Status RocksBacking::apply(EpochId epoch, std::span<const StoreChanges> changes) {
  LEAT_CHECK(this->epoch() < epoch);
  const bool large = bytes_of(changes) >= kFileBytesMin;
  LEAT_RETURN_IF_ERROR(large ? apply_file(epoch, changes) : apply_batch(epoch, changes));
  epoch_.store(epoch.value(), std::memory_order_release);
  return {};
}

Status RocksBacking::apply_batch(EpochId epoch, std::span<const StoreChanges> changes) {
  LastChanges last;
  LEAT_RETURN_IF_ERROR(last.take(changes));
  rocksdb::WriteBatch batch;
  rocksdb::Status status =
      put_in_order(epoch, last, [&](std::string_view key, std::string_view value, bool erased) {
        return erased ? batch.Delete(slice(key)) : batch.Put(slice(key), slice(value));
      });
  if (status.ok()) status = db_->db->Write(unlogged(), &batch);
  if (!status.ok()) return converted(status, folder_);
  db_->listener->wait_for(db_->db->GetLatestSequenceNumber(), epoch);
  return {};
}

Status RocksBacking::apply_file(EpochId epoch, std::span<const StoreChanges> changes) {
  LastChanges last;
  LEAT_RETURN_IF_ERROR(last.take(changes));
  LEAT_RETURN_IF_ERROR(flush());
  const std::string path = folder_ + "/epoch.sst.new";
  constexpr bool kLeaveNothingCached = false;  // it is read soon, by whom takes it in
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), db_->options, nullptr, kLeaveNothingCached);
  rocksdb::Status status = writer.Open(path);
  if (status.ok()) {
    status =
        put_in_order(epoch, last, [&](std::string_view key, std::string_view value, bool erased) {
          return erased ? writer.Delete(slice(key)) : writer.Put(slice(key), slice(value));
        });
  }
  if (status.ok()) status = writer.Finish();
  rocksdb::IngestExternalFileOptions take;
  take.move_files = true;
  take.snapshot_consistency = false;
  if (status.ok()) status = db_->db->IngestExternalFile({path}, take);
  if (!status.ok()) {
    static_cast<void>(db_->options.env->DeleteFile(path));
    return converted(status, folder_);
  }
  db_->listener->set_durable(epoch);
  return {};
}

Status RocksBacking::flush() {
  const EpochId applied = epoch();
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  rocksdb::Status status = db_->db->Flush(options);
  // An error in the background, as of a full disk, stays until it is lifted.
  if (!status.ok() && db_->db->Resume().ok()) status = db_->db->Flush(options);
  if (!status.ok()) return converted(status, folder_);
  db_->listener->set_durable(applied);
  return {};
}

Status RocksBacking::start_flush() {
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  return converted(db_->db->Flush(options), folder_);
}

Status RocksBacking::compact() {
  return converted(db_->db->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr),
                   folder_);
}

Status RocksBacking::drop(StoreId store) {
  std::string first, beyond;
  append_stored_key(store, 0, {}, first);
  append_stored_key(StoreId(store.value() + 1), 0, {}, beyond);
  rocksdb::WriteBatch batch;
  rocksdb::Status status = batch.DeleteRange(slice(first), slice(beyond));
  if (status.ok())
    status = batch.DeleteRange(mark_key(store, 0), mark_key(StoreId(store.value() + 1), 0));
  if (status.ok()) status = db_->db->Write(unlogged(), &batch);
  return converted(status, folder_);
}

std::uint64_t RocksBacking::bytes() const {
  std::uint64_t files = 0;
  db_->db->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &files);
  return files;
}

Status RocksBacking::copy_to(const std::string& folder) {
  LEAT_RETURN_IF_ERROR(flush());
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder);
  return converted(status, folder);
}

Status RocksBacking::verify() const { return converted(db_->db->VerifyChecksum(), folder_); }

}  // namespace leat::state
