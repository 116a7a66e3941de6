#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/source.h"
#include "local/partition.h"
#include "local/positions.h"

namespace leat::local {

// All sources of one kind of one pipeline. Control thread, as flow::Source says. The commit writes
// and syncs a small file there.
class LocalSource final : public flow::Source {
 public:
  struct Part {
    std::uint32_t source = 0;  // index in the definition
    std::string id;
    std::unique_ptr<Partition> partition;
  };
  // `positions_file` is where commits go; empty = nowhere: a restart begins again.
  LocalSource(std::vector<Part> parts, std::string positions_file)
      : parts_(std::move(parts)), positions_file_(std::move(positions_file)) {}

  Status start(flow::SourceListener& listener, base::Wakeup& control) override;
  std::unique_ptr<flow::SourceReader> make_reader(std::uint32_t source, SliceId slice,
                                                  std::uint32_t slices,
                                                  base::Wakeup& worker) override;
  Instant serve(Instant now) override;
  void commit(EpochId epoch, std::span<const flow::PartitionPosition> positions,
              const std::string& metadata, std::function<void(Status)> done) override;
  void fix_end() override;
  void free_end() override;
  void stop(bool leave, std::function<void()> done) override;
  void purge(std::function<void(Status)> done) override;
  std::vector<flow::PartitionLag> lag() const override;

 private:
  // Opens what is not open yet; true when all are.
  bool open_all();
  void later(std::function<void()> call);

  std::vector<Part> parts_;
  const std::string positions_file_;
  Positions committed_;
  flow::SourceListener* listener_ = nullptr;
  base::Wakeup* control_ = nullptr;
  std::vector<std::function<void()>> calls_;  // for the next serve()
  std::shared_ptr<std::atomic<bool>> end_fixed_ = std::make_shared<std::atomic<bool>>(false);
  bool positioned_ = false;
  bool stopped_ = false;
  std::string missing_;  // what was last said to be missing
};

}  // namespace leat::local
