#include "codec/csv_text.h"

#include <cstring>

#include "base/text.h"
#include "codec/row_errors.h"

namespace leat::codec {
namespace {

bool special(char c, char delimiter) noexcept {
  return c == delimiter || c == '"' || c == '\n' || c == '\r';
}

std::string_view without_line_end(std::string_view row) noexcept {
  if (row.ends_with('\n')) row.remove_suffix(1);
  if (row.ends_with('\r')) row.remove_suffix(1);
  return row;
}

// The field that begins behind a quote at `at`; afterwards `at` is behind its closing quote.
const record::RowError* read_quoted_field(std::string_view row, std::size_t& at, base::Arena& arena,
                                          std::string_view& field) {
  const std::size_t begin = at;
  bool doubled = false;
  for (;;) {
    const std::size_t quote = row.find('"', at);
    if (quote == std::string_view::npos) return &kMalformedCsv;
    at = quote + 1;
    if (at == row.size() || row[at] != '"') break;
    doubled = true;
    ++at;
  }
  field = row.substr(begin, at - 1 - begin);
  if (!doubled) return nullptr;
  char* const out = arena.allocate(field.size(), 1);
  char* to = out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    *to++ = field[i];
    if (field[i] == '"') ++i;
  }
  field = {out, static_cast<std::size_t>(to - out)};
  arena.shrink_last(out, field.size());
  return nullptr;
}

}  // namespace

const record::RowError* split_csv(std::string_view row, char delimiter, base::Arena& arena,
                                  std::vector<std::string_view>& fields) {
  fields.clear();
  if (!base::valid_utf8(row)) return &kInvalidUtf8;
  row = without_line_end(row);
  std::size_t at = 0;
  for (;;) {
    std::string_view& field = fields.emplace_back();
    if (at < row.size() && row[at] == '"') {
      ++at;
      if (const record::RowError* error = read_quoted_field(row, at, arena, field)) return error;
    } else {
      const std::size_t begin = at;
      while (at < row.size() && !special(row[at], delimiter)) ++at;
      field = row.substr(begin, at - begin);
    }
    if (at == row.size()) return nullptr;
    if (row[at] != delimiter) return &kMalformedCsv;
    ++at;
  }
}

void append_csv_field(TextBuffer& out, std::string_view field, char delimiter) {
  bool plain = true;
  for (const char c : field) plain = plain && !special(c, delimiter);
  if (plain) return out.append(field);
  out.put('"');
  for (const char c : field) {
    if (c == '"') out.put('"');
    out.put(c);
  }
  out.put('"');
}

}  // namespace leat::codec
