#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "codec/codec.h"
#include "codec/json_encoder.h"
#include "fuzz/json_trees.h"
#include "json/parse.h"
#include "json/write.h"
#include "unit/codec/rows.h"

// Records → columns → records, against the strict parser and a tree that is edited member by
// member.
//
// Input: one byte that chooses the layout and how often the rows are repeated, then the rows,
// separated by 0x1e; an empty row is a tombstone.
namespace leat::fuzz {

using record::DecodeSlot;
using record::FieldPath;
using record::Layout;

inline const std::vector<DecodeSlot>& all_slots() {
  using Want = DecodeSlot::Want;
  static const std::vector<DecodeSlot> slots{
      {{"a"}, Want::value, 0},
      {{"a"}, Want::token, 1},
      {{"b"}, Want::value, 2},
      {{"b", "c"}, Want::value, 3},
      {{"b", "c", "d"}, Want::token, 4},
      {{"longer-than-8"}, Want::token, 5},
      {{}, Want::value, 6},
      {{""}, Want::value, 7},
      {{"\xC3\xA4", "x"}, Want::value, 8},
      {{"exactly8"}, Want::token, 9},
  };
  return slots;
}

inline const std::vector<Layout>& all_layouts() {
  static const std::vector<Layout> layouts{
      {true, {}, {{"never there"}}},
      {true, {{{"a"}, 3}, {{"new"}, 0}}, {}},
      {true, {{{"b", "c"}, 1}, {{"b", "e"}, 5}, {{"x", "y", "z"}, 0}}, {{"a"}}},
      {true, {}, {{"a"}, {"b", "c"}, {"longer-than-8"}, {""}}},
      {true, {{{"exactly8"}, 6}, {{"\xC3\xA4", "x"}, 2}}, {{"b"}}},
      {false, {{{"a"}, 0}, {{"q", "b"}, 3}, {{"q", "r"}, 9}, {{"w"}, 6}, {{""}, 7}}, {}},
      {true, {{{"b", "c", "d"}, 7}, {{"longer-than-8"}, 8}}, {{"b", "f"}, {"exactly8"}}},
      {false, {{{"k"}, 4}}, {}},
  };
  return layouts;
}

inline json::Parsed read_strictly(std::string_view text, std::size_t depth_max) {
  json::ParseOptions options;
  options.comments = false;
  options.depth_max = depth_max;
  options.bytes_max = std::size_t{1} << 30;
  options.values_max = options.key_bytes_max = std::size_t{1} << 30;
  return json::parse(text, options);
}

// One record and what the strict parser makes of it.
struct Sample {
  explicit Sample(std::string_view bytes) : text(bytes), parsed(read_strictly(bytes, 64)) {
    if (parsed.ok() || (parsed.partial() != nullptr && only_duplicates())) tree = parsed.partial();
  }
  bool tombstone() const { return text.empty(); }
  bool only_duplicates() const {
    return std::all_of(parsed.problems().begin(), parsed.problems().end(),
                       [](const json::Problem& each) { return each.code == "DUPLICATE_KEY"; });
  }
  // The value at a path (of equal keys the first), or null.
  const json::Value* find(const FieldPath& path) const {
    const json::Value* at = tree;
    for (const std::string& name : path) at = at == nullptr ? nullptr : at->find(name);
    return at;
  }

  std::string text;
  json::Parsed parsed;
  const json::Value* tree = nullptr;  // null unless the text is JSON
};

inline bool same_value(const record::Value& got, const json::Value* right) {
  using record::Type;
  if (right == nullptr) return got.is(Type::absent);
  switch (right->kind()) {
    case json::Kind::null: return got.is(Type::null);
    case json::Kind::boolean: return got.is(Type::boolean) && got.as_boolean() == right->as_bool();
    case json::Kind::integer:
      return got.is(Type::integer) && got.as_integer() == right->as_integer();
    case json::Kind::real: return got.is(Type::real) && got.as_real() == right->as_double();
    case json::Kind::string: return got.is(Type::string) && got.as_text() == *right->as_string();
    case json::Kind::array:
    case json::Kind::object: break;
  }
  if (!got.is(Type::json)) return false;
  const json::Parsed parsed = read_strictly(got.as_text(), 64);
  return parsed.partial() != nullptr && equal_trees(*parsed.partial(), *right);
}

inline bool same_token(const record::Value& got, const json::Value* right) {
  if (right == nullptr) return got.is(record::Type::absent);
  if (!got.is(record::Type::json)) return false;
  const json::Parsed parsed = read_strictly(got.as_text(), 64);
  return parsed.partial() != nullptr && equal_trees(*parsed.partial(), *right);
}

struct Decoded {
  explicit Decoded(const std::vector<const Sample*>& samples) {
    std::vector<std::string> texts;
    for (const Sample* sample : samples) texts.push_back(sample->text);
    batch = codec::batch_of(texts);
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (samples[i]->tombstone()) batch.rows()[i].flags = record::Row::kNullValue;
    errors.resize(samples.size());
    codec::make_decoder(codec::Format::json, all_slots())->decode(batch, errors);
  }
  std::string row(std::size_t i) const {
    std::string all = codec::code_of(errors[i]);
    if (errors[i] != nullptr) return all;
    for (const DecodeSlot& slot : all_slots())
      all += "\n" + codec::shown(batch.column(slot.column)[i]);
    return all;
  }

