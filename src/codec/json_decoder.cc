#include "codec/json_decoder.h"

#include <algorithm>
#include <cstring>

#include "codec/json_check.h"
#include "codec/json_text.h"
#include "codec/row_errors.h"
#include "codec/schema.h"

namespace leat::codec {

using record::DecodeSlot;
using record::RowError;
using record::Value;

// The pass over one document.
class JsonDecoder::Walk {
 public:
  Walk(JsonDecoder& decoder, const ScannedText& text, base::Arena& arena, std::size_t row)
      : decoder_(decoder), text_(text), arena_(arena), cursor_(text), row_(row) {}

  const RowError* run() {
    if (text_.error != nullptr) return text_.error;
    if (decoder_.root_ == Root::value) return any_value();
    if (cursor_.peek() != '{') return first_error();
    const std::uint32_t begin = cursor_.position();
    std::uint32_t end = 0;
    if (const RowError* error = object(0, end)) return error;
    if (end > text_.end || !cursor_.done()) return &kMalformedJson;
    const Value whole = Value::json({text_.base + begin, end - begin});
    for (const std::uint32_t target : decoder_.wanted_[0].targets)
      decoder_.columns_[target][row_] = whole;
    return nullptr;
  }

  // One value that is all there is.
  const RowError* any_value() {
    if (const RowError* error = read(0)) return error;
    return cursor_.done() ? nullptr : &kMalformedJson;
  }

 private:
  std::string_view between(std::uint32_t begin, std::uint32_t end) const noexcept {
    return {text_.base + begin, end - begin};
  }

  // What begins with something else than an object: another JSON value, or no JSON.
  const RowError* first_error() const {
    const std::uint32_t begin = cursor_.position();
    switch (kind_of(text_.base[begin])) {
      case Kind::list:
      case Kind::string:
      case Kind::number: return &kNotAnObject;
      case Kind::true_word:
      case Kind::false_word:
      case Kind::null_word: {
        const std::string_view word =
            between(begin, text_.tokens + 1 == text_.tokens_end ? text_.end : cursor_.scalar_end());
        const std::string_view bare = word.substr(0, word.find_last_not_of(" \n\r\t") + 1);
        return bare == "null" || bare == "true" || bare == "false" ? &kNotAnObject
                                                                   : &kMalformedJson;
      }
      case Kind::object:
      case Kind::bad: break;
    }
    return &kMalformedJson;
  }

  // The object at the cursor; `end` is behind its brace.
  const RowError* object(PathTree::NodeId node, std::uint32_t& end) {
    // Once every wanted member was met, the other keys are nobody's.
    std::size_t wanted = decoder_.tree_.children(node).size();
    std::size_t from = 0;
    const bool every_key = node == 0 && decoder_.extra_ == spec::ExtraFields::error;
    if (++level_ > decoder_.depth_max_) return &kRecordTooDeep;
    const bool copied = !decoder_.wanted_[node].targets.empty();
    if (copied) ++copied_;
    cursor_.advance();
    if (cursor_.peek() != '}') {
      for (;;) {
        if (cursor_.peek() != '"' || cursor_.peek(1) != ':') return &kMalformedJson;
        PathTree::NodeId child = PathTree::kNone;
        if (wanted != 0 || every_key) child = match(node, from);
        if (refused_) return &kUnexpectedField;
        if (child != PathTree::kNone) --wanted;
        if (copied_ != 0)
          if (const RowError* error = check_name()) return error;
        cursor_.advance(2);
        if (const RowError* error = child == PathTree::kNone ? skip() : read(child)) return error;
        const char next = cursor_.peek();
        if (next == '}') break;
        if (next != ',') return &kMalformedJson;
        cursor_.advance();
      }
    }
    end = cursor_.position() + 1;
    cursor_.advance();
    --level_;
    if (copied) --copied_;
    for (const PathTree::NodeId child : decoder_.wanted_[node].required)
      if (const Wanted& missing = decoder_.wanted_[child]; missing.seen != decoder_.serial_)
        return decoder_.errors_.named(*missing.type, &kMissingField);
    return nullptr;
  }

