#include "local/local.h"

#include "local/dead_letter_file.h"
#include "local/file_partition.h"
#include "local/generator.h"
#include "local/line_sink.h"
#include "local/local_source.h"

namespace leat::local {
namespace {

// The high marks of all sources of this process, so that a restarted pipeline knows what it polls
// again. Control thread.
using HighMarks = std::map<std::string, HighMark>;

// Where the sources of one kind remember their commits; empty when the pipeline has no folder.
std::string positions_file(const flow::SourceContext& context, const std::string& kind) {
  if (context.state_folder.empty()) return {};
  return context.state_folder + "/positions-" + kind + ".json";
}

HighMark mark_of(HighMarks& marks, const std::string& pipeline, const std::string& source) {
  HighMark& mark = marks[pipeline + "/" + source];
  if (mark == nullptr) mark = std::make_shared<std::atomic<std::int64_t>>(-1);
  return mark;
}

flow::SourceFactory file_sources(const LocalOptions& options) {
  return [folders = options.read_folders, marks = std::make_shared<HighMarks>()](
             const flow::SourceContext& context, std::vector<const spec::SourceSpec*> specs,
             std::vector<std::uint32_t> indexes) -> Result<std::unique_ptr<flow::Source>> {
    std::vector<LocalSource::Part> parts;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto& file = std::get<spec::FileSourceSpec>(specs[i]->kind);
      record::Origin origin{file.path, PartitionId(0), indexes[i]};
      parts.push_back({indexes[i], specs[i]->id,
                       std::make_unique<FilePartition>(
                           std::move(origin), mark_of(*marks, context.pipeline, specs[i]->id),
                           folders, file.path, file.follow, context.clock,
                           specs[i]->format == spec::Format::csv && specs[i]->csv.header)});
    }
    return std::unique_ptr<flow::Source>(
        std::make_unique<LocalSource>(std::move(parts), positions_file(context, "file")));
  };
}

flow::SourceFactory generator_sources() {
  return [marks = std::make_shared<HighMarks>()](
             const flow::SourceContext& context, std::vector<const spec::SourceSpec*> specs,
             std::vector<std::uint32_t> indexes) -> Result<std::unique_ptr<flow::Source>> {
    std::vector<LocalSource::Part> parts;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      record::Origin origin{specs[i]->id, PartitionId(0), indexes[i]};
      Result<std::unique_ptr<Partition>> made =
          Generator::make(std::move(origin), mark_of(*marks, context.pipeline, specs[i]->id),
                          std::get<spec::GeneratorSpec>(specs[i]->kind), context.clock);
      if (!made.ok()) return made.status().with("source", specs[i]->id);
      parts.push_back({indexes[i], specs[i]->id, *std::move(made)});
    }
    return std::unique_ptr<flow::Source>(
        std::make_unique<LocalSource>(std::move(parts), positions_file(context, "generator")));
  };
}

flow::SinkFactory line_sinks(std::vector<std::string> folders, int stdout_fd) {
  return [folders = std::move(folders), stdout_fd](
             const flow::SinkContext&, std::vector<const spec::SinkSpec*> specs,
             std::vector<std::uint32_t> indexes) -> Result<std::unique_ptr<flow::Sink>> {
    std::map<std::uint32_t, LineTarget> targets;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      LineTarget target{"", stdout_fd, specs[i]->format == spec::Format::json};
      if (const auto* file = std::get_if<spec::FileSinkSpec>(&specs[i]->kind))
        target.path = file->path;
      targets.emplace(indexes[i], std::move(target));
    }
    return std::unique_ptr<flow::Sink>(std::make_unique<LineSink>(std::move(targets), folders));
  };
}

}  // namespace

void register_local(flow::Registry& registry, const LocalOptions& options) {
  registry.sources["file"] = file_sources(options);
  registry.sources["generator"] = generator_sources();
  registry.sinks["file"] = line_sinks(options.write_folders, options.stdout_fd);
  registry.sinks["dead_letters"] =
      [](const flow::SinkContext& context, std::vector<const spec::SinkSpec*>,
         std::vector<std::uint32_t>) -> Result<std::unique_ptr<flow::Sink>> {
    return std::unique_ptr<flow::Sink>(std::make_unique<DeadLetterFile>(context.dead_letter_file));
  };
  registry.sinks["stdout"] = line_sinks({}, options.stdout_fd);
}

}  // namespace leat::local
