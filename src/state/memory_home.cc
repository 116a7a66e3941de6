#include <map>

#include "base/faults.h"
#include "state/home.h"
#include "state/memory_backing.h"
#include "state/memory_changelog.h"

namespace leat::state {
namespace {

class MemoryHome final : public Home {
 public:
  Backing& backing() noexcept override { return backing_; }
  Changelog& changelog() noexcept override { return changelog_; }
  Status save(const Manifest&) override { return {}; }

  Status clear() override {
    backing_.replace({});
    return changelog_.drop_beyond(EpochId());
  }

  Result<Store::Checkpoint> keep(Store::Checkpoint about, const Manifest& manifest) override {
    LEAT_RETURN_IF_ERROR(base::Faults::hit("checkpoint.files"));
    about.bytes = backing_.bytes();
    Copy& copy = copies_[about.id];
    copy = {about, manifest, backing_.contents()};
    return about;
  }

  Result<std::vector<Store::Checkpoint>> kept() const override {
    std::vector<Store::Checkpoint> all;
    for (const auto& [id, copy] : copies_) all.push_back(copy.about);
    return all;
  }

  Status remove_kept(const std::string& id) override {
    if (copies_.erase(id) > 0) return {};
    return Status(Code::not_found, "there is no such checkpoint").with("id", id);
  }

  Result<Manifest> bring_back(const std::string& id, EpochId as) override {
    const auto copy = copies_.find(id);
    if (copy == copies_.end())
      return Status(Code::not_found, "there is no such checkpoint").with("id", id);
    MemoryBacking::Contents contents = copy->second.contents;
    contents.epoch = as;
    backing_.replace(std::move(contents));
    LEAT_RETURN_IF_ERROR(changelog_.drop_beyond(EpochId()));
    return copy->second.manifest;
  }

 private:
  struct Copy {
    Store::Checkpoint about;
    Manifest manifest;
    MemoryBacking::Contents contents;
  };
  MemoryBacking backing_;
  MemoryChangelog changelog_;
  std::map<std::string, Copy> copies_;
};

}  // namespace

std::unique_ptr<Home> make_memory_home() { return std::make_unique<MemoryHome>(); }

}  // namespace leat::state