  // The node that the key at the cursor leads to, the first time in this record.
  PathTree::NodeId match(PathTree::NodeId node, std::size_t& from) {
    const std::uint32_t begin = cursor_.position() + 1;
    std::string_view key = between(begin, cursor_.scalar_end() - 1);
    PathTree::NodeId child = PathTree::kNone;
    if (text_.escapes && !key.empty() && std::memchr(key.data(), '\\', key.size()) != nullptr) {
      if (unescape(key, arena_, key) == nullptr) child = decoder_.tree_.find(node, key);
    } else {
      child = decoder_.tree_.find_padded(node, key, from);
    }
    // Only the fields of the row are counted: an object may always have more than was declared.
    if (node == 0 && decoder_.extra_ == spec::ExtraFields::error)
      refused_ = child == PathTree::kNone || decoder_.wanted_[child].type == nullptr;
    if (child == PathTree::kNone || decoder_.wanted_[child].seen == decoder_.serial_)
      return PathTree::kNone;
    decoder_.wanted_[child].seen = decoder_.serial_;
    return child;
  }

  const RowError* check_name() const {
    if (!text_.escapes) return nullptr;
    const std::uint32_t begin = cursor_.position() + 1;
    return check_escapes(between(begin, cursor_.scalar_end() - 1));
  }

  const RowError* skip() {
    std::uint32_t end = 0;
    if (copied_ != 0) return check(end);
    switch (kind_of(cursor_.peek())) {
      case Kind::bad: return &kMalformedJson;
      case Kind::object:
      case Kind::list: return skip_nested(cursor_, end);
      default: cursor_.advance(); return nullptr;
    }
  }

  // Moves behind the value at the cursor, which is copied or read as a whole.
  const RowError* check(std::uint32_t& end) {
    Cursor ahead = cursor_;
    const char first = ahead.peek();
    if (first == '{' || first == '[')
      if (const RowError* error = skip_nested(ahead, end)) return error;
    return check_value(text_, cursor_, end);
  }

  // Moves behind the object or list at the cursor.
  const RowError* skip_nested(Cursor& cursor, std::uint32_t& end) const {
    end = cursor.skip_nested(decoder_.depth_max_ - level_);
    if (end != 0) return nullptr;
    return cursor.done() ? &kMalformedJson : &kRecordTooDeep;
  }

  const RowError* read(PathTree::NodeId node) {
    const Wanted& wanted = decoder_.wanted_[node];
    const Kind kind = kind_of(cursor_.peek());
    const std::uint32_t begin = cursor_.position();
    const spec::SchemaType* const type = wanted.type;
    Value whole;
    if (type != nullptr && type->kind != spec::SchemaType::Kind::json) {
      if (!walks(*type, node, kind)) return read_typed(*type, wanted, begin);
      if (const RowError* error = look_ahead(*type, wanted, whole)) return error;
    } else if (type != nullptr && type->required && kind == Kind::null_word) {
      return decoder_.errors_.named(*type, &kMissingField);
    }
    std::uint32_t end = 0;
    switch (kind) {
      case Kind::bad: return &kMalformedJson;
      case Kind::object:
        if (!decoder_.tree_.leaf(node)) {
          if (const RowError* error = object(node, end)) return error;
          break;
        }
        [[fallthrough]];
      case Kind::list: {
        const bool whole_read = copied_ != 0 || type != nullptr || !wanted.targets.empty();
        if (const RowError* error = whole_read ? check(end) : skip_nested(cursor_, end))
          return error;
        break;
      }
      default:
        if (copied_ != 0 && wanted.targets.empty()) return check(end);
        end = cursor_.scalar_end();
        cursor_.advance();
        break;
    }
    const std::string_view token = between(begin, end);
    for (const std::uint32_t target : wanted.targets) {
      Value& out = decoder_.columns_[target][row_];
      const bool typed = decoder_.targets_[target].want == DecodeSlot::Want::value;
      if (typed && !whole.is(record::Type::absent)) {
        out = whole;
      } else if (const RowError* error =
                     typed ? read_value(kind, token, out) : copy_token(kind, token, out)) {
        return error;
      }
    }
    return nullptr;
  }

