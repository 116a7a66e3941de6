#pragma once

#include <array>
#include <string_view>

// One definition with twelve different mistakes: every way of asking must tell all of them.
namespace leat::support {

inline constexpr std::string_view kTwelveMistakes = R"({
  "name": "Big Orders",
  "nme": 1,
  "parallelism": "four",
  "trigger": { "mode": "micro_bath" },
  "sources": { "orders": {
    "kafka": { "topics": ["orders"], "start": "erliest" },
    "schema": { "amount": "integer" } } },
  "steps": [
    { "filter": "amount > > 100" },
    { "explode": { "as": "item" } },
    { "filter": "paid", "from": "ordrs" } ],
  "sinks": { "out": { "kafka": {
    "topic": "orders", "properties": { "ssl.ca.location": "/etc/passwd" } } } },
  "on_error": { "stop_if": "errors" } })";

struct Mistake {
  std::string_view code;
  std::string_view pointer;
  int line;
  int column;
  std::string_view remedy;  // stands in the message or among the near names
};
// In the order of the text.
inline constexpr std::array<Mistake, 12> kMistakes{{
    {"BAD_NAME", "/name", 2, 11, "lower-case letters"},
    {"UNKNOWN_FIELD", "/nme", 3, 3, "name"},
    {"WRONG_TYPE", "/parallelism", 4, 18, "must be an integer"},
    {"UNKNOWN_VALUE", "/trigger/mode", 5, 24, "micro_batch"},
    {"BAD_VALUE", "/sources/orders/kafka/start", 7, 47, "earliest"},
    {"UNKNOWN_VALUE", "/sources/orders/schema/amount", 8, 27, "`int`"},
    {"EXPRESSION_SYNTAX", "/steps/0/filter", 10, 27, ""},
    {"MISSING_FIELD", "/steps/1/explode", 11, 18, "`field` is missing"},
    {"UNKNOWN_NAME", "/steps/2/from", 12, 33, "orders"},
    {"TOPIC_LOOP", "/sinks/out/kafka/topic", 14, 14, "allow_loop"},
    {"PROPERTY_REFUSED", "/sinks/out/kafka/properties/ssl.ca.location", 14, 40, "profile"},
    {"BAD_VALUE", "/on_error/stop_if", 15, 28, "error_ratio > 0.05 over 1m"},
}};

}  // namespace leat::support
