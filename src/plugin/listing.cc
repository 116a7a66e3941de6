#include "plugin/listing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <optional>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "plugin/names.h"

namespace leat::plugin {
namespace {

constexpr std::array<std::string_view, 6> kFlagWords{"pure",        "null_propagates", "blocking",
                                                     "thread_safe", "batch_invariant", "buffers"};
constexpr std::uint32_t kFlags = (1u << kFlagWords.size()) - 1;

// Text of the plugin that ends with a zero; nothing when it is not there, too long or not UTF-8.
std::optional<std::string> text_of(const char* text, std::size_t most) {
  if (text == nullptr) return {};
  std::size_t size = 0;
  while (size <= most && text[size] != '\0') ++size;
  const std::string_view view(text, size);
  if (size > most || !base::valid_utf8(view)) return {};
  return std::string(view);
}

// The size of a struct up to its last member of ABI 1.0: a plugin may lack the later ones.
template <class T>
constexpr std::size_t kFirstSize = 0;
template <>
constexpr std::size_t kFirstSize<leat_function> = offsetof(leat_function, close) +
                                                  sizeof(leat_function::close);
template <>
constexpr std::size_t kFirstSize<leat_scalar_ops> = offsetof(leat_scalar_ops, eval) +
                                                    sizeof(leat_scalar_ops::eval);
template <>
constexpr std::size_t kFirstSize<leat_filter_ops> = offsetof(leat_filter_ops, keep) +
                                                    sizeof(leat_filter_ops::keep);
template <>
constexpr std::size_t kFirstSize<leat_flat_map_ops> = offsetof(leat_flat_map_ops, flush) +
                                                      sizeof(leat_flat_map_ops::flush);
template <>
constexpr std::size_t kFirstSize<leat_aggregate_ops> = offsetof(leat_aggregate_ops, drop) +
                                                       sizeof(leat_aggregate_ops::drop);
template <>
constexpr std::size_t kFirstSize<leat_stateful_ops> = offsetof(leat_stateful_ops, upgrade) +
                                                      sizeof(leat_stateful_ops::upgrade);
template <>
constexpr std::size_t kFirstSize<leat_sink_ops> = offsetof(leat_sink_ops, abort) +
                                                  sizeof(leat_sink_ops::abort);
template <>
constexpr std::size_t kFirstSize<leat_table_ops> = offsetof(leat_table_ops, version) +
                                                   sizeof(leat_table_ops::version);

// Reads one function. The first mistake counts.
class FunctionReader {
 public:
  explicit FunctionReader(const leat_function& function) : function_(function) {}

  Checked<FunctionInfo> read() {
    if (const auto wrong = read_all())
      return Refusal{
          RefusalCode::bad_function,
          (info_.name.empty() ? "a function" : "the function " + info_.name) + ": " + *wrong};
    return std::move(info_);
  }

 private:
  using Wrong = std::optional<std::string>;

  Wrong read_all() {
    if (function_.struct_size < kFirstSize<leat_function>) return "its struct_size is too small";
    auto name = text_of(function_.name, 63);
    if (!name || !is_function_name(*name))
      return "its name is none: lower-case letters, digits and _, no reserved word";
    info_.name = *std::move(name);
    if (function_.kind < LEAT_SCALAR || function_.kind > LEAT_TABLE)
      return "its kind " + std::to_string(function_.kind) + " is unknown here";
    info_.kind = static_cast<Kind>(function_.kind);
    if ((function_.flags & ~kFlags) != 0)
      return "a flag of " + std::to_string(function_.flags) + " is unknown here";
    info_.flags = function_.flags;
    info_.state_version = function_.state_version;
    auto text = text_of(function_.signature, kSignatureBytesMax);
    if (!text) return "it has no signature";
    info_.signature_text = *std::move(text);
    Result<Signature> signature = parse_signature(info_.signature_text, info_.kind);
    if (!signature.ok()) return signature.status().message();
    info_.signature = *std::move(signature);
    auto doc = text_of(function_.doc, kDocBytesMax);
    if (function_.doc != nullptr && !doc) return "its doc is too long or not UTF-8";
    info_.doc = std::move(doc).value_or("");
    if (function_.ops == nullptr) return "it has no operations";
    if (function_.close != nullptr && function_.open == nullptr) return "it has close but no open";
    return read_operations();
  }

