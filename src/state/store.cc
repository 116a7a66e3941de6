#include "state/store.h"

#include "state/home.h"
#include "state/journaled_store.h"

namespace leat::state {

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  OpenedHome opened;
  if (options.folder.empty()) {
    opened.home = make_memory_home();
  } else {
    Result<OpenedHome> on_disk = open_disk_home(options);
    if (!on_disk.ok()) return on_disk.status();
    opened = *std::move(on_disk);
  }
  auto store =
      std::make_unique<JournaledStore>(std::move(opened.home), std::move(opened.manifest), options);
  LEAT_RETURN_IF_ERROR(store->open());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace leat::state
