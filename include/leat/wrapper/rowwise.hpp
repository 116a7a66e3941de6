// Scalar, filter and flat_map functions. Part of leat/plugin.hpp.
#pragma once

#include <leat/wrapper/function.hpp>

namespace leat::detail {

template <class F, class Make>
class Scalar final : public Instanced<F, Make> {
  using Args = Rowwise<typename Callable<F>::Args>;
  using Result = std::decay_t<typename Callable<F>::Result>;

 public:
  Scalar(const char* name, const char* signature, Make make)
      : Instanced<F, Make>(LEAT_SCALAR, name, signature, std::move(make)) {
    check_params(this->signature(), Args::types(), "the function");
    check_result(this->signature(), cpp_type<Result>(), "the function");
    ops_.struct_size = sizeof ops_;
    ops_.eval = &Scalar::eval;
    this->raw_.ops = &ops_;
  }

 private:
  static leat_status eval(void* self, leat_call* raw, const leat_batch* in,
                          leat_out* out) noexcept {
    auto* instance = static_cast<Instance<F>*>(self);
    return guarded(instance->host, raw, [&] {
      Call call(instance->host, raw);
      leat_status status = LEAT_OK;
      for (uint32_t row = 0; row < in->rows; ++row) {
        if (!Args::present(in, row)) {
          LEAT_SET_NULL(out, row);
        } else if (
            !guarded_row(call, row, [&] {
              write<Result>(call, out, row, Args::call(instance->call, {call, nullptr}, in, row));
            })) {
          status = LEAT_ROWS_FAILED;
        }
      }
      return status;
    });
  }

  leat_scalar_ops ops_{};
};

template <class F, class Make>
class Filter final : public Instanced<F, Make> {
  using Args = Rowwise<typename Callable<F>::Args>;
  using Result = std::decay_t<typename Callable<F>::Result>;
  static_assert(std::is_same_v<Result, bool>, "leat: a filter returns bool");

 public:
  Filter(const char* name, const char* signature, Make make)
      : Instanced<F, Make>(LEAT_FILTER, name, signature, std::move(make)) {
    check_params(this->signature(), Args::types(), "the function");
    check_result(this->signature(), cpp_type<Result>(), "the function");
    ops_.struct_size = sizeof ops_;
    ops_.keep = &Filter::keep;
    this->raw_.ops = &ops_;
  }

 private:
  static leat_status keep(void* self, leat_call* raw, const leat_batch* in,
                          uint64_t* bitmap) noexcept {
    auto* instance = static_cast<Instance<F>*>(self);
    return guarded(instance->host, raw, [&] {
      Call call(instance->host, raw);
      leat_status status = LEAT_OK;
      for (uint32_t row = 0; row < in->rows; ++row) {
        if (!Args::present(in, row)) continue;
        const bool good = guarded_row(call, row, [&] {
          if (Args::call(instance->call, {call, nullptr}, in, row))
            bitmap[row / 64] |= UINT64_C(1) << (row % 64);
        });
        if (!good) status = LEAT_ROWS_FAILED;
      }
      return status;
    });
  }

  leat_filter_ops ops_{};
};

template <class F, class Make>
class FlatMap final : public Instanced<F, Make> {
  using Args = Rowwise<typename Callable<F>::Args>;

 public:
  FlatMap(const char* name, const char* signature, Make make)
      : Instanced<F, Make>(LEAT_FLAT_MAP, name, signature, std::move(make)) {
    check_params(this->signature(), Args::types(), "the function");
    check_rows_result(this->signature());
    ops_.struct_size = sizeof ops_;
    ops_.rows = &FlatMap::rows;
    this->raw_.ops = &ops_;
  }

 private:
  static leat_status rows(void* self, leat_call* raw, const leat_batch* in,
                          leat_emit* to) noexcept {
    auto* instance = static_cast<Instance<F>*>(self);
    return guarded(instance->host, raw, [&] {
      Call call(instance->host, raw);
      Emit emit(call, to, instance->function->signature(), true);
      leat_status status = LEAT_OK;
      for (uint32_t row = 0; row < in->rows; ++row) {
        if (!Args::present(in, row)) continue;
        const size_t before = emit.rows();
        emit.set_origin(row);
        if (!guarded_row(call, row, [&] { Args::call(instance->call, {call, &emit}, in, row); })) {
          emit.truncate(before);
          status = LEAT_ROWS_FAILED;
        }
        emit.flush_when_full();
      }
      emit.flush();
      return status;
    });
  }

  leat_flat_map_ops ops_{};
};

}  // namespace leat::detail
