#include "codec/json_encoder.h"

#include <cstring>

#include "base/check.h"
#include "codec/encode_rows.h"
#include "codec/json_text.h"
#include "codec/row_errors.h"

namespace leat::codec {

using record::RecordBatch;
using record::RowError;
using record::Value;

void DocumentEncoder::encode(const RecordBatch& batch, std::span<std::string_view> out,
                             std::span<const RowError*> errors) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const record::Row& row = batch.rows()[i];
    out[i] = row.tombstone() ? std::string_view() : row.value;
    errors[i] = nullptr;
  }
}

MemberTree::MemberTree(const record::Layout& layout, spec::TimestampText timestamps)
    : timestamps_(timestamps) {
  for (const record::FieldPath& path : layout.removed) {
    const PathTree::NodeId node = paths_.add(path);
    leaves_.resize(paths_.size());
    leaves_[node].removed = true;
  }
  for (const record::Layout::Member& member : layout.members) {
    const PathTree::NodeId node = paths_.add(member.path);
    leaves_.resize(paths_.size());
    leaves_[node].member = true;
    leaves_[node].column = member.column;
    leaves_[node].null_if_absent = member.null_if_absent;
  }
  leaves_.resize(paths_.size());
  labels_.resize(paths_.size());
  TextBuffer label;
  for (PathTree::NodeId node = 0; node < paths_.size(); ++node) {
    const Leaf& own = leaves_[node];
    LEAT_CHECK(!own.member || (paths_.leaf(node) && !own.removed));
    for (const PathTree::Child& child : paths_.children(node)) {
      label.truncate(0);
      append_string(label, child.name);
      label.put(':');
      labels_[child.node] = label.view();
    }
  }
}

Value MemberTree::value_at(const RecordBatch& batch, std::size_t column, std::size_t row) noexcept {
  const record::Column values = batch.column(column);
  return values.empty() ? Value() : values[row];
}

bool MemberTree::present(PathTree::NodeId node, const RecordBatch& batch, std::size_t row) const {
  const Leaf& own = leaves_[node];
  if (own.member)
    return own.null_if_absent || !value_at(batch, own.column, row).is(record::Type::absent);
  for (const PathTree::Child& child : paths_.children(node))
    if (present(child.node, batch, row)) return true;
  return false;
}

const RowError* MemberTree::write(PathTree::NodeId node, const RecordBatch& batch, std::size_t row,
                                  TextBuffer& out) const {
  const Leaf& own = leaves_[node];
  if (own.member) return append_value(out, value_at(batch, own.column, row), timestamps_);
  char separator = '{';
  for (const PathTree::Child& child : paths_.children(node)) {
    if (!present(child.node, batch, row)) continue;
    out.put(separator);
    separator = ',';
    out.append(labels_[child.node]);
    if (const RowError* error = write(child.node, batch, row, out)) return error;
  }
  if (separator == '{') out.put('{');
  out.put('}');
  return nullptr;
}

void JsonEncoder::encode(const RecordBatch& batch, std::span<std::string_view> out,
                         std::span<const RowError*> errors) {
  encode_rows(batch, written_, out, errors,
              [&](std::size_t row) { return tree_.write(0, batch, row, written_); });
}

// The pass over one document: source bytes go out in runs, as far as nothing is to be changed.
class JsonSplicer::Splice {
 public:
  Splice(JsonSplicer& splicer, const ScannedText& text, const RecordBatch& batch, std::size_t row)
      : splicer_(splicer),
        tree_(splicer.tree_),
        text_(text),
        batch_(batch),
        cursor_(text),
        row_(row) {}

  const RowError* run() {
    if (text_.error != nullptr) return text_.error;
    if (cursor_.peek() != '{') return &kNotAnObject;
    done_ = cursor_.position();
    if (const RowError* error = object(0)) return error;
    if (done_ > text_.end || !cursor_.done()) return &kMalformedJson;
    return nullptr;
  }

 private:
  TextBuffer& out() noexcept { return splicer_.written_; }
  // Source bytes up to `end` are decided: they go out as they are.
  void keep_until(std::uint32_t end) {
    if (end <= done_) return;
    out().append({text_.base + done_, end - done_});
    done_ = end;
  }
  void cut_until(std::uint32_t end) noexcept { done_ = end; }

  // The object at the cursor; afterwards everything up to behind its brace went out.
  const RowError* object(PathTree::NodeId node) {
    cursor_.advance();
    std::uint32_t kept_end = 0;  // of the last member that stays; 0 = none so far
    if (cursor_.peek() != '}') {
      for (;;) {
        if (cursor_.peek() != '"' || cursor_.peek(1) != ':') return &kMalformedJson;
        if (const RowError* error = member(node, kept_end)) return error;
        const char next = cursor_.peek();
        if (next == '}') break;
        if (next != ',') return &kMalformedJson;
        cursor_.advance();
        // The comma behind members that went away before the first that stays goes with them.
        if (kept_end == 0) cut_until(cursor_.position());
      }
    }
    if (const RowError* error = append_new(node, kept_end)) return error;
    keep_until(cursor_.position() + 1);
    cursor_.advance();
    return nullptr;
  }

