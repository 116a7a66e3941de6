#include "local/file_partition.h"

#include <errno.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

namespace leat::local {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // spreadsheets write it
constexpr Duration kFollowInterval = std::chrono::milliseconds(100);

}  // namespace

std::optional<std::int64_t> FilePartition::size() const {
  if (!follow_) return fixed_size_;
  struct stat about {};
  if (::fstat(file_.get(), &about) != 0) return std::nullopt;
  return about.st_size;
}

Status FilePartition::prepare(std::int64_t next) {
  Result<Descriptor> opened = open_beneath(folders_, path_, Access::read);
  if (!opened.ok()) return opened.status();
  struct stat about {};
  if (::fstat(opened->get(), &about) != 0)
    return Status(Code::unavailable, std::strerror(errno)).with("path", path_);
  if (about.st_size < next)
    return Status(Code::data_loss,
                  "the file is shorter than what was read from it: it was cut or replaced")
        .with("path", path_);
  fixed_size_ = about.st_size;
  file_ = *std::move(opened);
  return header_ ? read_header() : Status();
}

Status FilePartition::read_header() {
  base::Arena arena;
  for (std::size_t wanted = kReadBytes;; wanted *= 4) {
    const std::string_view text = load(0, wanted, arena);
    const std::size_t feed = text.find('\n');
    const bool whole = text.size() < wanted;
    if (feed == std::string_view::npos && !whole && wanted < kLineBytesMax) continue;
    if (feed == std::string_view::npos && !whole)
      return Status(Code::exhausted, "the line that names the columns is longer than 16 MiB")
          .with("path", path_);
    if (feed == std::string_view::npos && (text.empty() || follow_))
      return Status(Code::unavailable, "the file has no first line that names its columns")
          .with("path", path_);
    std::string_view line = text.substr(0, feed);
    records_begin_ =
        static_cast<std::int64_t>(feed == std::string_view::npos ? text.size() : feed + 1);
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    set_header(std::string(line));
    return {};
  }
}

Instant FilePartition::due_at(Instant now) {
  const std::pair<std::int64_t, std::int64_t> seen{size().value_or(0), next()};
  if (seen.first <= seen.second) return follow_ ? now + kFollowInterval : base::kNever;
  // The beginning of a line, or a worker that may not poll now: it looks again by itself.
  if (seen == woken_) return now + kFollowInterval;
  woken_ = seen;
  return now;
}

// With `follow`: behind the last line that is complete.
std::int64_t FilePartition::end_now() const {
  std::int64_t end = size().value_or(0);
  if (!follow_) return end;
  char buffer[4096];
  while (end > 0) {
    const std::int64_t from =
        std::max<std::int64_t>(0, end - static_cast<std::int64_t>(sizeof(buffer)));
    const ssize_t got = ::pread(file_.get(), buffer, static_cast<std::size_t>(end - from), from);
    if (got <= 0) return end;
    for (ssize_t i = got; i > 0; --i)
      if (buffer[i - 1] == '\n') return from + i;
    end = from;
  }
  return 0;
}

std::string_view FilePartition::load(std::int64_t from, std::size_t wanted, base::Arena& arena) {
  char* const at = arena.allocate(wanted, 64);
  std::size_t size = 0;
  while (size < wanted) {
    const ssize_t got =
        ::pread(file_.get(), at + size, wanted - size, from + static_cast<std::int64_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      fail(Status(Code::data_loss, std::string("the file cannot be read: ") + std::strerror(errno))
               .with("path", path_));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return {at, size};
}

std::int64_t FilePartition::read(std::int64_t from, std::int64_t end, std::size_t rows_max,
                                 record::RecordBatch& out) {
  if (end < 0) end = follow_ ? size().value_or(0) : fixed_size_;
  from = std::max(from, records_begin_);
  if (from >= end) return from;
  out = record::RecordBatch(base::Ref<record::BatchMemory>(new record::BatchMemory()));
  const std::int64_t timestamp_ms = clock_.wall_now().us / 1000;
  std::size_t wanted = kReadBytes;
  std::string_view text;
  for (;;) {
    const auto left = static_cast<std::size_t>(end - from);
    text = load(from, std::min(wanted, left), out.arena());
    if (text.find('\n') != std::string_view::npos || text.size() < wanted) break;
    if (wanted >= kLineBytesMax) {
      fail(Status(Code::exhausted, "a line is longer than 16 MiB").with("path", path_));
      return from;
    }
    wanted *= 4;
  }
  while (!text.empty() && out.size() < rows_max) {
    const std::size_t feed = text.find('\n');
    const bool last = !follow_ && from + static_cast<std::int64_t>(text.size()) >= end;
    if (feed == std::string_view::npos && !last) break;
    std::string_view line = text.substr(0, feed);
    const std::size_t used = feed == std::string_view::npos ? text.size() : feed + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) {
      record::Row& row = out.rows().emplace_back();
      row.value = line;
      row.origin = &origin();
      row.offset = from;
      row.timestamp_ms = timestamp_ms;
      row.flags = record::Row::kNullKey;
    }
    text.remove_prefix(used);
    from += static_cast<std::int64_t>(used);
  }
  return from;
}

}  // namespace leat::local