  // Whether the members of a declared value are read one by one.
  bool walks(const spec::SchemaType& type, PathTree::NodeId node, Kind kind) const noexcept {
    if (kind != Kind::object) return false;
    return type.kind == spec::SchemaType::Kind::object ||
           (type.kind == spec::SchemaType::Kind::map && !decoder_.tree_.leaf(node));
  }

  bool wants_value(const Wanted& wanted) const noexcept {
    return std::any_of(wanted.targets.begin(), wanted.targets.end(), [this](std::uint32_t target) {
      return decoder_.targets_[target].want == DecodeSlot::Want::value;
    });
  }

  // Before the members of a declared value are walked: all of a map is checked, and `whole` is what
  // somebody wants of an object in which something converts.
  const RowError* look_ahead(const spec::SchemaType& type, const Wanted& wanted, Value& whole) {
    const bool made = wants_value(wanted) && converts(type);
    if (!made && type.kind == spec::SchemaType::Kind::object) return nullptr;
    Cursor ahead = cursor_;
    std::uint32_t ignored = 0;
    if (const RowError* error = skip_nested(ahead, ignored)) return error;
    ahead = cursor_;
    return TypedReader(text_, arena_, decoder_.errors_).read(type, ahead, made ? &whole : nullptr);
  }

  const RowError* read_typed(const spec::SchemaType& type, const Wanted& wanted,
                             std::uint32_t begin) {
    TypedReader reader(text_, arena_, decoder_.errors_);
    Value value;
    const bool nested = cursor_.peek() == '{' || cursor_.peek() == '[';
    const std::uint32_t scalar_end = nested ? 0 : cursor_.scalar_end();
    if (nested) {
      Cursor ahead = cursor_;
      std::uint32_t ignored = 0;
      if (const RowError* error = skip_nested(ahead, ignored)) return error;
    }
    if (const RowError* error = reader.read(type, cursor_, wants_value(wanted) ? &value : nullptr))
      return error;
    const std::uint32_t end = nested ? *(cursor_.token() - 1) + 1 : scalar_end;
    for (const std::uint32_t target : wanted.targets) {
      const bool token = decoder_.targets_[target].want == DecodeSlot::Want::token;
      decoder_.columns_[target][row_] = token ? Value::json(between(begin, end)) : value;
    }
    return nullptr;
  }

  const RowError* read_value(Kind kind, std::string_view token, Value& out) {
    switch (kind) {
      case Kind::object:
      case Kind::list: out = Value::json(token); return nullptr;
      case Kind::string: return read_string(token, out);
      case Kind::number: return read_number(token, out);
      case Kind::true_word: return word(token, "true", out, Value::boolean(true));
      case Kind::false_word: return word(token, "false", out, Value::boolean(false));
      case Kind::null_word: return word(token, "null", out, Value::null());
      case Kind::bad: break;
    }
    return &kMalformedJson;
  }

  static const RowError* word(std::string_view token, std::string_view right, Value& out,
                              Value value) {
    if (token != right) return &kMalformedJson;
    out = value;
    return nullptr;
  }

  const RowError* read_string(std::string_view token, Value& out) {
    if (token.size() < 2 || token.back() != '"') return &kMalformedJson;
    std::string_view inside = token.substr(1, token.size() - 2);
    if (text_.escapes && !inside.empty() &&
        std::memchr(inside.data(), '\\', inside.size()) != nullptr) {
      if (const RowError* error = unescape(inside, arena_, inside)) return error;
    }
    out = Value::string(inside);
    return nullptr;
  }

