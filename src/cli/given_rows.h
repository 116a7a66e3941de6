#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "cli/session.h"
#include "json/document.h"
#include "spec/diagnostic.h"
#include "spec/pipeline.h"

namespace leat::cli {

// The rows of --row and --input, by source. All mistakes in them are told, up to kMistakesMax, each
// at the place that its row came from: "rows.ndjson:3:7". Main thread.
class GivenRows {
 public:
  static constexpr std::size_t kMistakesMax = 20;

  // Both outlive it.
  GivenRows(const Session& session, const spec::PipelineSpec& spec)
      : session_(session), spec_(spec) {}

  // Not done when something could not be read at all: the reason is on stderr.
  ExitCode read();
  // Whether some are no JSON; these are {} in what take() gives.
  bool mistaken() const noexcept { return !mistakes_.empty(); }
  // `{"orders": [row, …]}`: what spec::parse_test_inputs() takes. Once.
  json::Value take();
  // Prints these and the mistakes that were found before, in the order of the rows.
  ExitCode refuse(const std::vector<spec::Diagnostic>& found) const;

 private:
  struct Given {
    std::string_view text;
    std::string name;      // "rows.ndjson", "--row 1"
    std::size_t line = 0;  // of the file; 0 = no file
  };
  struct Mistake {
    std::size_t row = 0;  // in given_
    int line = 0;         // in the row, from 1
    int column = 0;
    std::string pointer;
    std::string message;
  };
  struct InputName;

  std::optional<InputName> name_of(const std::string& text) const;
  ExitCode ambiguous() const;
  ExitCode add_file(const std::string& text);
  void add(const std::string& source, Given given);
  bool is_record(const json::Value* partial, const std::string& source) const;
  Mistake mistake_of(const spec::Diagnostic& found) const;
  std::string text_of(const Mistake& mistake) const;

  const Session& session_;
  const spec::PipelineSpec& spec_;
  std::deque<std::string> files_;  // what rows lie in
  std::vector<Given> given_;
  std::map<std::string, std::vector<json::Value>> rows_;
  std::map<std::string, std::vector<std::size_t>> places_;  // of the rows, in given_
  std::vector<Mistake> mistakes_;
};

}  // namespace leat::cli
