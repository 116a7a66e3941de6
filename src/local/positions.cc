#include "local/positions.h"

#include "base/file.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::local {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::int64_t kVersion = 1;

Status damaged(const std::string& path) {
  return Status(
             Code::data_loss,
             "the record of committed positions is damaged: put it back, or remove it to begin at "
             "the "
             "start; state of keyed steps belongs to the lost positions, so discard that as well "
             "(`?state=discard`)")
      .with("path", path);
}

}  // namespace

Result<std::optional<Positions>> read_positions(const std::string& path) {
  Result<std::string> text = base::read_file(path, kFileBytesMax);
  if (!text.ok() && text.status().code() == Code::not_found) return std::optional<Positions>();
  if (!text.ok()) return text.status();
  const json::Parsed parsed = json::parse(*text);
  if (!parsed.ok()) return damaged(path);
  const json::Value& root = parsed.root();
  const json::Value* version = root.find("version");
  const json::Value* epoch = root.find("epoch");
  const json::Value* metadata = root.find("metadata");
  const json::Value* next = root.find("next");
  if (version == nullptr || version->as_integer() != kVersion || epoch == nullptr ||
      !epoch->as_integer<std::uint64_t>() || metadata == nullptr ||
      metadata->as_string() == nullptr || next == nullptr)
    return damaged(path);
  Positions positions{EpochId(*epoch->as_integer<std::uint64_t>()), *metadata->as_string(), {}, {}};
  for (const json::Member& member : next->members()) {
    const std::optional<std::int64_t> offset = member.value.as_integer();
    if (!offset || *offset < 0) return damaged(path);
    positions.next.emplace(member.key, *offset);
  }
  if (const json::Value* times = root.find("event_times")) {
    for (const json::Member& member : times->members()) {
      const std::optional<std::int64_t> time = member.value.as_integer();
      if (!time) return damaged(path);
      positions.event_times.emplace(member.key, *time);
    }
  }
  return std::optional<Positions>(std::move(positions));
}

Status write_positions(const std::string& path, const Positions& positions) {
  json::Writer writer;
  writer.begin_object()
      .member("version", kVersion)
      .member("epoch", positions.epoch.value())
      .member("metadata", positions.metadata)
      .key("next")
      .begin_object();
  for (const auto& [source, next] : positions.next) writer.member(source, next);
  writer.end_object().key("event_times").begin_object();
  for (const auto& [source, time] : positions.event_times) writer.member(source, time);
  writer.end_object().end_object();
  return base::write_file(path, writer.text() + "\n", 0600);
}

}  // namespace leat::local
