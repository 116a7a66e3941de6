#include "runtime/pipeline_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace leat::runtime {
namespace {

TEST(PipelineState, TheTableIsExactlyThis) {
  const std::set<std::string> allowed{
      "created>starting", "created>stopped",   "created>failed",  "starting>running",
      "starting>paused",  "starting>stopping", "starting>failed", "running>paused",
      "running>stopping", "running>draining",  "running>failed",  "running>starting",
      "paused>running",   "paused>stopping",   "paused>draining", "paused>failed",
      "paused>starting",  "draining>stopping", "draining>failed", "stopping>stopped",
      "stopping>failed",  "stopped>starting",  "failed>starting", "failed>stopped",
      "failed>stopping"};
  std::set<std::string> found;
  for (const Actual from : all_states())
    for (const Actual to : all_states())
      if (may_become(from, to))
        found.insert(std::string(to_string(from)) + ">" + std::string(to_string(to)));
  EXPECT_EQ(found, allowed);
}

TEST(PipelineState, EveryStateCanBeLeftAndEveryOneReachesStopped) {
  for (const Actual from : all_states()) {
    std::set<Actual> reached{from};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const Actual via : std::set<Actual>(reached))
        for (const Actual to : all_states())
          if (may_become(via, to)) reached.insert(to);
    }
    EXPECT_TRUE(reached.contains(Actual::stopped)) << to_string(from);
  }
}

}  // namespace
}  // namespace leat::runtime
