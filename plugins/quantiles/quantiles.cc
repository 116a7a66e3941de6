// quantiles: quantiles of any number of values in little memory. README.md has the functions.
#include <leat/plugin.hpp>

#include <cmath>
#include <map>

LEAT_PLUGIN("quantiles", "1.0.0");

namespace {

constexpr double kGamma = 1.02 / 0.98;  // (1 + a) / (1 - a) for a relative error a below 2 %
const double kLogGamma = std::log(kGamma);

// Counts of values in buckets whose bounds grow by kGamma: DDSketch (Masson, Rim, Lee: VLDB 2019), without its collapsing.
// Counts can go down as well as up, so that rows can be retracted.
class Sketch {
 public:
  void add(double x, int64_t times) {
    if (!std::isfinite(x)) throw leat::RowError(1, "`x` must be finite");
    change(x < 0 ? below_ : above_, x == 0 ? kZero : bucket_of(std::fabs(x)), times);
    count_ += times;
  }

  void merge(const Sketch& other) {
    for (const auto& [bucket, times] : other.below_) change(below_, bucket, times);
    for (const auto& [bucket, times] : other.above_) change(above_, bucket, times);
    count_ += other.count_;
  }

  // The value of rank q * (n - 1), or nothing when there is none.
  std::optional<double> quantile(double q) const {
    if (count_ <= 0) return std::nullopt;
    auto rank = static_cast<int64_t>(q * static_cast<double>(count_ - 1));
    for (auto at = below_.rbegin(); at != below_.rend(); ++at) {
      if ((rank -= at->second) < 0) return -value_of(at->first);
    }
    for (const auto& [bucket, times] : above_) {
      if ((rank -= times) < 0) return value_of(bucket);
    }
    return std::nullopt;
  }

  void save(leat::Buffer& to) const {
    to.put(count_);
    for (const Counts* counts : {&below_, &above_}) {
      to.put(static_cast<uint64_t>(counts->size()));
      for (const auto& [bucket, times] : *counts) {
        to.put(bucket);
        to.put(times);
      }
    }
  }
  void load(leat::Reader& from) {
    count_ = from.get<int64_t>();
    for (Counts* counts : {&below_, &above_}) {
      for (auto left = from.get<uint64_t>(); left > 0; --left) {
        const auto bucket = from.get<int32_t>();
        (*counts)[bucket] = from.get<int64_t>();
      }
    }
  }

 private:
  using Counts = std::map<int32_t, int64_t>;
  static constexpr int32_t kZero = INT32_MIN;  // the bucket of 0, in above_

  static int32_t bucket_of(double size) {
    return static_cast<int32_t>(std::ceil(std::log(size) / kLogGamma));
  }
  static double value_of(int32_t bucket) {
    return bucket == kZero ? 0 : 2 * std::exp(bucket * kLogGamma) / (kGamma + 1);
  }
  static void change(Counts& counts, int32_t bucket, int64_t times) {
    if ((counts[bucket] += times) == 0) counts.erase(bucket);
  }

  Counts below_, above_;  // of the sizes of negative values, and of the others
  int64_t count_ = 0;
};

class Quantile {
 public:
  void update(std::optional<double> x, double q) {
    take(q);
    if (x) sketch_.add(*x, 1);
  }
  void retract(std::optional<double> x, double) {
    if (x) sketch_.add(*x, -1);
  }
  void merge(const Quantile& other) {
    if (std::isnan(q_)) q_ = other.q_;
    sketch_.merge(other.sketch_);
  }
  std::optional<double> finish() const {
    return std::isnan(q_) ? std::nullopt : sketch_.quantile(q_);
  }

  void save(leat::Buffer& to) const {
    to.put(q_);
    sketch_.save(to);
  }
  void load(uint32_t, std::string_view bytes) {
    leat::Reader from(bytes);
    q_ = from.get<double>();
    sketch_.load(from);
  }

 private:
  void take(double q) {
    if (!(q >= 0 && q <= 1)) throw leat::RowError(2, "`q` must be within [0, 1]");
    if (!std::isnan(q_) && q != q_)
      throw leat::RowError(3, "`q` must be the same in all rows of a group");
    q_ = q;
  }

  double q_ = std::nan("");
  Sketch sketch_;
};

class Median {
 public:
  void update(std::optional<double> x) {
    if (x) sketch_.add(*x, 1);
  }
  void retract(std::optional<double> x) {
    if (x) sketch_.add(*x, -1);
  }
  void merge(const Median& other) { sketch_.merge(other.sketch_); }
  std::optional<double> finish() const { return sketch_.quantile(0.5); }
  void save(leat::Buffer& to) const { sketch_.save(to); }
  void load(uint32_t, std::string_view bytes) {
    leat::Reader from(bytes);
    sketch_.load(from);
  }

 private:
  Sketch sketch_;
};

}  // namespace

LEAT_REGISTER(r) {
  r.aggregate<Quantile>("quantile", "(x: double?, q: double) -> double?")
      .pure()
      .batch_invariant()
      .doc("The q-quantile of x, within 2 %; q is the same in all rows.");
  r.aggregate<Median>("median", "(x: double?) -> double?")
      .pure()
      .batch_invariant()
      .doc("The median of x, within 2 %.");
}
