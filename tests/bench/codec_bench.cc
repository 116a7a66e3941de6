#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "record/batch.h"

namespace leat::codec {
namespace {

constexpr std::size_t kRows = 256;

// A record of about 200 bytes with 8 fields.
std::vector<std::string> documents() {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < kRows; ++i) {
    made.push_back("{\"id\":\"order-" + std::to_string(100000 + i) + "\",\"customer\":\"c" + std::to_string(i * 37 % 5000) +
                   "\",\"amount\":" + std::to_string(i % 200) + ".50,\"currency\":\"EUR\",\"status\":\"AUTHORIZED\",\"created_at\":"
                   "\"2026-01-01T00:00:00Z\",\"sequence\":" + std::to_string(1000000 + i) + ",\"note\":\"" + std::string(40, 'x') + "\"}");
  }
  return made;
}

record::RecordBatch batch_of(const std::vector<std::string>& values) {
  record::RecordBatch batch{base::Ref<record::BatchMemory>(new record::BatchMemory())};
  for (const std::string& value : values) {
    record::Row row;
    row.value = value;
    batch.rows().push_back(row);
  }
  return batch;
}

void count_rows(benchmark::State& state, std::size_t rows) {
  state.counters["per_row"] = benchmark::Counter(static_cast<double>(rows) * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::vector<record::DecodeSlot> slots(std::size_t fields) {
  std::vector<record::DecodeSlot> all = {{{"id"}, record::DecodeSlot::Want::token, 0},
                                         {{"amount"}, record::DecodeSlot::Want::value, 1},
                                         {{"status"}, record::DecodeSlot::Want::value, 2}};
  all.resize(fields);
  return all;
}

// Arguments: rows in a batch, fields read.
void decode_json(benchmark::State& state) {
  const std::vector<std::string> texts = documents();
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, slots(static_cast<std::size_t>(state.range(1))));
  const std::vector<std::string> some(texts.begin(), texts.begin() + state.range(0));
  std::vector<const record::RowError*> errors(rows);
  record::RecordBatch batch = batch_of(some);
  for (auto _ : state) {
    batch.clear_columns();
    batch.arena().clear();
    decoder->decode(batch, errors);
    benchmark::DoNotOptimize(batch.column(0).data());
  }
  count_rows(state, rows);
}
BENCHMARK(decode_json)->Args({256, 3})->Args({256, 0})->Args({32, 3})->Args({1, 3});

// Records of `fields` fields of 20 bytes each, of which three in the middle are read.
void decode_wide_json(benchmark::State& state) {
  const auto fields = static_cast<std::size_t>(state.range(0));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 32; ++i) {
    std::string text = "{";
    for (std::size_t f = 0; f < fields; ++f) {
      const std::string number = std::to_string(1000 + f);
      text += (f == 0 ? "\"f" : ",\"f") + number + "\":\"" + std::to_string(100000000 + i * 37 + f) + "\"";
    }
    texts.push_back(text + "}");
  }
  std::vector<record::DecodeSlot> wanted;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(1)); ++i)
    wanted.push_back({{"f" + std::to_string(1000 + (fields / 2 + i) % fields)}, record::DecodeSlot::Want::value, i});
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, wanted);
  std::vector<const record::RowError*> errors(texts.size());
  record::RecordBatch batch = batch_of(texts);
  for (auto _ : state) {
    batch.clear_columns();
    batch.arena().clear();
    decoder->decode(batch, errors);
    benchmark::DoNotOptimize(batch.column(0).data());
  }
  count_rows(state, texts.size());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(texts[0].size() * texts.size()));
}
BENCHMARK(decode_wide_json)->ArgNames({"fields", "read"})->ArgsProduct({{5, 50, 500}, {0, 3}});
// All fields of the record: what touching only the needed ones saves.
BENCHMARK(decode_wide_json)->ArgNames({"fields", "read"})->Args({5, 5})->Args({50, 50})->Args({500, 500});

// Projects three columns, or replaces one member of the document.
void encode_json(benchmark::State& state) {
  const std::unique_ptr<RowDecoder> decoder = make_decoder(Format::json, slots(3));
  const bool splice = state.range(0) != 0;
  record::Layout layout;
  layout.document = splice;
  if (splice) layout.members = {{{"amount"}, 1}};
  else layout.members = {{{"id"}, 0}, {{"amount"}, 1}, {{"status"}, 2}};
  const std::unique_ptr<record::RowEncoder> encoder = make_json_encoder(layout);
  const std::vector<std::string> texts = documents();
  std::vector<const record::RowError*> errors(kRows);
  std::vector<std::string_view> out(kRows);
  record::RecordBatch batch = batch_of(texts);
  decoder->decode(batch, errors);
  record::RecordBatch copy = batch_of(texts);
  for (std::size_t c = 0; c < 3; ++c) std::copy_n(batch.column(c).begin(), kRows, copy.make_column(c).begin());
  for (auto _ : state) {
    encoder->encode(copy, out, errors);
    benchmark::DoNotOptimize(out.data());
    if (copy.arena().bytes() > 1 << 20) {
      state.PauseTiming();
      copy = batch_of(texts);
      for (std::size_t c = 0; c < 3; ++c) std::copy_n(batch.column(c).begin(), kRows, copy.make_column(c).begin());
      state.ResumeTiming();
    }
  }
  count_rows(state, kRows);
}
BENCHMARK(encode_json)->ArgName("splice")->Arg(0)->Arg(1);

}  // namespace
}  // namespace leat::codec

BENCHMARK_MAIN();
