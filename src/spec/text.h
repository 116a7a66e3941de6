#pragma once

#include <string>
#include <string_view>

#include "json/write.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

// The spec's words as text.
namespace leat::spec {

std::string_view mode_name(TriggerMode mode) noexcept;          // "micro_batch", …
std::string_view format_name(Format format) noexcept;           // "json", …
std::string_view compression_name(Compression value) noexcept;  // "none", …
std::string_view severity_name(Severity severity) noexcept;     // "error", …

// `{"mode":"micro_batch","interval":"500ms","max_records":1000}`, which parse_trigger reads back to
// the same.
std::string to_json(const TriggerSpec& trigger);
void write_trigger(json::Writer& writer, const TriggerSpec& trigger);

// One entry of a problem's `errors[]`.
void write_error(json::Writer& writer, const Diagnostic& diagnostic);
// The same with `severity`: one entry of `diagnostics[]`.
void write_diagnostic(json::Writer& writer, const Diagnostic& diagnostic);

// `orders.json:12:7: message [CODE] did you mean …`; warnings say so before the message; no place
// when it is unknown.
std::string to_line(std::string_view file, const Diagnostic& diagnostic);

}  // namespace leat::spec
