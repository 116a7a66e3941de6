#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operators/tally.h"
#include "plan/plan.h"
#include "plan/shape.h"

namespace leat::plan {

// Rows on their way: where they leave the operators planned so far, and what they look like.
struct Flow {
  struct End {
    std::size_t stage;
    std::size_t node;
    bool side = false;  // the side output of the operator there
  };
  std::vector<End>
      ends;  // several when rows of several places flow together; one place twice doubles its rows
  Shape shape;
  std::string step;                 // whose output it is
  std::set<std::uint32_t> sources;  // whose records its rows are made of
  bool several = false;             // one record may have several rows
  bool updates = false;             // a row may replace an earlier one
  bool withdraws = false;           // a tombstone may take one back, by its key
  bool by_epoch = false;            // how many rows there are depends on where epochs end
  // The text that is the key in sinks that name none, in all rows; absent = the row's own key.
  std::optional<std::size_t> key_column = {};
};

using MakeOperator = std::function<std::unique_ptr<flow::Operator>()>;
using MakeEncoder = std::function<std::unique_ptr<record::RowEncoder>()>;

// The stages being put together. Belongs to one call of build_plan.
class Graph {
 public:
  Scopes& scopes() noexcept { return scopes_; }

  // The decoder of a source, in the first stage. Rows get their times from what add_arrival() puts
  // behind it.
  Flow add_source(std::uint32_t index, const spec::SourceSpec& source,
                  const codec::RecordLimits& limits);
  // What counts the rows of a source once they are decoded.
  Flow add_arrival(const Flow& decoded, const std::string& source, MakeOperator make);
  // One flow of all; shapes that differ are encoded first, for the work of `step`. Where one record
  // can come in twice its rows get ordinals that tell them apart.
  Flow unite(const std::vector<const Flow*>& inputs, const std::string& step);
  // An encode and a decode: the same rows, untouched.
  Flow materialise(const Flow& input, const std::string& step);
  // One operator in each stage that the input comes from. With a tap it shows rows of `after`.
  Flow add_operator(const Flow& input, const std::string& step, MakeOperator make, Shape after,
                    bool tap);
  // Marks the operators at the ends of `flow` as work of a sink.
  void work_for_sink(const Flow& flow, std::uint32_t sink);
  void add_sink(const Flow& input, std::uint32_t sink,
                std::function<flow::SinkBinding()> make_binding);
  // Ends the stages of the input and begins a new one.
  Flow add_exchange(const Flow& input, const std::string& step,
                    const std::vector<std::size_t>& key_columns);

  // Writes rows of a shape as JSON.
  MakeEncoder json_encoder(const Shape& shape,
                           spec::TimestampText timestamps = spec::TimestampText::rfc3339);
  // The slots of an origin, read by a task's own decoder.
  static MakeOperator make_decode(const codec::Reading& reading, std::shared_ptr<const Slots> slots,
                                  operators::Counting counting);

  std::vector<Stage> take_stages() { return std::move(stages_); }
  std::vector<Exchange> take_exchanges() { return std::move(exchanges_); }

 private:
  std::vector<Flow::End> append(const Flow& input, Node node);
  std::vector<std::size_t>& readers_at(const Flow::End& end) {
    Node& node = stages_[end.stage].nodes[end.node];
    return end.side ? node.side : node.next;
  }
  // Where the key of all inputs will be, when some have a column for it; absent = they have none.
  std::optional<std::size_t> common_key(const std::vector<const Flow*>& inputs);
  Flow with_key(const Flow& input, const std::string& step, std::size_t column);
  Flow renumber(const Flow& input, const std::string& step, std::uint64_t of, std::uint64_t place);
  // Rows as JSON documents in a scope of their own.
  Flow encoded(const Flow& input, const std::string& step, MakeEncoder make_encoder);

  Scopes scopes_;
  std::vector<Stage> stages_;
  std::vector<Exchange> exchanges_;
};

}  // namespace leat::plan
