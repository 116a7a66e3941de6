#include "runtime/checkpoints/offset_targets.h"

#include <algorithm>
#include <set>

namespace leat::runtime {
namespace {

using Found = std::vector<flow::PartitionPosition>;

Status invalid(std::string message) {
  return Status(Code::invalid_argument, std::move(message)).with("problem", "INVALID_BODY");
}

std::string name_of(const record::Origin& origin) {
  return origin.topic + "-" + std::to_string(origin.partition.value());
}

// INT64 ends where it ends.
std::int64_t added(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? INT64_MIN : INT64_MAX;
}

// Where one partition goes on; nothing = it stays where it is.
class Target {
 public:
  Target(const OffsetTarget& target, const flow::PartitionLag& partition, const Found& found)
      : target_(target),
        partition_(partition),
        found_(found),
        name_(name_of(*partition.origin)),
        begin_(partition.begin.value_or(0)),
        end_(std::max(begin_, partition.end.value_or(INT64_MAX))) {}

  Result<std::optional<std::int64_t>> offset(const spec::SourceSpec& source) const {
    switch (target_.kind) {
      case OffsetTarget::Kind::earliest: return std::optional(begin_);
      case OffsetTarget::Kind::latest: return latest();
      case OffsetTarget::Kind::shift: return shifted(source);
      case OffsetTarget::Kind::at: return named();
      case OffsetTarget::Kind::time: return at_time();
    }
    return std::optional<std::int64_t>();
  }

 private:
  Result<std::optional<std::int64_t>> latest() const {
    if (partition_.end) return std::optional(end_);
    return invalid("`" + name_ + "` has no end: name an offset");
  }
  Result<std::optional<std::int64_t>> shifted(const spec::SourceSpec& source) const {
    if (std::holds_alternative<spec::FileSourceSpec>(source.kind))
      return invalid("positions of the file `" + source.id +
                     "` are bytes, not records: name `earliest`, `latest` or the offset of a line");
    const std::int64_t from = partition_.committed.value_or(begin_);
    return std::optional(std::clamp(added(from, target_.shift), begin_, end_));
  }
  Result<std::optional<std::int64_t>> named() const {
    const auto wanted = target_.at.find(name_);
    if (wanted == target_.at.end()) return std::optional<std::int64_t>();
    if (wanted->second >= begin_ && wanted->second <= end_) return std::optional(wanted->second);
    return invalid("`" + name_ + "` holds the offsets " + std::to_string(begin_) + " to " +
                   std::to_string(end_) + ", not " + std::to_string(wanted->second));
  }
  Result<std::optional<std::int64_t>> at_time() const {
    const auto at = std::find_if(found_.begin(), found_.end(),
                                 [&](const auto& one) { return one.origin == partition_.origin; });
    if (at != found_.end()) return std::optional(at->next.value());
    return invalid("`" + name_ + "` cannot be asked for a time: name an offset");
  }

  const OffsetTarget& target_;
  const flow::PartitionLag& partition_;
  const Found& found_;
  const std::string name_;
  const std::int64_t begin_, end_;
};

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Status check_sources(const std::vector<spec::SourceSpec>& specs,
                     const std::vector<std::string>& sources) {
  for (const std::string& wanted : sources)
    if (std::none_of(specs.begin(), specs.end(),
                     [&](const spec::SourceSpec& spec) { return spec.id == wanted; }))
      return invalid("there is no source `" + wanted + "`");
  return {};
}

}  // namespace

Result<OffsetMoves> plan_offsets(const OffsetTarget& target,
                                 const std::vector<spec::SourceSpec>& specs,
                                 const std::vector<std::string>& sources,
                                 const std::vector<flow::PartitionLag>& partitions,
                                 const Found& found) {
  LEAT_RETURN_IF_ERROR(check_sources(specs, sources));
  OffsetMoves moves;
  std::set<std::string> named;
  for (const flow::PartitionLag& partition : partitions) {
    const spec::SourceSpec& source = specs[partition.origin->source];
    if (!sources.empty() && !has(sources, source.id)) continue;
    named.insert(name_of(*partition.origin));
    const auto to = Target(target, partition, found).offset(source);
    if (!to.ok()) return to.status();
    if (!*to) continue;
    // Which event times lie before it nobody knows: its watermark begins anew.
    moves.positions.push_back({partition.origin, Offset(**to), record::kNoTime});
    moves.moved.push_back({source.id, partition.origin->topic, partition.origin->partition.value(),
                           partition.committed, **to});
  }
  for (const auto& [name, offset] : target.at)
    if (!named.contains(name)) return invalid("there is no partition `" + name + "` to move");
  return moves;
}

}  // namespace leat::runtime
