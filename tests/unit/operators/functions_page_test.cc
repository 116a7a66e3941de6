#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "operators/aggregates/function.h"
#include "operators/aggregates/reference.h"
#include "source_dir.h"

namespace leat::operators {
namespace {

const std::string kPage = LEAT_SOURCE_DIR "/config/functions.md";

TEST(FunctionsPage, IsWhatTheTablesSay) {
  const std::string wanted = expr::functions_page(listed_functions());
  if (std::getenv("LEAT_REWRITE") != nullptr) std::ofstream(kPage) << wanted;
  std::ifstream file(kPage);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), wanted) << "run unit_operators with LEAT_REWRITE=1 in its environment, and "
                                   "commit config/functions.md";
}

TEST(FunctionsPage, HasTheAggregates) {
  EXPECT_EQ(listed_functions().size(),
            expr::listed_functions().size() + aggregate_descriptions().size());
  const std::string json = expr::functions_json(listed_functions(), "top_k");
  EXPECT_NE(json.find("\"kind\":\"aggregate\""), std::string::npos) << json;
}

}  // namespace
}  // namespace leat::operators
