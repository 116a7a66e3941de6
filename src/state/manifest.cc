#include "state/manifest.h"

#include <sys/random.h>

#include <algorithm>

#include "base/check.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::state {
namespace {

Status unreadable(std::string_view member) {
  return Status(Code::data_loss, "the manifest cannot be read").with("member", member);
}

Status read_number(const json::Value& root, std::string_view name, std::uint64_t& out) {
  const json::Value* value = root.find(name);
  const auto number = value == nullptr ? std::nullopt : value->as_integer<std::uint64_t>();
  if (!number) return unreadable(name);
  out = *number;
  return {};
}

Status read_text(const json::Value& root, std::string_view name, std::string& out) {
  const json::Value* value = root.find(name);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  if (text == nullptr) return unreadable(name);
  out = *text;
  return {};
}

Status read_stores(const json::Value& root, Manifest& manifest) {
  const json::Value* stores = root.find("stores");
  const json::Value* dropped = root.find("dropped");
  if (stores == nullptr || dropped == nullptr) return unreadable("stores");
  for (const json::Value& one : stores->elements()) {
    Manifest::Kept kept;
    std::uint64_t id = 0;
    LEAT_RETURN_IF_ERROR(read_number(one, "id", id));
    LEAT_RETURN_IF_ERROR(read_text(one, "step", kept.state.step));
    LEAT_RETURN_IF_ERROR(read_text(one, "schema", kept.state.schema));
    kept.id = StoreId(static_cast<std::uint32_t>(id));
    manifest.stores.push_back(std::move(kept));
  }
  for (const json::Value& one : dropped->elements()) {
    const auto id = one.as_integer<std::uint32_t>();
    if (!id) return unreadable("dropped");
    manifest.dropped.push_back(StoreId(*id));
  }
  return {};
}

}  // namespace

bool Manifest::keeps(StoreId id) const noexcept {
  return std::any_of(stores.begin(), stores.end(), [&](const Kept& kept) { return kept.id == id; });
}

std::string make_state_id() {
  unsigned char random[8];
  std::size_t done = 0;
  while (done < sizeof(random)) {
    const ssize_t got = ::getrandom(random + done, sizeof(random) - done, 0);
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (const unsigned char byte : random) {
    id.push_back(kDigits[byte >> 4]);
    id.push_back(kDigits[byte & 15]);
  }
  return id;
}

std::string write_manifest(const Manifest& manifest) {
  json::Writer writer;
  writer.begin_object()
      .member("form", Manifest::kForm)
      .member("pipeline", manifest.pipeline)
      .member("key_groups", manifest.key_groups)
      .member("state_id", manifest.state_id)
      .member("next_store", manifest.next_store.value())
      .member("durable", manifest.durable.value())
      .member("cleared", manifest.cleared);
  writer.key("stores").begin_array();
  for (const Manifest::Kept& kept : manifest.stores) {
    writer.begin_object()
        .member("id", kept.id.value())
        .member("step", kept.state.step)
        .member("schema", kept.state.schema)
        .end_object();
  }
  writer.end_array().key("dropped").begin_array();
  for (const StoreId id : manifest.dropped) writer.value(id.value());
  writer.end_array().end_object();
  return writer.take() + "\n";
}

Result<Manifest> read_manifest(std::string_view text) {
  const json::Parsed parsed = json::parse(text);
  if (!parsed.ok()) return unreadable(parsed.problems().front().message);
  const json::Value& root = parsed.root();
  std::uint64_t form = 0, key_groups = 0, next = 0, durable = 0;
  LEAT_RETURN_IF_ERROR(read_number(root, "form", form));
  if (form != Manifest::kForm) {
    return Status(Code::wrong_state,
                  "the state was written by another version of leat; run that version, or remove "
                  "the state to begin anew")
        .with("form", std::to_string(form));
  }
  Manifest manifest;
  LEAT_RETURN_IF_ERROR(read_text(root, "pipeline", manifest.pipeline));
  LEAT_RETURN_IF_ERROR(read_text(root, "state_id", manifest.state_id));
  LEAT_RETURN_IF_ERROR(read_number(root, "key_groups", key_groups));
  LEAT_RETURN_IF_ERROR(read_number(root, "next_store", next));
  LEAT_RETURN_IF_ERROR(read_number(root, "durable", durable));
  const json::Value* cleared = root.find("cleared");
  if (cleared == nullptr || !cleared->as_bool()) return unreadable("cleared");
  manifest.cleared = *cleared->as_bool();
  manifest.key_groups = static_cast<std::uint32_t>(key_groups);
  manifest.next_store = StoreId(static_cast<std::uint32_t>(next));
  manifest.durable = EpochId(durable);
  LEAT_RETURN_IF_ERROR(read_stores(root, manifest));
  return manifest;
}

}  // namespace leat::state