  record::RecordBatch batch;
  std::vector<const record::RowError*> errors;
};

inline void check_decoded(const Decoded& decoded, std::size_t row, const Sample& sample) {
  if (sample.tombstone()) {
    LEAT_CHECK(decoded.errors[row] == nullptr);
    for (const DecodeSlot& slot : all_slots())
      LEAT_CHECK(decoded.batch.column(slot.column)[row].is(record::Type::absent));
    return;
  }
  const std::string code = codec::code_of(decoded.errors[row]);
  if (!base::valid_utf8(sample.text)) LEAT_CHECK(!code.empty());
  if (sample.tree == nullptr) return;
  LEAT_CHECK(code == (sample.tree->is_object() ? "" : "NOT_AN_OBJECT"));
  if (!code.empty()) return;
  for (const DecodeSlot& slot : all_slots()) {
    const record::Value got = decoded.batch.column(slot.column)[row];
    const json::Value* right = sample.find(slot.path);
    LEAT_CHECK(slot.want == DecodeSlot::Want::value ? same_value(got, right)
                                                    : same_token(got, right));
  }
}

// The same edit on a tree. Nothing when a parent of a new member is no object.
class TreeEdit {
 public:
  TreeEdit(const codec::MemberTree& edit, const record::RecordBatch& batch, std::size_t row)
      : edit_(edit), batch_(batch), row_(row) {}

  std::optional<json::Value> object(const json::Value& old, codec::PathTree::NodeId node) const {
    std::vector<json::Member> members;
    std::vector<codec::PathTree::NodeId> met;
    for (const json::Member& member : old.members()) {
      const codec::PathTree::NodeId child = edit_.paths().find(node, member.key);
      if (child == codec::PathTree::kNone) {
        members.push_back(member);
        continue;
      }
      met.push_back(child);
      const bool present = edit_.present(child, batch_, row_);
      if (edit_.leaf(child).removed || (edit_.leaf(child).member && !present)) continue;
      std::optional<json::Value> value = member.value;
      if (edit_.leaf(child).member)
        value = written(child);
      else if (member.value.is_object())
        value = object(member.value, child);
      else if (present)
        return std::nullopt;
      if (!value) return std::nullopt;
      members.push_back({member.key, {}, *value});
    }
    for (const codec::PathTree::Child& child : edit_.paths().children(node))
      if (std::find(met.begin(), met.end(), child.node) == met.end() &&
          edit_.present(child.node, batch_, row_))
        members.push_back({child.name, {}, written(child.node)});
    return json::Value::object({}, std::move(members));
  }
  json::Value written(codec::PathTree::NodeId node) const {
    codec::TextBuffer text;
    LEAT_CHECK(edit_.write(node, batch_, row_, text) == nullptr);
    const json::Parsed parsed = read_strictly(text.view(), 256);
    LEAT_CHECK(parsed.ok());
    return parsed.root();
  }

