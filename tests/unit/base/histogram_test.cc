#include "base/histogram.h"

#include <gtest/gtest.h>

#include <memory>

namespace leat::base {
namespace {

HistogramSnapshot snapshot_of(const Histogram& histogram) {
  HistogramSnapshot snapshot;
  snapshot.merge(histogram);
  return snapshot;
}

TEST(Histogram, EveryValueLiesInItsBucketAndBucketsAreContiguous) {
  for (std::size_t bucket = 0; bucket + 1 < Histogram::bucket_of(~0ull); ++bucket) {
    const std::uint64_t last = Histogram::upper_bound_of(bucket);
    EXPECT_EQ(Histogram::bucket_of(last), bucket);
    EXPECT_EQ(Histogram::bucket_of(last + 1), bucket + 1);
  }
  EXPECT_LT(Histogram::bucket_of(~0ull), Histogram::kBuckets);
}

TEST(Histogram, AQuantileIsRightWithinASixteenth) {
  auto histogram = std::make_unique<Histogram>();
  for (std::uint64_t value = 1; value <= 100'000; ++value) histogram->add(value);
  const HistogramSnapshot snapshot = snapshot_of(*histogram);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = q * 100'000;
    EXPECT_GE(static_cast<double>(snapshot.quantile(q)), exact * 0.999);
    EXPECT_LE(static_cast<double>(snapshot.quantile(q)), exact * 1.0626);
  }
  EXPECT_EQ(snapshot.total(), 100'000u);
  EXPECT_EQ(snapshot.sum(), 5'000'050'000u);
  EXPECT_EQ(histogram->max(), 100'000u);
}

TEST(Histogram, SmallValuesAreExact) {
  auto histogram = std::make_unique<Histogram>();
  histogram->add(3, 10);
  histogram->add(7);
  const HistogramSnapshot snapshot = snapshot_of(*histogram);
  EXPECT_EQ(snapshot.quantile(0), 3u);
  EXPECT_EQ(snapshot.quantile(0.9), 3u);
  EXPECT_EQ(snapshot.quantile(1), 7u);
  EXPECT_EQ(snapshot.max(), 7u);
  EXPECT_EQ(snapshot.count_up_to(6), 10u);
  EXPECT_EQ(snapshot.count_up_to(7), 11u);
}

TEST(Histogram, WithoutDataEverythingIsZero) {
  const HistogramSnapshot snapshot;
  EXPECT_EQ(snapshot.quantile(0.99), 0u);
  EXPECT_EQ(snapshot.max(), 0u);
  EXPECT_EQ(snapshot.total(), 0u);
}

TEST(Histogram, HugeValuesCountAsTheLargest) {
  auto histogram = std::make_unique<Histogram>();
  histogram->add(~0ull);
  EXPECT_EQ(snapshot_of(*histogram).quantile(0.5), (1ull << 36) - 1);
}

TEST(Histogram, SnapshotsAddAndSubtract) {
  auto histogram = std::make_unique<Histogram>();
  histogram->add(5, 2);
  HistogramSnapshot earlier = snapshot_of(*histogram);
  histogram->add(9, 3);
  HistogramSnapshot since = snapshot_of(*histogram);
  since.subtract(earlier);
  EXPECT_EQ(since.total(), 3u);
  EXPECT_EQ(since.sum(), 27u);
  EXPECT_EQ(since.quantile(0.5), 9u);
  earlier.merge(since);
  EXPECT_EQ(earlier.total(), 5u);
  EXPECT_EQ(earlier.sum(), 37u);
}

}  // namespace
}  // namespace leat::base
