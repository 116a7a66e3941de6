#include "state/changelog.h"

#include <cstring>

namespace leat::state {

void append_changes_head(StoreId store, std::uint64_t length, std::string& out) {
  const std::uint32_t words[2] = {store.value(), 0};
  out.append(reinterpret_cast<const char*>(words), sizeof(words));
  out.append(reinterpret_cast<const char*>(&length), sizeof(length));
}

Status split_changes(std::string_view body, std::vector<StoreChanges>& out) {
  while (!body.empty()) {
    std::uint32_t store = 0;
    std::uint64_t length = 0;
    if (body.size() >= kChangesHead) {
      std::memcpy(&store, body.data(), sizeof(store));
      std::memcpy(&length, body.data() + 8, sizeof(length));
    }
    if (body.size() < kChangesHead || body.size() - kChangesHead < length)
      return Status(Code::data_loss, "the changes of an epoch are cut short");
    out.push_back({StoreId(store), body.substr(kChangesHead, length)});
    body.remove_prefix(kChangesHead + length);
  }
  return {};
}

}  // namespace leat::state
