#include <algorithm>
#include <utility>

#include "expr/absent_error.h"
#include "operators/topic_check.h"
#include "plan/builder.h"
#include "plan/edges.h"

namespace leat::plan {

using operators::Compute;
using operators::ComputeWork;
using operators::Counting;

std::size_t Builder::text_column(const spec::Expression& expression, Expressions& expressions,
                                 ComputeWork& work, const Check& check) {
  const Expressions::Value value = expressions.compile(expression);
  report(check(value), expression.pointer);
  if (!value.copy_of) check_written(value.column);
  if (value.program != nullptr) {
    work.items.push_back({value.program, value.column});
    if (!value.program->columns().empty()) work.tombstones = operators::Tombstones::drop;
    return value.column;
  }
  work.tombstones = operators::Tombstones::drop;
  if (!value.copy_of) {
    if (value.valid) work.present.push_back({value.column, &expr::absent_field(value.path)});
    return value.column;
  }
  const std::size_t typed = column(*value.copy_of, Want::value);
  const std::size_t text = graph_.scopes().new_column();
  if (!value.declared) work.present.push_back({typed, &expr::absent_field(value.path)});
  work.texts.push_back({typed, column(*value.copy_of, Want::token), text});
  return text;
}

std::size_t Builder::time_column(const spec::Expression& expression, Expressions& expressions,
                                 ComputeWork& work) {
  const Expressions::Value value = expressions.compile(expression);
  if (value.valid) report(misfit_timestamp(value), expression.pointer);
  const std::size_t times = value.copy_of ? column(*value.copy_of, Want::value) : value.column;
  if (value.program != nullptr)
    work.items.push_back({value.program, times});
  else if (value.valid)
    work.present.push_back({times, &expr::absent_field(value.path)});
  if (value.program == nullptr || !value.program->columns().empty())
    work.tombstones = operators::Tombstones::drop;
  return times;
}

Builder::Bindings Builder::bind(const spec::SinkSpec& sink, Expressions& expressions,
                                const Shape& shape, ComputeWork& work) {
  Bindings bindings;
  work = {};
  work.tombstones = operators::Tombstones::evaluate;
  if (sink.format == spec::Format::csv) {
    if (!passes_csv(sink, shape)) bind_csv(sink, expressions, bindings);
  } else if (sink.format != spec::Format::json) {
    const std::string pointer = sink.pointer + "/format";
    const std::size_t known = diagnostics_.size();
    const Expressions::Value value = expressions.field({"value"}, pointer);
    for (std::size_t i = known; i < diagnostics_.size(); ++i)
      diagnostics_[i].message +=
          "; the format writes this field and no other: set it in the last step, as `value`";
    report(misfit_value(value, sink.format), pointer);
    bindings.value_column = value.copy_of ? column(*value.copy_of, Want::value) : value.column;
  }
  if (const auto* kafka = std::get_if<spec::KafkaSinkSpec>(&sink.kind))
    bind_kafka(*kafka, expressions, work, bindings);
  return bindings;
}

void Builder::bind_csv(const spec::SinkSpec& sink, Expressions& expressions, Bindings& bindings) {
  for (std::size_t i = 0; i < sink.csv.fields.size(); ++i) {
    const std::string pointer = sink.pointer + "/format/csv/fields/" + std::to_string(i);
    const Expressions::Value value = expressions.field({sink.csv.fields[i]}, pointer);
    if (value.copy_of) {
      bindings.csv_columns.push_back(
          {column(*value.copy_of, Want::value), column(*value.copy_of, Want::token)});
    } else {
      bindings.csv_columns.push_back({value.column, std::nullopt});
      check_written(value.column);
    }
  }
}

void Builder::bind_kafka(const spec::KafkaSinkSpec& kafka, Expressions& expressions,
                         ComputeWork& work, Bindings& bindings) {
  using flow::SinkBinding;
  const auto column_of = [&](const spec::Expression& expression) {
    return SinkBinding::Column{text_column(expression, expressions, work, misfit_written)};
  };
  if (kafka.key) {
    if (!*kafka.key)
      bindings.key = SinkBinding::None{};
    else if (const auto* text = std::get_if<std::string>(&**kafka.key))
      bindings.key = *text;
    else
      bindings.key = column_of(std::get<spec::Expression>(**kafka.key));
  }
  for (const auto& [name, value] : kafka.headers) {
    SinkBinding::HeaderRule rule{name, SinkBinding::None{}};
    if (value) {
      if (const auto* text = std::get_if<std::string>(&*value))
        rule.value = *text;
      else
        rule.value = column_of(std::get<spec::Expression>(*value));
    }
    bindings.headers.push_back(std::move(rule));
  }
  if (kafka.timestamp) bindings.timestamp_column = time_column(*kafka.timestamp, expressions, work);
  if (!kafka.topic_expression) return;
  operators::TopicCheck::Rules rules = topic_rules(kafka, 0);
  const std::string& pointer = kafka.topic_expression->pointer;
  const std::size_t part = pointer.find('/', pointer.find('/', 1) + 1);
  // The names may be what is wrong.
  if (draft_ != nullptr && draft_->faulty.contains(pointer.substr(0, part))) rules.globs = {"*"};
  bindings.topic_column =
      text_column(*kafka.topic_expression, expressions, work,
                  [&](const Expressions::Value& value) { return misfit_topic(value, rules); });
}

operators::TopicCheck::Rules Builder::topic_rules(const spec::KafkaSinkSpec& kafka,
                                                  std::size_t column) const {
  operators::TopicCheck::Rules rules{column, kafka.topics, {}, kafka.allow_loop};
  for (const spec::SourceSpec& source : spec_->sources)
    if (const auto* read = std::get_if<spec::KafkaSourceSpec>(&source.kind))
      rules.sources.insert(rules.sources.end(), read->topics.begin(), read->topics.end());
  return rules;
}

bool Builder::passes_csv(const spec::SinkSpec& sink, const Shape& shape) {
  const codec::Reading& reading = graph_.scopes().reading(shape.scope());
  return shape.untouched() && reading.format == codec::Format::csv &&
         reading.csv.fields == sink.csv.fields && reading.csv.delimiter == sink.csv.delimiter;
}

MakeEncoder Builder::encoder_of(const spec::SinkSpec& sink, const Bindings& bindings,
                                const Shape& shape) {
  switch (sink.format) {
    case spec::Format::json: break;
    case spec::Format::csv: {
      if (passes_csv(sink, shape)) return [] { return codec::make_document_encoder(); };
      return [columns = bindings.csv_columns, delimiter = sink.csv.delimiter,
              timestamps = sink.timestamps] {
        return codec::make_csv_encoder(columns, delimiter, timestamps);
      };
    }
    case spec::Format::string:
    case spec::Format::bytes: {
      const codec::Format format =
          sink.format == spec::Format::string ? codec::Format::string : codec::Format::bytes;
      return [format, column = bindings.value_column] {
        return codec::make_text_encoder(format, column);
      };
    }
  }
  return graph_.json_encoder(shape, sink.timestamps);
}

void Builder::add_sink(std::uint32_t index, const spec::SinkSpec& sink) {
  const auto work = std::make_shared<ComputeWork>();
  Bindings bindings;
  Flow input = input_of(sink.from, sink.from.empty() ? sink.id : sink.from.front());
  const auto* const kafka = std::get_if<spec::KafkaSinkSpec>(&sink.kind);
  const bool default_key = kafka == nullptr || !kafka->key;
  if (!default_key && input.withdraws)
    report({}, sink.pointer + "/kafka/key", "BAD_VALUE",
           "sessions that are shown before they close, or again for late rows, take rows back by "
           "their "
           "key: leave it out, or pin `\"emit\": \"on_close\"` without `\"late\": \"update\"`");
  const std::string reader = input.step;  // rows are counted there until they reach the sink
  input =
      compiled_input(std::move(input), reader, [&](Expressions& expressions, const Shape& shape) {
        bindings = bind(sink, expressions, shape, *work);
        return true;
      });
  if (sink.format == spec::Format::json) check_written(input.shape);
  if (input.key_column && default_key) bindings.key = flow::SinkBinding::Column{*input.key_column};
  if (!work->items.empty() || !work->present.empty() || !work->texts.empty()) {
    input = graph_.add_operator(
        input, reader,
        [work = std::shared_ptr<const ComputeWork>(work)] {
          return std::make_unique<Compute>(work, Counting::failures);
        },
        input.shape, false);
    graph_.work_for_sink(input, index);
  }
  if (bindings.topic_column) {
    input = graph_.add_operator(
        input, reader,
        [rules = topic_rules(std::get<spec::KafkaSinkSpec>(sink.kind), *bindings.topic_column)] {
          return std::make_unique<operators::TopicCheck>(rules);
        },
        input.shape, false);
    graph_.work_for_sink(input, index);
  }
  graph_.add_sink(input, index, [make_encoder = encoder_of(sink, bindings, input.shape), bindings] {
    flow::SinkBinding binding;
    binding.encoder = make_encoder();
    binding.key = bindings.key;
    binding.headers = bindings.headers;
    binding.timestamp_column = bindings.timestamp_column;
    binding.topic_column = bindings.topic_column;
    return binding;
  });
}

}  // namespace leat::plan