  // The token as it stands, when it is one. Lists and objects were checked.
  const RowError* copy_token(Kind kind, std::string_view token, Value& out) {
    out = Value::json(token);
    const bool nested = kind == Kind::object || kind == Kind::list;
    return nested ? nullptr : check_scalar(token, text_.escapes);
  }

  JsonDecoder& decoder_;
  const ScannedText& text_;
  base::Arena& arena_;
  Cursor cursor_;
  const std::size_t row_;
  std::size_t level_ = 0;   // objects that are walked around the cursor
  std::size_t copied_ = 0;  // of these, the ones that are asked for as a whole
  bool refused_ = false;    // the key at the cursor is a field that the schema does not know
};

JsonDecoder::JsonDecoder(const std::vector<DecodeSlot>& slots,
                         const std::shared_ptr<const spec::SchemaSpec>& schema,
                         const RecordLimits& limits)
    : JsonDecoder(slots, schema != nullptr ? row_type(*schema) : nullptr, {},
                  schema != nullptr ? schema->extra : spec::ExtraFields::keep, Root::document,
                  limits) {}

JsonDecoder JsonDecoder::of_values(const std::vector<DecodeSlot>& slots,
                                   std::shared_ptr<const spec::SchemaType> type,
                                   const std::string& name) {
  return {slots, std::move(type), name, spec::ExtraFields::keep, Root::value, {}};
}

JsonDecoder::JsonDecoder(const std::vector<DecodeSlot>& slots,
                         std::shared_ptr<const spec::SchemaType> type, const std::string& name,
                         spec::ExtraFields extra, Root root, const RecordLimits& limits)
    : type_(std::move(type)),
      errors_(type_ != nullptr ? SchemaErrors(*type_, name) : SchemaErrors()),
      extra_(extra),
      root_(root),
      depth_max_(limits.depth_max),
      scanner_(limits.bytes_max) {
  wanted_.resize(tree_.size());
  if (type_ != nullptr) declare(0, {}, *type_);
  for (const DecodeSlot& slot : slots) {
    const PathTree::NodeId node = tree_.add(slot.path);
    wanted_.resize(tree_.size());
    wanted_[node].targets.push_back(static_cast<std::uint32_t>(targets_.size()));
    wanted_[node].type = type_at(type_.get(), slot.path);
    targets_.push_back({slot.want, slot.column});
  }
  wanted_.resize(tree_.size());
  columns_.resize(targets_.size());
  texts_.resize(record::RecordBatch::kRowsMax);
}

// Every member of an object gets a node, so that it is checked; what is inside lists and maps is
// the typed reader's.
void JsonDecoder::declare(PathTree::NodeId node, const record::FieldPath& path,
                          const spec::SchemaType& type) {
  wanted_.resize(tree_.size());
  wanted_[node].type = &type;
  if (type.kind != spec::SchemaType::Kind::object) return;
  for (const auto& [name, member] : type.members) {
    record::FieldPath inner = path;
    inner.push_back(name);
    const PathTree::NodeId child = tree_.add(inner);
    declare(child, inner, member);
    if (member.required) wanted_[node].required.push_back(child);
  }
}

void JsonDecoder::decode(record::RecordBatch& batch, std::span<const RowError*> errors) {
  decode_texts(batch.rows(), batch, errors);
}

void JsonDecoder::decode_texts(std::span<const record::Row> rows, record::RecordBatch& batch,
                               std::span<const RowError*> errors) {
  for (std::size_t t = 0; t < targets_.size(); ++t)
    columns_[t] = batch.make_column(targets_[t].column);
  if (texts_.size() < rows.size()) texts_.resize(rows.size());
  for (std::size_t first = 0; first < rows.size();) {
    const std::size_t last = scanner_.scan(rows, first, batch.arena(), texts_);
    for (std::size_t i = first; i < last; ++i) {
      ++serial_;
      errors[i] =
          rows[i].tombstone() ? nullptr : Walk(*this, texts_[i - first], batch.arena(), i).run();
    }
    first = last;
  }
}

}  // namespace leat::codec
