#include "codec/json_scan.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "codec/row_errors.h"

namespace leat::codec {
namespace {

constexpr std::size_t kPadding = 64;
constexpr std::size_t kRoomBytes = 2 * JsonScanner::kChunkBytes;
constexpr std::size_t kRoomKeptMax = 1024 * 1024;

// Every record is followed by one of these: no JSON string can contain it.
constexpr char kSeparator = '\n';

const record::RowError& error_of(simdjson::error_code code) noexcept {
  return code == simdjson::UTF8_ERROR ? kInvalidUtf8 : kMalformedJson;
}

}  // namespace

class JsonScanner::Stage {
 public:
  // Finds the tokens of `bytes`; tokens() then holds them and three more.
  simdjson::error_code run(const char* bytes, std::size_t size) {
    // Tokens take 4 bytes for each byte of input: what one giant record needed is given back by the
    // next ordinary one.
    const bool oversized = capacity_ > kRoomKeptMax && size <= kRoomBytes;
    if (size > capacity_ || oversized) {
      const simdjson::error_code made =
          simdjson::get_active_implementation()->create_dom_parser_implementation(
              std::max(size, kRoomBytes), 1, parser_);
      if (made != simdjson::SUCCESS) return made;
      capacity_ = std::max(size, kRoomBytes);
    }
    return parser_->stage1(reinterpret_cast<const std::uint8_t*>(bytes), size,
                           simdjson::stage1_mode::regular);
  }
  std::span<const std::uint32_t> tokens() const noexcept {
    return {parser_->structural_indexes.get(), parser_->n_structural_indexes};
  }
  // Tokens of records that had to be scanned one by one.
  std::vector<std::uint32_t> kept;

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  std::size_t capacity_ = 0;
};

JsonScanner::JsonScanner(std::size_t bytes_max)
    : bytes_max_(std::min(bytes_max, kRecordBytesMax)),
      too_large_(bytes_max > kRecordBytesMax ? &kValueTooLarge : &kRecordTooLarge),
      stage_(std::make_unique<Stage>()) {}
JsonScanner::~JsonScanner() = default;

std::size_t JsonScanner::scan(std::span<const record::Row> rows, std::size_t first,
                              base::Arena& arena, std::span<ScannedText> out) {
  std::size_t last = first;
  std::size_t bytes = 0;
  do {
    if (rows[last].value.size() <= bytes_max_) bytes += rows[last].value.size() + 1;
    ++last;
  } while (last < rows.size() && bytes + rows[last].value.size() < kChunkBytes);

  char* const base = arena.allocate(bytes + kPadding, 64);
  std::uint32_t at = 0;
  for (std::size_t i = first; i < last; ++i) {
    ScannedText& text = out[i - first];
    const std::string_view value = rows[i].value;
    text = {base, at, at, nullptr, nullptr, false, nullptr};
    if (rows[i].tombstone()) continue;
    if (value.size() > bytes_max_) {
      text.error = too_large_;
      continue;
    }
    if (!value.empty()) std::memcpy(base + at, value.data(), value.size());
    at += static_cast<std::uint32_t>(value.size());
    text.end = at;
    base[at++] = kSeparator;
  }
  std::memset(base + at, kSeparator, bytes + kPadding - at);

  const auto taken = rows.subspan(first, last - first);
  const auto texts = out.first(last - first);
  const simdjson::error_code code = at == 0 ? simdjson::EMPTY : stage_->run(base, at);
  if (code == simdjson::SUCCESS) {
    if (std::memchr(base, '\\', at) != nullptr) {
      for (ScannedText& text : texts)
        text.escapes = std::memchr(base + text.begin, '\\', text.end - text.begin) != nullptr;
    }
    split(taken, texts);
  } else {
    scan_each(taken, texts, base);
  }
  return last;
}

// Deals the tokens of all records out to each.
void JsonScanner::split(std::span<const record::Row> rows, std::span<ScannedText> out) {
  const std::span<const std::uint32_t> tokens = stage_->tokens();
  const std::uint32_t* at = tokens.data();
  const std::uint32_t* const end = at + tokens.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ScannedText& text = out[i];
    text.tokens = at;
    // A token takes at least one byte, mostly several: leap, then step.
    const std::uint32_t* leap = at;
    while (leap + 16 < end && leap[16] < text.end) leap += 16;
    while (leap < end && *leap < text.end) ++leap;
    at = text.tokens_end = leap;
    if (text.tokens == text.tokens_end && text.error == nullptr && !rows[i].tombstone())
      text.error = &kEmptyValue;
  }
}

// Some record is broken: finds out which, and gives the others their tokens.
void JsonScanner::scan_each(std::span<const record::Row> rows, std::span<ScannedText> out,
                            const char* base) {
  std::vector<std::uint32_t>& kept = stage_->kept;
  kept.clear();
  std::vector<std::size_t> starts(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ScannedText& text = out[i];
    starts[i] = kept.size();
    if (rows[i].tombstone() || text.error != nullptr) continue;
    const simdjson::error_code code = text.begin == text.end
                                          ? simdjson::EMPTY
                                          : stage_->run(base + text.begin, text.end - text.begin);
    if (code == simdjson::EMPTY)
      text.error = &kEmptyValue;
    else if (code != simdjson::SUCCESS)
      text.error = &error_of(code);
    if (text.error != nullptr) continue;
    for (const std::uint32_t token : stage_->tokens()) kept.push_back(token + text.begin);
    text.escapes = std::memchr(base + text.begin, '\\', text.end - text.begin) != nullptr;
    // Behind every record: where it ends, twice for those who look ahead.
    kept.insert(kept.end(), 3, text.end);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ScannedText& text = out[i];
    if (rows[i].tombstone() || text.error != nullptr) continue;
    const std::size_t next = i + 1 < rows.size() ? starts[i + 1] : kept.size();
    text.tokens = kept.data() + starts[i];
    text.tokens_end = kept.data() + next - 3;
  }
}

}  // namespace leat::codec
