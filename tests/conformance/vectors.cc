#include "conformance/vectors.h"

#include <algorithm>
#include <array>

namespace leat::conformance {
namespace {

constexpr std::string_view kMessages = "protobuf message or enum types";

// Files about an extension of its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kFiles{{
    {"block_ext/", "cel.block: what an optimiser writes"},
    {"network_ext/", "network extension: not promised"},
    {"proto2_ext/", kMessages},
    {"unknowns/", "partial evaluation: not promised"},
}};

// Names of message and enum types that occur in expressions.
constexpr std::array<std::string_view, 24> kTypeNames{
    "TestAllTypes",
    "NestedEnum",
    "GlobalEnum",
    "cel.expr.conformance.",
    "google.protobuf.Any",
    "google.protobuf.BoolValue",
    "google.protobuf.BytesValue",
    "google.protobuf.DoubleValue",
    "google.protobuf.Duration{",
    "google.protobuf.Empty",
    "google.protobuf.FieldMask",
    "google.protobuf.FloatValue",
    "google.protobuf.Int32Value",
    "google.protobuf.Int64Value",
    "google.protobuf.ListValue",
    "google.protobuf.NullValue",
    "google.protobuf.StringValue",
    "google.protobuf.Struct",
    "google.protobuf.Timestamp{",
    "google.protobuf.UInt32Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.Value",
    "proto.getExt",
    "proto.hasExt",
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Whether a value or an Any inside it is of another type than the two that the language has.
bool needs_messages(const Message& value) {
  return std::any_of(value.fields.begin(), value.fields.end(), [](const Field& field) {
    if (field.name == "enum_value" || field.name == "wrapper") return true;
    if (field.name == "message_type" && field.scalar != "google.protobuf.Duration" &&
        field.scalar != "google.protobuf.Timestamp")
      return true;
    if (field.name.starts_with('[') && !field.name.ends_with("/google.protobuf.Duration]") &&
        !field.name.ends_with("/google.protobuf.Timestamp]"))
      return true;
    if (field.name == "type_value" && contains(field.scalar, "cel.expr.conformance.")) return true;
    return needs_messages(field.message);
  });
}

void read_expectation(const Message& test, Vector& made) {
  if (const Field* found = test.find("eval_error"); found != nullptr) {
    made.expectation = Expectation::error;
  } else if (test.find("any_eval_errors") != nullptr) {
    made.expectation = Expectation::error;
  } else if (test.find("unknown") != nullptr || test.find("any_unknowns") != nullptr) {
    made.unsupported = "partial evaluation: not promised";
  } else if (const Field* typed = test.find("typed_result"); typed != nullptr) {
    made.value = typed->message.in("result");
    if (const Field* type = typed->message.find("deduced_type"); type != nullptr)
      made.type = type->message;
  } else if (const Field* value = test.find("value"); value != nullptr) {
    made.value = value->message;
  } else {
    made.value.fields.push_back({"bool_value", false, "true", {}});
  }
}

Vector read_vector(const Message& test) {
  Vector made;
  made.expr = test.text("expr");
  made.container = test.text("container");
  made.disable_check = test.flag("disable_check");
  made.disable_macros = test.flag("disable_macros");
  made.check_only = test.flag("check_only");
  for (const Field* binding : test.all("bindings"))
    made.bindings[std::string(binding->message.text("key"))] = binding->message.in("value");
  if (made.disable_macros) made.unsupported = "macros cannot be switched off";
  for (const Field* declared : test.all("type_env")) {
    if (needs_messages(declared->message)) made.unsupported = kMessages;
    if (declared->message.find("function") != nullptr)
      made.unsupported = "a function that only the vector declares";
  }
  read_expectation(test, made);
  return made;
}

}  // namespace

Result<std::vector<Vector>> read_vectors(std::string_view file_name, std::string_view text) {
  Result<Message> file = parse_text_format(text);
  if (!file.ok()) return file.status().with("file", file_name);
  std::vector<Vector> all;
  std::map<std::string, int> seen;
  for (const Field* section : file->all("section")) {
    for (const Field* test : section->message.all("test")) {
      Vector& made = all.emplace_back(read_vector(test->message));
      made.id = std::string(file_name) + "/" + std::string(section->message.text("name")) + "/" +
                std::string(test->message.text("name"));
      if (const int count = ++seen[made.id]; count > 1) made.id += "#" + std::to_string(count);
    }
  }
  return all;
}

std::string reason_to_skip(const Vector& vector) {
  if (!vector.unsupported.empty()) return vector.unsupported;
  for (const auto& [file, reason] : kFiles)
    if (vector.id.starts_with(file)) return std::string(reason);
  const bool named = std::any_of(kTypeNames.begin(), kTypeNames.end(),
                                 [&vector](auto name) { return contains(vector.expr, name); });
  const bool bound = std::any_of(vector.bindings.begin(), vector.bindings.end(),
                                 [](const auto& one) { return needs_messages(one.second); });
  const bool inside =
      vector.container.starts_with("cel.expr.conformance") || vector.container == "google.protobuf";
  const bool given = needs_messages(vector.value) || (vector.type && needs_messages(*vector.type));
  return named || bound || inside || given ? std::string(kMessages) : "";
}

}  // namespace leat::conformance