  const RowError* member(PathTree::NodeId node, std::uint32_t& kept_end) {
    const std::uint32_t begin = cursor_.position();
    bool first = true;
    const PathTree::NodeId child = match(node, first);
    cursor_.advance(2);
    const std::uint32_t value = cursor_.position();
    if (child == PathTree::kNone) return skip(kept_end);
    const MemberTree::Leaf& leaf = tree_.leaf(child);
    if (leaf.removed || (leaf.member && !tree_.present(child, batch_, row_)))
      return remove(begin, kept_end);
    if (!first) return skip(kept_end);
    if (leaf.member) {
      if (const RowError* error = skip(kept_end)) return error;
      keep_until(value);
      if (const RowError* error = tree_.write(child, batch_, row_, out())) return error;
      cut_until(kept_end);
      return nullptr;
    }
    if (cursor_.peek() == '{') {
      if (const RowError* error = object(child)) return error;
      kept_end = done_;
      return nullptr;
    }
    if (tree_.present(child, batch_, row_)) return &kNotAnObject;
    return skip(kept_end);
  }

  PathTree::NodeId match(PathTree::NodeId node, bool& first) {
    const std::uint32_t begin = cursor_.position() + 1;
    std::string_view key{text_.base + begin, cursor_.scalar_end() - 1 - begin};
    PathTree::NodeId child = PathTree::kNone;
    if (text_.escapes && !key.empty() && std::memchr(key.data(), '\\', key.size()) != nullptr) {
      if (unescape(key, batch_.arena(), key) != nullptr) return PathTree::kNone;
      child = tree_.paths().find(node, key);
    } else {
      child = tree_.paths().find_padded(node, key);
    }
    if (child != PathTree::kNone) {
      first = splicer_.seen_[child] != splicer_.serial_;
      splicer_.seen_[child] = splicer_.serial_;
    }
    return child;
  }

  // Moves behind the value at the cursor.
  const RowError* skip(std::uint32_t& end) {
    switch (kind_of(cursor_.peek())) {
      case Kind::bad: return &kMalformedJson;
      case Kind::object:
      case Kind::list: end = cursor_.skip_nested(); return end == 0 ? &kMalformedJson : nullptr;
      default:
        end = cursor_.scalar_end();
        cursor_.advance();
        return nullptr;
    }
  }

  // Leaves the member at `begin` out, with the comma before it, or, when nothing stays before it,
  // the one behind it.
  const RowError* remove(std::uint32_t begin, const std::uint32_t kept_end) {
    std::uint32_t end = 0;
    if (const RowError* error = skip(end)) return error;
    keep_until(kept_end != 0 ? kept_end : begin);
    cut_until(end);
    return nullptr;
  }

  const RowError* append_new(PathTree::NodeId node, std::uint32_t kept_end) {
    bool comma = kept_end != 0;
    bool any = false;
    for (const PathTree::Child& child : tree_.paths().children(node)) {
      if (splicer_.seen_[child.node] == splicer_.serial_ ||
          !tree_.present(child.node, batch_, row_))
        continue;
      if (!any) keep_until(comma ? kept_end : cursor_.position());
      any = true;
      if (comma) out().put(',');
      comma = true;
      out().append(tree_.label(child.node));
      if (const RowError* error = tree_.write(child.node, batch_, row_, out())) return error;
    }
    return nullptr;
  }

  JsonSplicer& splicer_;
  const MemberTree& tree_;
  const ScannedText& text_;
  const RecordBatch& batch_;
  Cursor cursor_;
  const std::size_t row_;
  std::uint32_t done_ = 0;  // source bytes before this are written or left out
};

JsonSplicer::JsonSplicer(const record::Layout& layout, spec::TimestampText timestamps)
    : tree_(layout, timestamps) {
  seen_.resize(tree_.paths().size());
  texts_.resize(RecordBatch::kRowsMax);
}

void JsonSplicer::encode(const RecordBatch& batch, std::span<std::string_view> out,
                         std::span<const RowError*> errors) {
  std::size_t first = 0;
  std::size_t last = 0;
  encode_rows(batch, written_, out, errors, [&](std::size_t row) {
    while (row >= last) {
      first = last;
      last = scanner_.scan(batch.rows(), first, batch.arena(), texts_);
    }
    ++serial_;
    return Splice(*this, texts_[row - first], batch, row).run();
  });
}

}  // namespace leat::codec
