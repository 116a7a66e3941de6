#include "state/file_changelog.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/faults.h"
#include "base/file.h"

namespace leat::state {
namespace {

constexpr std::uint32_t kForm = 1;
constexpr char kSegmentMagic[8] = {'l', 'e', 'a', 't', 'l', 'o', 'g', '\n'};
constexpr std::uint32_t kRecordMagic = 0x4345524C;  // "LREC"
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kSegmentMax = std::size_t{1} << 40;

// Numbers are little endian; a hash covers what stands before it.
struct SegmentHead {
  char magic[8];
  std::uint32_t form = kForm;
  std::uint32_t zero = 0;
  std::uint64_t first_epoch = 0;
  std::uint64_t hash = 0;
};
static_assert(sizeof(SegmentHead) == 32);

struct RecordHead {
  std::uint32_t magic = kRecordMagic;
  std::uint32_t form = kForm;
  std::uint64_t epoch = 0;
  std::uint64_t previous = 0;
  std::uint64_t length = 0;  // of the body
  std::uint64_t body_hash = 0;
  std::uint64_t hash = 0;
};
static_assert(sizeof(RecordHead) == 48);

template <class Head>
std::uint64_t hash_of(const Head& head) {
  return XXH3_64bits(&head, sizeof(head) - sizeof(head.hash));
}

template <class Head>
std::string_view bytes_of(const Head& head) {
  return {reinterpret_cast<const char*>(&head), sizeof(head)};
}

bool read_head(std::string_view bytes, std::size_t at, RecordHead& head) {
  if (bytes.size() - at < sizeof(head)) return false;
  std::memcpy(&head, bytes.data() + at, sizeof(head));
  return head.magic == kRecordMagic && head.form == kForm && head.hash == hash_of(head);
}

std::uint64_t length_of(std::span<const Delta> deltas) {
  std::uint64_t length = 0;
  for (const Delta& delta : deltas) length += kChangesHead + delta.bytes();
  return length;
}

std::string head_of(const Delta& delta) {
  std::string head;
  append_changes_head(delta.store(), delta.bytes(), head);
  return head;
}

std::uint64_t hash_of_body(std::span<const Delta> deltas) {
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  for (const Delta& delta : deltas) {
    const std::string head = head_of(delta);
    XXH3_64bits_update(&hash, head.data(), head.size());
    for (const std::string& chunk : delta.chunks())
      XXH3_64bits_update(&hash, chunk.data(), chunk.size());
  }
  return XXH3_64bits_digest(&hash);
}

Code code_of(int error) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return Code::exhausted;
  if (error == EACCES || error == EPERM || error == EROFS) return Code::permission_denied;
  return Code::unavailable;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool read_all(int fd, std::uint64_t offset, std::span<char> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

std::string text(std::uint64_t number) { return std::to_string(number); }

}  // namespace

Result<std::unique_ptr<FileChangelog>> FileChangelog::open(const std::string& folder,
                                                           std::uint64_t segment_bytes_max) {
  std::unique_ptr<FileChangelog> made(new FileChangelog(folder, segment_bytes_max));
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Status(code_of(errno), std::string("no folder can be made: ") + std::strerror(errno))
        .with("path", folder);
  }
  LEAT_RETURN_IF_ERROR(made->load());
  return made;
}

FileChangelog::~FileChangelog() { close(); }

void FileChangelog::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string FileChangelog::path_of(std::uint64_t segment) const {
  const std::string digits = text(segment);
  return folder_ + "/" + std::string(kDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

Status FileChangelog::failed(std::string_view what, std::uint64_t segment) const {
  const int error = errno;
  return Status(code_of(error), std::string(what) + ": " + std::strerror(error))
      .with("path", path_of(segment));
}

Status FileChangelog::load() {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::uint64_t segment = 0;
    if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    const char* const digits_end = name.data() + kDigits;
    if (std::from_chars(name.data(), digits_end, segment).ptr == digits_end)
      segments_.emplace(segment, 0);
  }
  if (error)
    return Status(Code::unavailable, "the changelog cannot be listed: " + error.message())
        .with("path", folder_);
  const std::map<std::uint64_t, std::uint64_t> found = segments_;
  for (const auto& [segment, end] : found) LEAT_RETURN_IF_ERROR(load_segment(segment));
  return {};
}

Status FileChangelog::load_segment(std::uint64_t segment) {
  const Result<std::string> bytes = base::read_file(path_of(segment), kSegmentMax);
  if (!bytes.ok()) return bytes.status();
  SegmentHead head{};
  const bool whole = bytes->size() >= sizeof(head);
  if (whole) std::memcpy(&head, bytes->data(), sizeof(head));
  const bool sound =
      whole &&
      std::equal(std::begin(kSegmentMagic), std::end(kSegmentMagic), std::begin(head.magic)) &&
      head.hash == hash_of(head) && head.first_epoch == segment;
  if (sound && head.form != kForm) {
    return Status(Code::wrong_state, "the changelog was written by another version of leat")
        .with("path", path_of(segment))
        .with("form", text(head.form));
  }
  segments_[segment] = sizeof(head);
  if (!sound) note_damage("the head of a changelog file is damaged", segment, 0, text(segment));
  if (whole) load_records(segment, *bytes);
  return {};
}

void FileChangelog::load_records(std::uint64_t segment, std::string_view bytes) {
  std::size_t at = sizeof(SegmentHead);
  while (at < bytes.size()) {
    const std::size_t next = load_record(segment, bytes, at);
    if (next != 0) {
      at = next;
      continue;
    }
    // Somewhere behind the damage another record may begin.
    const std::string_view magic(reinterpret_cast<const char*>(&kRecordMagic),
                                 sizeof(kRecordMagic));
    RecordHead head;
    do {
      at = bytes.find(magic, at + 1);
    } while (at != std::string_view::npos && !read_head(bytes, at, head));
  }
}

// Where the next record begins; 0 = there is none at `at`, or it is damaged.
std::size_t FileChangelog::load_record(std::uint64_t segment, std::string_view bytes,
                                       std::size_t at) {
  RecordHead head;
  const std::string after = records_.empty() ? "0" : text(records_.back().epoch.value());
  if (!read_head(bytes, at, head)) {
    note_damage("a record of the changelog is damaged or cut short", segment, at, "after " + after);
    return 0;
  }
  const std::size_t body = at + sizeof(head);
  if (bytes.size() - body < head.length ||
      XXH3_64bits(bytes.data() + body, head.length) != head.body_hash) {
    note_damage("an epoch in the changelog is damaged or cut short", segment, at, text(head.epoch));
    return 0;
  }
  const std::size_t next = body + head.length;
  if (!records_.empty() && EpochId(head.epoch) <= records_.back().epoch) return next;
  records_.push_back({EpochId(head.epoch), EpochId(head.previous), head.length});
  places_.push_back({segment, at});
  segments_[segment] = next;
  return next;
}

void FileChangelog::note_damage(std::string_view what, std::uint64_t segment, std::size_t offset,
                                std::string_view epoch) {
  if (!damage_.ok()) return;
  damage_ = Status(Code::data_loss, std::string(what))
                .with("path", path_of(segment))
                .with("offset", text(offset))
                .with("epoch", epoch);
}

Status FileChangelog::sync_folder() const {
  const int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return Status(code_of(error), std::string("the folder cannot be synced: ") + std::strerror(error))
      .with("path", folder_);
}

Status FileChangelog::begin_segment(EpochId epoch) {
  close();
  const std::uint64_t segment = epoch.value();
  SegmentHead head{};
  std::copy(std::begin(kSegmentMagic), std::end(kSegmentMagic), std::begin(head.magic));
  head.form = kForm;
  head.first_epoch = segment;
  head.hash = hash_of(head);
  fd_ = ::open(path_of(segment).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) return failed("no changelog file can be made", segment);
  Status done;
  if (!write_all(fd_, bytes_of(head)) || ::fsync(fd_) != 0)
    done = failed("the changelog cannot be written", segment);
  if (done.ok()) done = sync_folder();
  if (!done.ok()) {
    close();
    ::unlink(path_of(segment).c_str());
    return done;
  }
  segments_[segment] = sizeof(head);
  return {};
}

Status FileChangelog::open_for_append(EpochId epoch) {
  if (!segments_.empty() && segments_.rbegin()->second < segment_bytes_max_) {
    if (fd_ >= 0) return {};
    const auto [segment, end] = *segments_.rbegin();
    fd_ = ::open(path_of(segment).c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(end)) != 0)
      return failed("the changelog cannot be opened", segment);
    return {};
  }
  return begin_segment(epoch);
}

Status FileChangelog::write_record(std::string_view head, std::span<const Delta> deltas) {
  const std::uint64_t segment = segments_.rbegin()->first;
  bool written = write_all(fd_, head);
  for (const Delta& delta : deltas) {
    written = written && write_all(fd_, head_of(delta));
    for (const std::string& chunk : delta.chunks()) written = written && write_all(fd_, chunk);
  }
  Status done;
  if (!written) done = failed("the changelog cannot be written", segment);
  if (done.ok()) done = base::Faults::hit("delta.temp");
  if (!done.ok()) {
    if (::ftruncate(fd_, static_cast<off_t>(segments_.rbegin()->second)) != 0)
      broken_ = failed("the changelog cannot be cut back", segment);
    return done;
  }
  if (::fdatasync(fd_) == 0) return {};
  broken_ = failed("the changelog cannot be synced", segment);
  return broken_;
}

Status FileChangelog::append(EpochId epoch, EpochId previous, std::span<const Delta> deltas) {
  LEAT_RETURN_IF_ERROR(Status(broken_));
  LEAT_RETURN_IF_ERROR(open_for_append(epoch));
  RecordHead head;
  head.epoch = epoch.value();
  head.previous = previous.value();
  head.length = length_of(deltas);
  head.body_hash = hash_of_body(deltas);
  head.hash = hash_of(head);
  LEAT_RETURN_IF_ERROR(write_record(bytes_of(head), deltas));
  auto& [segment, end] = *segments_.rbegin();
  records_.push_back({epoch, previous, head.length});
  places_.push_back({segment, end});
  end += sizeof(head) + head.length;
  return {};
}

Status FileChangelog::read(EpochId epoch, std::string& body) const {
  const auto found = std::find_if(records_.begin(), records_.end(),
                                  [&](const Record& record) { return record.epoch == epoch; });
  if (found == records_.end())
    return Status(Code::not_found, "the changelog does not have the epoch")
        .with("epoch", text(epoch.value()));
  const Place& place = places_[static_cast<std::size_t>(found - records_.begin())];
  const int fd = ::open(path_of(place.segment).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed("the changelog cannot be read", place.segment);
  std::string bytes(sizeof(RecordHead), '\0');
  body.resize(found->bytes);
  const bool whole =
      read_all(fd, place.offset, bytes) && read_all(fd, place.offset + bytes.size(), body);
  ::close(fd);
  RecordHead head;
  if (whole && read_head(bytes, 0, head) && head.epoch == epoch.value() &&
      head.length == body.size() && XXH3_64bits(body.data(), body.size()) == head.body_hash)
    return {};
  return Status(Code::data_loss, "an epoch in the changelog is damaged")
      .with("path", path_of(place.segment))
      .with("offset", text(place.offset))
      .with("epoch", text(epoch.value()));
}

Status FileChangelog::drop_beyond(EpochId epoch) {
  close();
  broken_ = Status();
  while (!records_.empty() && records_.back().epoch > epoch) {
    segments_[places_.back().segment] = places_.back().offset;
    records_.pop_back();
    places_.pop_back();
  }
  LEAT_RETURN_IF_ERROR(remove_empty_segments());
  damage_ = Status();
  if (segments_.empty()) return {};
  // What stands behind the last record goes too: nobody committed it.
  const auto [segment, end] = *segments_.rbegin();
  const int fd = ::open(path_of(segment).c_str(), O_RDWR | O_CLOEXEC);
  Status done;
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(end)) != 0 || ::fdatasync(fd) != 0)
    done = failed("the changelog cannot be cut back", segment);
  if (fd >= 0) ::close(fd);
  return done;
}

Status FileChangelog::drop_until(EpochId epoch) {
  const auto kept = std::find_if(records_.begin(), records_.end(),
                                 [&](const Record& record) { return record.epoch > epoch; });
  places_.erase(places_.begin(), places_.begin() + (kept - records_.begin()));
  records_.erase(records_.begin(), kept);
  return remove_empty_segments();
}

// Newest first: a crash in between leaves no gap that later records bridge.
Status FileChangelog::remove_empty_segments() {
  bool removed = false;
  for (auto one = segments_.end(); one != segments_.begin();) {
    --one;
    const bool needed = std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
      return place.segment == one->first;
    });
    if (needed) continue;
    if (one->first == segments_.rbegin()->first) close();
    if (::unlink(path_of(one->first).c_str()) != 0 && errno != ENOENT)
      return failed("a changelog file cannot be removed", one->first);
    one = segments_.erase(one);
    removed = true;
  }
  return removed ? sync_folder() : Status();
}

std::uint64_t FileChangelog::bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const Record& record : records_) bytes += record.bytes;
  return bytes;
}

}  // namespace leat::state
