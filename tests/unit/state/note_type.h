#pragma once

#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "record/value.h"
#include "state/key_codec.h"
#include "state/table.h"
#include "state/value_type.h"

namespace leat::state::testing {

// A number, a time at which it is due, and a text: what the tests keep.
struct Note {
  std::int64_t number = 0;
  std::int64_t due = kNeverDue;
  std::string text;
  bool operator==(const Note&) const = default;
};

inline Note& note_of(const Entry& entry) { return *static_cast<Note*>(entry.value); }

class NoteType : public ValueType {
 public:
  std::size_t inline_bytes() const noexcept override { return sizeof(Note); }
  void make(void* at) const override { ::new (at) Note(); }
  void destroy(void* value) const noexcept override { static_cast<Note*>(value)->~Note(); }
  std::size_t heap_bytes(const void* value) const noexcept override {
    const std::string& text = static_cast<const Note*>(value)->text;
    return text.size() < 16 ? 0 : text.capacity();
  }
  void encode(const void* value, std::string& out) const override {
    const Note& note = *static_cast<const Note*>(value);
    out.append(reinterpret_cast<const char*>(&note.number), 8);
    out.append(reinterpret_cast<const char*>(&note.due), 8);
    out.append(note.text);
  }
  Status decode(std::string_view bytes, void* at) const override {
    if (bytes.size() < 16) return Status(Code::data_loss, "no note");
    Note& note = *::new (at) Note();
    std::memcpy(&note.number, bytes.data(), 8);
    std::memcpy(&note.due, bytes.data() + 8, 8);
    note.text = bytes.substr(16);
    return {};
  }
  std::int64_t due(const void* value) const noexcept override {
    return static_cast<const Note*>(value)->due;
  }
};

inline std::string key_text(std::int64_t number) {
  // Some keys are too long to lie in their row.
  const std::string text =
      "key-" + std::to_string(number) + (number % 5 == 0 ? std::string(90, 'x') : "");
  const record::Value value = record::Value::string(text);
  std::string out;
  encode_key({&value, 1}, out);
  return out;
}

inline Key key_of(const std::string& bytes) {
  Key key{0, bytes};
  LEAT_CHECK(hash_key(bytes, key.hash));
  return key;
}

}  // namespace leat::state::testing
