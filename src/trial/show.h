#pragma once

#include <string_view>

#include "json/document.h"
#include "spec/tests.h"
#include "trial/rows.h"

// Rows as the tests of a definition write them: what reports and previews print.
namespace leat::trial {

// plain: the value alone; full: {"$value": …, "$key": …, "$timestamp": …, …}.
enum class RowForm : std::uint8_t { plain, full };

// Whether an expected row says anything beside its value.
bool is_long(const spec::ExpectedRow& row) noexcept;

json::Value show(const spec::ExpectedRow& row);
json::Value show(const spec::ExpectedError& error);
// `value`: what the bytes say, when they can be read; null = as they are.
json::Value show(const OutputRow& row, const json::Value* value, RowForm form);
// {"step", "code", "message", "input", "$value", "$key"}; `input` says which row of the input it
// was, unless it is empty.
enum class LetterForm : std::uint8_t { whole, without_step };
json::Value show_letter(const OutputRow& letter, LetterForm form, std::string_view input = {});

}  // namespace leat::trial
