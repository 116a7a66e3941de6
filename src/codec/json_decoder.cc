#include "codec/json_decoder.h"

#include <cstring>

#include "codec/json_text.h"
#include "codec/row_errors.h"

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
    const bool wanted = !decoder_.tree_.leaf(node);
    cursor_.advance();
    if (cursor_.peek() == '}') {
      end = cursor_.position() + 1;
      cursor_.advance();
      return nullptr;
    }
    for (;;) {
      if (cursor_.peek() != '"' || cursor_.peek(1) != ':') return &kMalformedJson;
      PathTree::NodeId child = PathTree::kNone;
      if (wanted) child = match(node);
      cursor_.advance(2);
      if (const RowError* error = child == PathTree::kNone ? skip() : read(child)) return error;
      const char next = cursor_.peek();
      if (next == '}') break;
      if (next != ',') return &kMalformedJson;
      cursor_.advance();
    }
    end = cursor_.position() + 1;
    cursor_.advance();
    return nullptr;
  }

  // The node that the key at the cursor leads to, the first time in this record.
  PathTree::NodeId match(PathTree::NodeId node) {
    const std::uint32_t begin = cursor_.position() + 1;
    std::string_view key = between(begin, cursor_.scalar_end() - 1);
    PathTree::NodeId child = PathTree::kNone;
    if (text_.escapes && !key.empty() && std::memchr(key.data(), '\\', key.size()) != nullptr) {
      if (unescape(key, arena_, key) != nullptr) return PathTree::kNone;
      child = decoder_.tree_.find(node, key);
    } else {
      child = decoder_.tree_.find_padded(node, key);
    }
    if (child == PathTree::kNone || decoder_.wanted_[child].seen == decoder_.serial_)
      return PathTree::kNone;
    decoder_.wanted_[child].seen = decoder_.serial_;
    return child;
  }

  const RowError* skip() {
    switch (kind_of(cursor_.peek())) {
      case Kind::bad: return &kMalformedJson;
      case Kind::object:
      case Kind::list: return cursor_.skip_nested() == 0 ? &kMalformedJson : nullptr;
      default: cursor_.advance(); return nullptr;
    }
  }

  const RowError* read(PathTree::NodeId node) {
    const Kind kind = kind_of(cursor_.peek());
    const std::uint32_t begin = cursor_.position();
    std::uint32_t end = 0;
    switch (kind) {
      case Kind::bad: return &kMalformedJson;
      case Kind::object:
        if (!decoder_.tree_.leaf(node)) {
          if (const RowError* error = object(node, end)) return error;
          break;
        }
        [[fallthrough]];
      case Kind::list:
        end = cursor_.skip_nested();
        if (end == 0) return &kMalformedJson;
        break;
      default:
        end = cursor_.scalar_end();
        cursor_.advance();
        break;
    }
    const std::string_view token = between(begin, end);
    const std::vector<std::uint32_t>& targets = decoder_.wanted_[node].targets;
    for (const std::uint32_t target : targets) {
      Value& out = decoder_.columns_[target][row_];
      const bool typed = decoder_.targets_[target].want == DecodeSlot::Want::value;
      if (const RowError* error =
              typed ? read_value(kind, token, out) : copy_token(kind, token, out))
        return error;
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

  // The token as it stands, when it is one.
  const RowError* copy_token(Kind kind, std::string_view token, Value& out) {
    out = Value::json(token);
    if (kind == Kind::object || kind == Kind::list) return nullptr;
    if (kind == Kind::string) {
      if (token.size() < 2 || token.back() != '"') return &kMalformedJson;
      return text_.escapes ? check_escapes(token.substr(1, token.size() - 2)) : nullptr;
    }
    if (kind == Kind::number) return is_number(token) ? nullptr : &kInvalidNumber;
    Value ignored;
    return read_value(kind, token, ignored);
  }

  JsonDecoder& decoder_;
  const ScannedText& text_;
  base::Arena& arena_;
  Cursor cursor_;
  const std::size_t row_;
};

JsonDecoder::JsonDecoder(const std::vector<DecodeSlot>& slots) {
  for (const DecodeSlot& slot : slots) {
    const PathTree::NodeId node = tree_.add(slot.path);
    wanted_.resize(tree_.size());
    wanted_[node].targets.push_back(static_cast<std::uint32_t>(targets_.size()));
    targets_.push_back({slot.want, slot.column});
  }
  wanted_.resize(tree_.size());
  columns_.resize(targets_.size());
  texts_.resize(record::RecordBatch::kRowsMax);
}

void JsonDecoder::decode(record::RecordBatch& batch, std::span<const RowError*> errors) {
  for (std::size_t t = 0; t < targets_.size(); ++t)
    columns_[t] = batch.make_column(targets_[t].column);
  const std::vector<record::Row>& rows = batch.rows();
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
