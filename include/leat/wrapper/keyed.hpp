// Keyed state as members of a stateful function. Part of leat/plugin.hpp.
//
//   leat::Value<int64_t> seen{"seen"};                     one value per key
//   leat::List<double> last{"last", std::chrono::hours(1)};  with a time to live of its own
//   leat::Map<std::string, int64_t> by_shop{"by_shop"};
//
// A member's constructor declares the slot. Usable inside rows, row and timer only, and always of the current key. Stored
// types: trivially copyable ones as they lie in memory, std::string, and classes with save(leat::Buffer&) const and
// load(uint32_t version, std::string_view). Map keys: int64_t, leat::Timestamp, std::string; in ascending order.
#pragma once

#include <leat/wrapper/aggregate.hpp>

#include <chrono>

namespace leat {
namespace detail {

// What the slots of one instance share: the call that runs.
struct Binding {
  const leat_host* host = nullptr;
  leat_call* call = nullptr;
};

// The slots that are declared while an instance is made on this thread.
struct Declaring {
  const Binding* binding;
  std::vector<leat_slot>* slots;
};
inline Declaring*& declaring() {
  static thread_local Declaring* current = nullptr;
  return current;
}
// Collects the slots whose constructors run in its life.
class DeclaringScope {
 public:
  DeclaringScope(const Binding* binding, std::vector<leat_slot>* slots)
      : here_{binding, slots}, outer_(declaring()) {
    declaring() = &here_;
  }
  ~DeclaringScope() { declaring() = outer_; }
  DeclaringScope(const DeclaringScope&) = delete;
  DeclaringScope& operator=(const DeclaringScope&) = delete;

 private:
  Declaring here_;
  Declaring* outer_;
};

class Slot {
 public:
  Slot(const char* name, uint32_t kind, std::chrono::microseconds ttl, uint32_t version)
      : version_(version) {
    Declaring* now = declaring();
    if (now == nullptr)
      throw std::logic_error(std::string("state `") + name +
                             "` must be a member of a stateful function");
    binding_ = now->binding;
    index_ = static_cast<uint32_t>(now->slots->size());
    now->slots->push_back({name, kind, version, ttl.count()});
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  void clear() const { need(host().state_delete(call(), index_, {})); }

 protected:
  const leat_host& host() const { return *binding_->host; }
  leat_call* call() const {
    if (binding_->call == nullptr)
      throw std::logic_error("state is used outside of rows, row and timer");
    return binding_->call;
  }
  std::optional<std::string_view> get_bytes(std::string_view sub) const {
    leat_str found{};
    if (host().state_get(call(), index_, to_str(sub), &found) != 1) return std::nullopt;
    return to_view(found);
  }
  void put_bytes(std::string_view sub, std::string_view value) const {
    need(host().state_put(call(), index_, to_str(sub), to_str(value)));
  }

  // Calls visit(sub, value) until it returns false; what it throws comes out.
  template <class Visit>
  void each_bytes(std::string_view from, Visit visit) const {
    struct State {
      Visit* visit;
      std::exception_ptr thrown;
    } state{&visit, nullptr};
    const leat_status status = host().state_each(
        call(), index_, to_str(from),
        [](void* user, leat_str sub, leat_str value) noexcept -> int32_t {
          auto* seen = static_cast<State*>(user);
          try {
            return (*seen->visit)(to_view(sub), to_view(value)) ? 1 : 0;
          } catch (...) {
            seen->thrown = std::current_exception();
            return 0;
          }
        },
        &state);
    if (state.thrown) std::rethrow_exception(state.thrown);
    need(status);
  }

  const Binding* binding_;
  uint32_t index_, version_;
};

template <class T>
std::string encode(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else {
    Buffer buffer;
    if constexpr (has_save<T>) {
      value.save(buffer);
    } else {
      buffer.put(value);
    }
    return buffer.bytes();
  }
}

template <class T>
T decode(std::string_view bytes, uint32_t version) {
  if constexpr (std::is_same_v<T, std::string>) {
    return std::string(bytes);
  } else if constexpr (has_load<T>) {
    T value{};
    value.load(version, bytes);
    return value;
  } else {
    if (bytes.size() != sizeof(T))
      throw std::runtime_error(
          "a stored value has another size: its type changed without a new version");
    return Reader(bytes).get<T>();
  }
}

// Keys sort as their bytes do: integers big-endian with the sign turned, text with a byte 0 behind it, so that none is empty.
inline std::string encode_key(int64_t key) {
  const uint64_t bits = static_cast<uint64_t>(key) ^ (UINT64_C(1) << 63);
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(bits >> (56 - 8 * i) & 0xFF);
  return bytes;
}
inline std::string encode_key(Timestamp key) { return encode_key(key.us); }
inline std::string encode_key(std::string_view key) {
  std::string bytes(key);
  bytes.push_back('\0');
  return bytes;
}
template <class K>
K decode_key(std::string_view bytes) {
  if constexpr (std::is_same_v<K, std::string>) {
    return std::string(bytes.substr(0, bytes.size() - 1));
  } else {
    uint64_t bits = 0;
    for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
    return K{static_cast<int64_t>(bits ^ (UINT64_C(1) << 63))};
  }
}
inline std::string list_index(uint64_t index) {
  return encode_key(static_cast<int64_t>(index ^ (UINT64_C(1) << 63)));
}

}  // namespace detail

// One value per key. `ttl` 0: the step's. `version`: raised when T changes; see F::upgrade.
template <class T>
class Value : private detail::Slot {
 public:
  explicit Value(const char* name, std::chrono::microseconds ttl = {}, uint32_t version = 1)
      : Slot(name, LEAT_VALUE, ttl, version) {}

