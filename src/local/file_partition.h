#pragma once

#include <string>
#include <utility>
#include <vector>

#include "local/descriptor.h"
#include "local/partition.h"

namespace leat::local {

// A file of lines. Positions are bytes: a record's offset is where its line begins. Lines end with
// LF or CR LF, empty ones are no records. Without `follow` the file ends where it ended when it was
// opened, and what stands behind the last LF is a record too; with it, growth is looked for every
// 100 ms, and a line counts once its LF is there. With `header` the first line goes to
// Origin::header. Threads: as Partition.
class FilePartition final : public Partition {
 public:
  static constexpr std::size_t kLineBytesMax = 16 * 1024 * 1024;

  FilePartition(record::Origin origin, HighMark highest, const std::vector<std::string>& folders,
                std::string path, bool follow, const base::Clock& clock, bool header = false)
      : Partition(std::move(origin), std::move(highest)),
        folders_(folders),
        path_(std::move(path)),
        follow_(follow),
        clock_(clock),
        header_(header) {}
  std::optional<std::int64_t> size() const override;

 protected:
  Status prepare(std::int64_t next) override;
  Instant due_at(Instant now) override;
  std::int64_t end_now() const override;
  std::int64_t read(std::int64_t from, std::int64_t end, std::size_t rows_max,
                    record::RecordBatch& out) override;

 private:
  // Reads the first line; not found while it is not complete.
  Status read_header();
  // Bytes from `from` on, at most `wanted`; shorter at the end of the file.
  std::string_view load(std::int64_t from, std::size_t wanted, base::Arena& arena);

  const std::vector<std::string> folders_;
  const std::string path_;
  const bool follow_;
  const base::Clock& clock_;
  const bool header_;               // the first line names the columns and is no record
  std::int64_t records_begin_ = 0;  // behind it
  Descriptor file_;
  std::int64_t fixed_size_ = 0;  // without `follow`
  std::pair<std::int64_t, std::int64_t> woken_{
      -1, -1};  // size and position when the worker was last woken
};

}  // namespace leat::local
