#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "topics.h"

namespace leat::test {

// A JSON stream whose every record follows from its sequence, and what filter + set + select of `pipeline()` make of it.
class Stream {
 public:
  // Creates the topics `<name>-in` and `<name>-out`.
  Stream(std::string brokers, std::string name);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const std::string& in() const noexcept { return in_; }
  const std::string& out() const noexcept { return out_; }
  // The definition of the pipeline `name` between the two topics.
  // `first_step`, when there is one, comes before the others.
  std::string pipeline(const std::string& name, bool origin_header, const std::string& first_step = {}) const;

  // One record that fails after each `every` good ones: before feed().
  void mix_in_bad(std::uint64_t every) { bad_every_ = every; }
  struct Bad {
    std::string key;
    std::string value;
    std::string step;  // where it fails
    std::string code;
  };
  // The n-th of them.
  static Bad bad_record(std::uint64_t n);
  struct DeadLetter {
    std::string key;
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string header(const std::string& name) const;
  };
  // The dead letters of the pipeline `name`: the topic must have one partition.
  std::vector<DeadLetter> read_dead_letters(const std::string& name) const;

  // Writes records [0, count) at `rate` a second on a thread of its own.
  void feed(std::uint64_t count, std::uint64_t rate);
  // How many are written now; wait_fed() returns when so many are.
  std::uint64_t fed() const noexcept { return fed_.load(); }
  void wait_fed(std::uint64_t count) const;
  // All are written and acknowledged.
  void finish();

  struct Out {
    std::uint64_t seq = 0;
    std::int32_t partition = 0;
    std::string origin;  // leat-src, or empty
  };
  // The whole output; each record is checked against what its sequence must give, a wrong one fails the test.
  std::vector<Out> read_output() const;
  // Sequences of [0, count) that pass the filter.
  static std::vector<std::uint64_t> expected(std::uint64_t count);

  // Partition → offset a group has committed in the input (0 when none).
  std::map<std::int32_t, std::int64_t> committed(const std::string& group) const;
  // Partition → end of the input.
  std::map<std::int32_t, std::int64_t> ends() const;

 private:
  void write(std::uint64_t count, std::uint64_t rate);

  const std::string brokers_;
  const std::string in_;
  const std::string out_;
  std::uint64_t bad_every_ = 0;
  std::thread writer_;
  std::atomic<std::uint64_t> fed_{0};
  std::atomic<std::uint64_t> failed_{0};
};

// Fails the test unless every expected record is there exactly once, in order within each partition.
void expect_exactly_once(const std::vector<Stream::Out>& output, std::uint64_t count);

// What the kills of a run allow to come again: everything a partition held at a kill that was not committed then.
struct Kill {
  std::map<std::int32_t, std::int64_t> committed;
  std::map<std::int32_t, std::int64_t> ends;
};
// Fails the test unless nothing is lost, duplicates carry the same leat-src, and only what a kill left uncommitted came twice.
// Returns the number of duplicates.
std::uint64_t expect_nothing_lost(const std::vector<Stream::Out>& output, std::uint64_t count, const std::vector<Kill>& kills);

}  // namespace leat::test
