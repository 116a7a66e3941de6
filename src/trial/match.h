#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "json/document.h"

// What a person expects against what came.
namespace leat::trial {

// The first place where a value is not as expected. A value.
struct Difference {
  std::string pointer;  // inside the value; "" = the value itself
  std::string message;  // "expected 2, got 3"
};

// Nothing when `actual` is as expected: numbers by value, objects whatever the order of their keys,
// both with exactly the same members. {"$approx": x} is a number within 1e-6 of x, relative to the
// greater magnitude (1e-9 near zero); {"$any": true} is anything that is there.
std::optional<Difference> compare(const json::Value& expected, const json::Value& actual);

// Pairs things: result[i] is the partner of expected i among the actual ones, each used once, and
// as many find one as can. `fits(i, j)` is asked at most kPairsMax times; beyond that the first
// that fits is taken for good.
inline constexpr std::size_t kPairsMax = 4'000'000;
std::vector<std::optional<std::size_t>> pair_up(
    std::size_t expected, std::size_t actual,
    const std::function<bool(std::size_t, std::size_t)>& fits);

// A value for one line: at most `bytes_max` of its JSON.
std::string brief(const json::Value& value, std::size_t bytes_max = 400);

}  // namespace leat::trial
