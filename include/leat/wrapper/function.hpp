// What a registered function is, and its instances. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/emit.hpp>
#include <leat/wrapper/with.hpp>

namespace leat {

// A function that is being registered; its flags are chained: r.scalar(…).pure().batch_invariant().
class Function {
 public:
  Function(uint32_t kind, const char* name, const char* signature)
      : name_(name),
        signature_text_(signature),
        signature_(detail::SignatureParser(signature).parse()) {
    raw_.struct_size = sizeof raw_;
    raw_.kind = kind;
    raw_.state_version = 1;
    raw_.user = this;
  }
  virtual ~Function() = default;
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  Function& pure() { return flag(LEAT_PURE); }
  Function& null_propagates() { return flag(LEAT_NULL_PROPAGATES); }
  Function& blocking() { return flag(LEAT_BLOCKING); }
  Function& thread_safe() { return flag(LEAT_THREAD_SAFE); }
  Function& batch_invariant() { return flag(LEAT_BATCH_INVARIANT); }
  // One sentence.
  Function& doc(const char* text) {
    doc_ = text;
    return *this;
  }
  // 1 until the form of the saved state changes.
  Function& state_version(uint32_t version) {
    raw_.state_version = version;
    return *this;
  }

  const detail::Signature& signature() const { return signature_; }
  const std::string& name() const { return name_; }

  // The registration as the host keeps it. Requires: no chained call follows.
  const leat_function* raw() {
    raw_.name = name_.c_str();
    raw_.signature = signature_text_.c_str();
    raw_.doc = doc_.empty() ? nullptr : doc_.c_str();
    return &raw_;
  }

  // Puts the function before the others of a list that is never freed.
  void hang_on(Function*& list) {
    next_ = list;
    list = this;
  }

 protected:
  leat_function raw_{};

 private:
  Function& flag(uint32_t bit) {
    raw_.flags |= bit;
    return *this;
  }

  std::string name_, signature_text_, doc_;
  detail::Signature signature_;
  Function* next_ = nullptr;
};

namespace detail {

// One instance of a callable: a step's and task's own copy, so that it may keep what it likes.
template <class F>
struct Instance {
  const leat_host* host;
  const Function* function;
  F call;
};

// Gives each instance a copy of the callable.
template <class F>
struct Copied {
  F callable;
  F operator()(const With&) const { return callable; }
};

// Makes each instance from the step's "with".
template <class F>
struct MadeWith {
  F operator()(const With& with) const {
    if constexpr (std::is_constructible_v<F, With>) {
      return F(with);
    } else {
      return F();
    }
  }
};

// Parameters and result of a callable.
template <class T>
struct Callable : Callable<decltype(&T::operator())> {};
#define LEAT_CALLABLE_(FORM)              \
  template <class R, class C, class... A> \
  struct Callable<FORM> {                 \
    using Result = R;                     \
    using Args = std::tuple<A...>;        \
  };
LEAT_CALLABLE_(R (C::*)(A...))
LEAT_CALLABLE_(R (C::*)(A...) const)
LEAT_CALLABLE_(R (C::*)(A...) noexcept)
LEAT_CALLABLE_(R (C::*)(A...) const noexcept)
#undef LEAT_CALLABLE_
template <class R, class... A>
struct Callable<R (*)(A...)> {
  using Result = R;
  using Args = std::tuple<A...>;
};
template <class R, class... A>
struct Callable<R (*)(A...) noexcept> : Callable<R (*)(A...)> {};

// What one call has in hand besides columns.
struct Frame {
  Call& call;
  Emit* emit;
};

template <class A>
constexpr bool is_value =
    !std::is_same_v<A, Call&> && !std::is_same_v<A, const Call&> && !std::is_same_v<A, Emit&>;

// Hands row after row to a callable; its parameters are values, `leat::Call&`, `leat::Emit&`, in any order.
template <class Args>
struct Rowwise;
template <class... A>
struct Rowwise<std::tuple<A...>> {
  static std::vector<CppType> types() {
    std::vector<CppType> list;
    (add_type<A>(list), ...);
    return list;
  }

  // False when a parameter that cannot be null is null in this row.
  static bool present(const leat_batch* in, uint32_t row) {
    return present(in, row, std::index_sequence_for<A...>());
  }

  template <class F>
  static decltype(auto) call(F&& f, const Frame& frame, const leat_batch* in, uint32_t row) {
    return call(std::forward<F>(f), frame, in, row, std::index_sequence_for<A...>());
  }

 private:
  template <class T>
  static void add_type(std::vector<CppType>& list) {
    if constexpr (is_value<T>) list.push_back(cpp_type<std::decay_t<T>>());
  }

  static constexpr size_t column_of(size_t argument) {
    constexpr bool values[] = {is_value<A>..., false};
    size_t column = 0;
    for (size_t i = 0; i < argument; ++i) column += values[i] ? 1 : 0;
    return column;
  }

  template <size_t... I>
  static bool present(const leat_batch* in, uint32_t row, std::index_sequence<I...>) {
    (void)in, (void)row;
    return (present_one<A>(in, row, column_of(I)) && ...);
  }
  template <class T>
  static bool present_one(const leat_batch* in, uint32_t row, size_t column) {
    if constexpr (is_value<T>) {
      return Optional<std::decay_t<T>>::value || is_set(in->cols[column], row);
    } else {
      return true;
    }
  }

  template <class F, size_t... I>
  static decltype(auto) call(F&& f, const Frame& frame, const leat_batch* in, uint32_t row,
                             std::index_sequence<I...>) {
    (void)frame, (void)in, (void)row;
    return f(argument<A>(frame, in, row, column_of(I))...);
  }
  template <class T>
  static decltype(auto) argument(const Frame& frame, const leat_batch* in, uint32_t row,
                                 size_t column) {
    if constexpr (std::is_same_v<T, Call&> || std::is_same_v<T, const Call&>) {
      return static_cast<T>(frame.call);
    } else if constexpr (std::is_same_v<T, Emit&>) {
      return static_cast<T>(*frame.emit);
    } else {
      return read<std::decay_t<T>>(in->cols[column], row);
    }
  }
};

// Functions whose instances are made by `Make`. Derived sets raw_.ops.
template <class F, class Make>
class Instanced : public Function {
 public:
  Instanced(uint32_t kind, const char* name, const char* signature, Make make)
      : Function(kind, name, signature), make_(std::move(make)) {
    raw_.open = &Instanced::open;
    raw_.close = &Instanced::close;
  }

 protected:
  using Self = Instance<F>;

 private:
  static leat_status open(const leat_host* host, leat_call* call, void* user, leat_str with,
                          void** instance) noexcept {
    return guarded(host, call, [&] {
      auto* function = static_cast<Instanced*>(static_cast<Function*>(user));
      *instance = new Self{host, function, function->make_(With(to_view(with)))};
      return LEAT_OK;
    });
  }
  static void close(void* instance) noexcept { delete static_cast<Self*>(instance); }

  Make make_;
};

}  // namespace detail
}  // namespace leat
