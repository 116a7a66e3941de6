#pragma once

#include <map>
#include <memory>
#include <string>

#include "state/changelog.h"

namespace leat::state {

// A Changelog as files of a folder, `<first epoch>.log`: a head, then records of a head and a body,
// each under hashes (XXH3). A new file begins when the last has grown; a file goes when none of its
// records is needed.
//
// What is damaged or cut short is skipped when it is opened, and remembered in damage(): whether it
// is missed is for the store to know.
class FileChangelog final : public Changelog {
 public:
  // `segment_bytes_max`: a file that is longer gets no further record. Makes the folder.
  static Result<std::unique_ptr<FileChangelog>> open(const std::string& folder,
                                                     std::uint64_t segment_bytes_max);
  ~FileChangelog() override;

  const std::vector<Record>& records() const noexcept override { return records_; }
  Status append(EpochId epoch, EpochId previous, std::span<const Delta> deltas) override;
  Status read(EpochId epoch, std::string& body) const override;
  Status drop_beyond(EpochId epoch) override;
  Status drop_until(EpochId epoch) override;
  std::uint64_t bytes() const noexcept override;
  const Status& damage() const noexcept override { return damage_; }

 private:
  struct Place {
    std::uint64_t segment;  // its first epoch
    std::uint64_t offset;
  };
  FileChangelog(std::string folder, std::uint64_t segment_bytes_max)
      : folder_(std::move(folder)), segment_bytes_max_(segment_bytes_max) {}

  std::string path_of(std::uint64_t segment) const;
  Status load();
  Status load_segment(std::uint64_t segment);
  void load_records(std::uint64_t segment, std::string_view bytes);
  std::size_t load_record(std::uint64_t segment, std::string_view bytes, std::size_t at);
  void note_damage(std::string_view what, std::uint64_t segment, std::size_t offset,
                   std::string_view epoch);
  Status open_for_append(EpochId epoch);
  Status begin_segment(EpochId epoch);
  Status write_record(std::string_view head, std::span<const Delta> deltas);
  Status remove_empty_segments();
  Status sync_folder() const;
  Status failed(std::string_view what, std::uint64_t segment) const;
  void close() noexcept;

  const std::string folder_;
  const std::uint64_t segment_bytes_max_;
  std::vector<Record> records_;
  std::vector<Place> places_;                        // of the records
  std::map<std::uint64_t, std::uint64_t> segments_;  // first epoch → where the next record goes
  int fd_ = -1;    // of the last segment, once something was appended
  Status broken_;  // a sync failed: what is on disk is not known any more
  Status damage_;
};

}  // namespace leat::state
