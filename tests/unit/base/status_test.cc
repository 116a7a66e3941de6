#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace leat::base {
namespace {

TEST(Status, OkIsNothing) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), Code::ok);
  EXPECT_EQ(status.to_string(), "ok");
  EXPECT_EQ(status.message(), "");
  EXPECT_TRUE(status.fields().empty());
  EXPECT_TRUE(Status().with("a", "b").ok());
  EXPECT_EQ(sizeof(Status), sizeof(void*));
}

TEST(Status, CarriesItsPlaceOnTheWayUp) {
  const Status inner(Code::not_found, "no such topic");
  const Status outer = inner.with("topic", "orders").with("pipeline", "p");
  EXPECT_EQ(outer.to_string(), "no such topic topic=orders pipeline=p");
  EXPECT_EQ(outer.code(), Code::not_found);
  EXPECT_EQ(inner.to_string(), "no such topic") << "a copy was extended, not the original";
}

TEST(Status, CopiesAreIndependent) {
  Status first(Code::internal, "x");
  Status second = first;
  second = std::move(second).with("k", "v");
  EXPECT_TRUE(first.fields().empty());
  EXPECT_EQ(second.fields().size(), 1u);
  first = second;
  EXPECT_EQ(first.to_string(), "x k=v");
  second = Status();
  EXPECT_TRUE(second.ok());
  EXPECT_FALSE(first.ok());
}

TEST(Status, EveryCodeHasAName) {
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i)
    EXPECT_EQ(to_string(static_cast<Code>(i)) == "internal", i == static_cast<int>(Code::internal));
}

TEST(Status, AnErrorNeedsACode) {
  EXPECT_DEATH(static_cast<void>(Status(Code::ok, "x")), "code != Code::ok");
}

TEST(Result, HoldsAValueOrTheReason) {
  Result<std::string> value = std::string("x");
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(*value, "x");
  EXPECT_EQ(value->size(), 1u);
  EXPECT_TRUE(value.status().ok());
  const Result<std::string> reason = Status(Code::timed_out, "late");
  EXPECT_FALSE(reason.ok());
  EXPECT_EQ(reason.status().code(), Code::timed_out);
}

TEST(Result, HandsOverWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> held = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(held);
  EXPECT_EQ(*taken, 7);
}

TEST(Result, ConvertsToItsType) {
  const Result<std::string> text = "literal";
  EXPECT_EQ(*text, "literal");
}

TEST(Result, AskingAnErrorForItsValueEndsTheProcess) {
  const Result<int> reason = Status(Code::internal, "x");
  EXPECT_DEATH(static_cast<void>(*reason), "ok\\(\\)");
  EXPECT_DEATH(static_cast<void>(Result<int>(Status())), "ok\\(\\)");
}

Status fails_at(int step) {
  const auto run = [&](int at) {
    return at == step ? Status(Code::cancelled, std::to_string(at)) : Status();
  };
  LEAT_RETURN_IF_ERROR(run(1));
  LEAT_RETURN_IF_ERROR(run(2));
  return {};
}

TEST(Result, TheFirstErrorReturns) {
  EXPECT_EQ(fails_at(1).message(), "1");
  EXPECT_EQ(fails_at(2).message(), "2");
  EXPECT_TRUE(fails_at(3).ok());
}

}  // namespace
}  // namespace leat::base
