#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "plan/shape.h"

namespace leat::plan {

// Rows on their way: where they leave the operators planned so far, and what they look like.
struct Flow {
  struct End {
    std::size_t stage;
    std::size_t node;
  };
  std::vector<End>
      ends;  // several when rows of several places flow together; one place twice doubles its rows
  Shape shape;
  std::string step;  // whose output it is
};

using MakeOperator = std::function<std::unique_ptr<flow::Operator>()>;

// The stages being put together. Belongs to one call of build_plan.
class Graph {
 public:
  Scopes& scopes() noexcept { return scopes_; }

  // The decoder of a source, in the first stage.
  Flow add_source(std::uint32_t index, const spec::SourceSpec& source);
  // One flow of all; shapes that differ are encoded first, for the work of `step`.
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

  // Writes rows of a shape as a tap shows them.
  std::function<std::unique_ptr<record::RowEncoder>()> json_encoder(const Shape& shape);

  std::vector<Stage> take_stages() { return std::move(stages_); }
  std::vector<Exchange> take_exchanges() { return std::move(exchanges_); }

 private:
  std::vector<Flow::End> append(const Flow& input, const Node& node);

  Scopes scopes_;
  std::vector<Stage> stages_;
  std::vector<Exchange> exchanges_;
};

}  // namespace leat::plan