  std::optional<T> get() const {
    const std::optional<std::string_view> bytes = get_bytes({});
    if (!bytes) return std::nullopt;
    return detail::decode<T>(*bytes, version_);
  }
  T get_or(T otherwise) const {
    std::optional<T> value = get();
    return value ? std::move(*value) : std::move(otherwise);
  }
  void set(const T& value) { put_bytes({}, detail::encode(value)); }
  void clear() { Slot::clear(); }
};

// Values in the order they came.
template <class T>
class List : private detail::Slot {
 public:
  explicit List(const char* name, std::chrono::microseconds ttl = {}, uint32_t version = 1)
      : Slot(name, LEAT_LIST, ttl, version) {}

  void push(const T& value) {
    const std::string bytes = detail::encode(value);
    detail::need(host().state_append(call(), index_, to_str(bytes)));
  }
  std::optional<T> get(uint64_t index) const {
    const std::optional<std::string_view> bytes = get_bytes(detail::list_index(index));
    if (!bytes) return std::nullopt;
    return detail::decode<T>(*bytes, version_);
  }
  // visit(const T&); false ends it, where it returns bool. It must not change this list.
  template <class Visit>
  void each(Visit visit) const {
    each_bytes({}, [&](std::string_view, std::string_view bytes) {
      if constexpr (std::is_same_v<decltype(visit(std::declval<const T&>())), bool>) {
        return visit(detail::decode<T>(bytes, version_));
      } else {
        visit(detail::decode<T>(bytes, version_));
        return true;
      }
    });
  }
  std::vector<T> all() const {
    std::vector<T> values;
    each([&](const T& value) { values.push_back(value); });
    return values;
  }
  void clear() { Slot::clear(); }
};

// Values by a key of their own, within the current key.
template <class K, class V>
class Map : private detail::Slot {
  static_assert(std::is_same_v<K, int64_t> || std::is_same_v<K, Timestamp> ||
                    std::is_same_v<K, std::string>,
                "leat: a map key is int64_t, leat::Timestamp or std::string");
  using Key = std::conditional_t<std::is_same_v<K, std::string>, std::string_view, K>;

 public:
  explicit Map(const char* name, std::chrono::microseconds ttl = {}, uint32_t version = 1)
      : Slot(name, LEAT_MAP, ttl, version) {}

  std::optional<V> get(Key key) const {
    const std::optional<std::string_view> bytes = get_bytes(detail::encode_key(key));
    if (!bytes) return std::nullopt;
    return detail::decode<V>(*bytes, version_);
  }
  void set(Key key, const V& value) { put_bytes(detail::encode_key(key), detail::encode(value)); }
  void erase(Key key) {
    const std::string bytes = detail::encode_key(key);
    detail::need(host().state_delete(call(), index_, to_str(bytes)));
  }
  // visit(const K&, const V&) in ascending order of keys; false ends it, where it returns bool. It must not change this map.
  template <class Visit>
  void each(Visit visit) const {
    each_from(std::string_view(), visit);
  }
  // The same from the first key that is not less than `from`.
  template <class Visit>
  void each(Key from, Visit visit) const {
    each_from(detail::encode_key(from), visit);
  }
  void clear() { Slot::clear(); }

 private:
  template <class Visit>
  void each_from(std::string_view from, Visit& visit) const {
    each_bytes(from, [&](std::string_view sub, std::string_view bytes) {
      const K key = detail::decode_key<K>(sub);
      if constexpr (std::is_same_v<decltype(visit(key, std::declval<const V&>())), bool>) {
        return visit(key, detail::decode<V>(bytes, version_));
      } else {
        visit(key, detail::decode<V>(bytes, version_));
        return true;
      }
    });
  }
};

}  // namespace leat