  // The operations of the kind when they are whole.
  template <class Ops>
  const Ops* operations() const noexcept {
    const auto* ops = static_cast<const Ops*>(function_.ops);
    return ops->struct_size < kFirstSize<Ops> ? nullptr : ops;
  }

  Wrong read_operations() {
    switch (info_.kind) {
      case Kind::scalar: {
        const auto* ops = operations<leat_scalar_ops>();
        return need(ops != nullptr && ops->eval != nullptr, "eval");
      }
      case Kind::filter: {
        const auto* ops = operations<leat_filter_ops>();
        return need(ops != nullptr && ops->keep != nullptr, "keep");
      }
      case Kind::flat_map: {
        const auto* ops = operations<leat_flat_map_ops>();
        const bool flushes = ops != nullptr && ops->flush != nullptr;
        if (info_.has(LEAT_BUFFERS) && !flushes) return need(false, "flush, as it keeps rows back");
        return need(ops != nullptr && ops->rows != nullptr, "rows");
      }
      case Kind::aggregate: return read_aggregate();
      case Kind::stateful: return read_stateful();
      case Kind::sink: {
        const auto* ops = operations<leat_sink_ops>();
        return need(ops != nullptr && ops->write != nullptr && ops->flush != nullptr &&
                        ops->commit != nullptr && ops->abort != nullptr,
                    "write, flush, commit and abort");
      }
      case Kind::table: {
        const auto* ops = operations<leat_table_ops>();
        return need(ops != nullptr && ops->lookup != nullptr, "lookup");
      }
    }
    return {};
  }

  static Wrong need(bool there, std::string_view what) {
    if (there) return {};
    return "it lacks " + std::string(what);
  }

  Wrong read_aggregate() {
    const auto* ops = operations<leat_aggregate_ops>();
    if (ops == nullptr || ops->update == nullptr || ops->merge == nullptr || ops->finish == nullptr)
      return need(false, "update, merge and finish");
    if (ops->state_size == 0 || ops->state_size > kAggregateBytesMax)
      return "its state has " + std::to_string(ops->state_size) + " bytes; 1 to " +
             std::to_string(kAggregateBytesMax) + " are possible";
    if (!std::has_single_bit(ops->state_align) || ops->state_align > 64)
      return "the alignment of its state is no power of two up to 64";
    if ((ops->save == nullptr) != (ops->load == nullptr))
      return need(false, "one of save and load");
    if (ops->save == nullptr && ops->drop != nullptr)
      return need(false, "save and load, as its state owns something");
    info_.retracts = ops->retract != nullptr;
    return {};
  }

  Wrong read_stateful() {
    const auto* ops = operations<leat_stateful_ops>();
    if (ops == nullptr || ops->rows == nullptr) return need(false, "rows");
    if (ops->slot_count > kSlotsMax) return "it has too many slots";
    if (ops->slot_count != 0 && ops->slots == nullptr) return need(false, "its slots");
    if (info_.has(LEAT_BUFFERS) && ops->flush == nullptr)
      return need(false, "flush, as it keeps rows back");
    for (std::uint32_t i = 0; i < ops->slot_count; ++i) {
      const leat_slot& slot = ops->slots[i];
      auto name = text_of(slot.name, 63);
      if (!name || !is_function_name(*name)) return "the name of a slot is none";
      if (std::any_of(info_.slots.begin(), info_.slots.end(),
                      [&name](const SlotInfo& other) { return other.name == *name; }))
        return "the slot " + *name + " stands twice";
      if (slot.kind < LEAT_VALUE || slot.kind > LEAT_MAP)
        return "the kind of the slot " + *name + " is unknown here";
      if (slot.ttl_us < 0) return "the slot " + *name + " has a negative ttl";
      info_.slots.push_back({*std::move(name), slot.kind, slot.version, slot.ttl_us});
    }
    info_.upgrades = ops->upgrade != nullptr;
    return {};
  }