 private:
  const codec::MemberTree& edit_;
  const record::RecordBatch& batch_;
  const std::size_t row_;
};

inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What the layout says, read back by path: for texts with equal keys, which no tree can hold.
inline void check_by_path(const json::Value& root, const Layout& layout, const Decoded& decoded,
                          std::size_t row) {
  const auto find = [&root](const FieldPath& path) {
    const json::Value* at = &root;
    for (const std::string& name : path) at = at == nullptr ? nullptr : at->find(name);
    return at;
  };
  for (const FieldPath& path : layout.removed) LEAT_CHECK(find(path) == nullptr);
  for (const Layout::Member& member : layout.members) {
    const record::Value value = decoded.batch.column(member.column)[row];
    LEAT_CHECK(value.is(record::Type::absent) == (find(member.path) == nullptr));
    if (!value.is(record::Type::json)) LEAT_CHECK(same_value(value, find(member.path)));
  }
}

inline void check_encoded(const Decoded& decoded, const std::vector<const Sample*>& samples,
                          const Layout& layout) {
  std::vector<std::string_view> out(samples.size());
  std::vector<const record::RowError*> errors(samples.size());
  codec::make_json_encoder(layout)->encode(decoded.batch, out, errors);
  const codec::MemberTree edit(layout, spec::TimestampText::rfc3339);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = *samples[i];
    if (sample.tombstone()) {
      LEAT_CHECK(errors[i] == nullptr && out[i].empty());
      continue;
    }
    if (decoded.errors[i] != nullptr) continue;  // such rows go no further
    if (layout.members.empty() && layout.removed.size() == 1 && errors[i] == nullptr)
      LEAT_CHECK(out[i] == trimmed(sample.text));
    if (sample.tree == nullptr) continue;
    const TreeEdit model(edit, decoded.batch, i);
    if (!sample.parsed.ok()) {
      const json::Parsed parsed = read_strictly(out[i], 256);
      LEAT_CHECK(errors[i] != nullptr || parsed.partial() != nullptr);
      if (errors[i] == nullptr && parsed.partial() != nullptr)
        check_by_path(*parsed.partial(), layout, decoded, i);
      continue;
    }
    const std::optional<json::Value> right =
        layout.document ? model.object(*sample.tree, 0) : model.written(0);
    LEAT_CHECK(codec::code_of(errors[i]) == (right ? "" : "NOT_AN_OBJECT"));
    if (!right) continue;
    const json::Parsed parsed = read_strictly(out[i], 256);
    LEAT_CHECK(parsed.ok() && equal_trees(parsed.root(), *right));
  }
}

inline void check_untouched(const Decoded& decoded, const std::vector<const Sample*>& samples) {
  std::vector<std::string_view> out(samples.size());
  std::vector<const record::RowError*> errors(samples.size());
  codec::make_json_encoder({})->encode(decoded.batch, out, errors);
  for (std::size_t i = 0; i < samples.size(); ++i)
    LEAT_CHECK(errors[i] == nullptr && out[i] == samples[i]->text);
}

inline void check_text_formats(const std::vector<const Sample*>& samples) {
  std::vector<std::string> texts;
  for (const Sample* sample : samples) texts.push_back(sample->text);
  for (const codec::Format format : {codec::Format::string, codec::Format::bytes}) {
    record::RecordBatch batch = codec::batch_of(texts);
    std::vector<const record::RowError*> errors(texts.size());
    codec::make_decoder(format, {{{"value"}, DecodeSlot::Want::value, 0}})->decode(batch, errors);
    std::vector<std::string_view> out(texts.size());
    std::vector<const record::RowError*> write_errors(texts.size());
    codec::make_text_encoder(format, 0)->encode(batch, out, write_errors);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool right = format == codec::Format::bytes || base::valid_utf8(texts[i]);
      LEAT_CHECK((errors[i] == nullptr) == right);
      if (right) LEAT_CHECK(write_errors[i] == nullptr && out[i] == texts[i]);
    }
  }
}

inline void fuzz_codec(std::string_view input) {
  if (input.empty()) return;
  const auto choice = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  std::vector<Sample> distinct;
  distinct.reserve(16);
  while (distinct.size() < 16) {
    const std::size_t end = input.find('\x1e');
    distinct.emplace_back(input.substr(0, end));
    if (end == std::string_view::npos) break;
    input.remove_prefix(end + 1);
  }
  const std::size_t times = (choice & 8) != 0 ? record::RecordBatch::kRowsMax / distinct.size() : 1;
  std::vector<const Sample*> samples;
  for (std::size_t time = 0; time < times; ++time)
    for (const Sample& sample : distinct) samples.push_back(&sample);

  const Decoded decoded(samples);
  for (std::size_t i = 0; i < distinct.size(); ++i) {
    check_decoded(decoded, i, distinct[i]);
    const std::string alone = Decoded({&distinct[i]}).row(0);
    for (std::size_t row = i; row < samples.size(); row += distinct.size())
      LEAT_CHECK(decoded.row(row) == alone);
  }
  check_untouched(decoded, samples);
  check_encoded(decoded, samples, all_layouts()[choice & 7]);
  check_text_formats(samples);
}

}  // namespace leat::fuzz