  const leat_function& function_;
  FunctionInfo info_;
};

void write_function(json::Writer& out, const FunctionInfo& info) {
  out.begin_object();
  out.member("name", info.name).member("kind", to_string(info.kind)).member("flags", info.flags);
  out.member("state_version", info.state_version).member("signature", info.signature_text);
  out.member("doc", info.doc).member("retracts", info.retracts).member("upgrades", info.upgrades);
  out.key("slots").begin_array();
  for (const SlotInfo& slot : info.slots) {
    out.begin_object().member("name", slot.name).member("kind", slot.kind);
    out.member("version", slot.version).member("ttl_us", slot.ttl_us).end_object();
  }
  out.end_array().end_object();
}

// Members of an object that must be there.
class Members {
 public:
  explicit Members(const json::Value& object) : object_(object) {}
  template <class T>
  T number(std::string_view key) {
    const json::Value* value = object_.find(key);
    const auto number = value != nullptr ? value->as_integer<T>() : std::nullopt;
    good_ = good_ && number.has_value();
    return number.value_or(T{});
  }
  bool flag(std::string_view key) {
    const json::Value* value = object_.find(key);
    const auto flag = value != nullptr ? value->as_bool() : std::nullopt;
    good_ = good_ && flag.has_value();
    return flag.value_or(false);
  }
  std::string text(std::string_view key) {
    const json::Value* value = object_.find(key);
    const std::string* text = value != nullptr ? value->as_string() : nullptr;
    good_ = good_ && text != nullptr;
    return text != nullptr ? *text : std::string();
  }
  std::span<const json::Value> list(std::string_view key) {
    const json::Value* value = object_.find(key);
    good_ = good_ && value != nullptr && value->is_array();
    return good_ ? value->elements() : std::span<const json::Value>();
  }
  bool good() const noexcept { return good_; }

 private:
  const json::Value& object_;
  bool good_ = true;
};

std::optional<FunctionInfo> function_of(const json::Value& value) {
  Members members(value);
  FunctionInfo info;
  info.name = members.text("name");
  const auto kind = kind_of(members.text("kind"));
  if (!kind) return {};
  info.kind = *kind;
  info.flags = members.number<std::uint32_t>("flags");
  info.state_version = members.number<std::uint32_t>("state_version");
  info.signature_text = members.text("signature");
  info.doc = members.text("doc");
  info.retracts = members.flag("retracts");
  info.upgrades = members.flag("upgrades");
  for (const json::Value& element : members.list("slots")) {
    Members slot(element);
    info.slots.push_back({slot.text("name"), slot.number<std::uint32_t>("kind"),
                          slot.number<std::uint32_t>("version"),
                          slot.number<std::int64_t>("ttl_us")});
    if (!slot.good()) return {};
  }
  Result<Signature> signature = parse_signature(info.signature_text, info.kind);
  if (!members.good() || !is_function_name(info.name) || !signature.ok()) return {};
  info.signature = *std::move(signature);
  return info;
}

}  // namespace

Checked<FunctionInfo> read_function(const leat_function* function) {
  if (function == nullptr)
    return Refusal{RefusalCode::bad_function, "a function is added that is not there"};
  return FunctionReader(*function).read();
}

std::vector<std::string_view> flag_words(std::uint32_t flags) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < kFlagWords.size(); ++i)
    if ((flags >> i & 1) != 0) words.push_back(kFlagWords[i]);
  return words;
}

std::string write_listing(const std::vector<FunctionInfo>& functions) {
  json::Writer out;
  out.begin_array();
  for (const FunctionInfo& info : functions) write_function(out, info);
  return out.end_array().take();
}

Result<std::vector<FunctionInfo>> read_listing(std::string_view text) {
  const Status damaged(Code::data_loss, "the list of a plugin's functions is damaged");
  json::ParseOptions options;
  options.bytes_max = 8 * 1024 * 1024;
  const json::Parsed parsed = json::parse(text, options);
  if (!parsed.ok() || !parsed.root().is_array()) return damaged;
  std::vector<FunctionInfo> functions;
  for (const json::Value& element : parsed.root().elements()) {
    auto info = function_of(element);
    if (!info || functions.size() == kFunctionsMax) return damaged;
    functions.push_back(*std::move(info));
  }
  return functions;
}

}  // namespace leat::plugin
