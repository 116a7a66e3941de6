#include "stream.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "topics.h"

namespace leat::test {
namespace {

constexpr std::uint64_t kUsers = 97;

std::string user_of(std::uint64_t seq) { return "user-" + std::to_string(mixed(seq) % kUsers); }
std::uint64_t amount_of(std::uint64_t seq) { return (mixed(seq) >> 20) % 1000; }
const char* status_of(std::uint64_t seq) { return (mixed(seq) >> 40) % 8 == 0 ? "DECLINED" : "AUTHORIZED"; }
bool passes(std::uint64_t seq) { return amount_of(seq) >= 100 && (mixed(seq) >> 40) % 8 != 0; }

std::string make_record(std::uint64_t seq) {
  return "{\"seq\":" + std::to_string(seq) + ",\"user\":\"" + user_of(seq) + "\",\"amount\":" + std::to_string(amount_of(seq)) +
         ",\"status\":\"" + status_of(seq) + "\",\"note\":\"" + std::string(100, 'n') + "\"}";
}

std::string made_of(std::uint64_t seq) {
  return "{\"seq\":" + std::to_string(seq) + ",\"user\":\"" + user_of(seq) + "\",\"total\":" + std::to_string(2 * amount_of(seq)) +
         ",\"tag\":\"" + user_of(seq) + "/" + status_of(seq) + "\"}";
}

std::string header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {static_cast<const char*>(value), size};
}

// False unless the record is what its sequence must give.
bool read_record(const rd_kafka_message_t& message, Stream::Out& out) {
  const std::string_view text(static_cast<const char*>(message.payload), message.len);
  constexpr std::string_view kHead = "{\"seq\":";
  if (!text.starts_with(kHead)) return false;
  if (std::from_chars(text.data() + kHead.size(), text.data() + text.size(), out.seq).ec != std::errc()) return false;
  out.partition = message.partition;
  out.origin = header(message, "leat-src");
  return text == made_of(out.seq) && std::string_view(static_cast<const char*>(message.key), message.key_len) == user_of(out.seq);
}

std::string bytes_of(const void* data, std::size_t size) {
  return data != nullptr ? std::string(static_cast<const char*>(data), size) : std::string();
}

// Partition and offset of `<topic>-<partition>-<offset>-<ordinal>`.
std::pair<std::int32_t, std::int64_t> place_of(const std::string& origin) {
  std::array<std::int64_t, 3> parts{-1, -1, -1};
  std::string_view rest = origin;
  for (std::int64_t& part : parts) {
    const std::size_t dash = rest.rfind('-');
    if (dash == std::string_view::npos) break;
    std::from_chars(rest.data() + dash + 1, rest.data() + rest.size(), part);
    rest = rest.substr(0, dash);
  }
  return {static_cast<std::int32_t>(parts[2]), parts[1]};
}

std::string first_few(const std::vector<std::uint64_t>& seqs) {
  std::string text = std::to_string(seqs.size()) + ":";
  for (std::size_t i = 0; i < std::min<std::size_t>(seqs.size(), 20); ++i) text += " " + std::to_string(seqs[i]);
  return text;
}

}  // namespace

Stream::Stream(std::string brokers, std::string name) : brokers_(std::move(brokers)), in_(name + "-in"), out_(name + "-out") {
  create_topic(brokers_, in_);
  create_topic(brokers_, out_);
}

Stream::~Stream() {
  if (writer_.joinable()) writer_.join();
}

std::string Stream::pipeline(const std::string& name, bool origin_header, const std::string& first_step) const {
  return "{\"name\":\"" + name + "\",\"trigger\":{\"mode\":\"real_time\",\"checkpoint_interval\":\"200ms\"},"
         "\"sources\":{\"in\":{\"kafka\":{\"topics\":[\"" + in_ + "\"]}}},"
         "\"steps\":[" + (first_step.empty() ? "" : first_step + ",") + "{\"filter\":\"amount >= 100 && status == 'AUTHORIZED'\"},"
         "{\"set\":{\"total\":\"amount * 2\",\"tag\":\"user + '/' + status\"}},"
         "{\"select\":[\"seq\",\"user\",\"total\",\"tag\"]}],"
         "\"sinks\":{\"out\":{\"kafka\":{\"topic\":\"" + out_ + "\"" + (origin_header ? ",\"origin_header\":true" : "") + "}}}}";
}

void Stream::feed(std::uint64_t count, std::uint64_t rate) {
  writer_ = std::thread([this, count, rate] { write(count, rate); });
}

void Stream::write(std::uint64_t count, std::uint64_t rate) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++static_cast<Stream*>(self)->failed_;
  });
  const Owned<rd_kafka_t> client = make_client(RD_KAFKA_PRODUCER, brokers_, "unused", conf);
  const Owned<rd_kafka_topic_t> topic(rd_kafka_topic_new(client.get(), in_.c_str(), nullptr));
  const Instant began = base::machine_clock().now();
  const auto send = [&](const std::string& key, const std::string& value, const std::string& header) {
    const std::int32_t partition = rd_kafka_msg_partitioner_murmur2(topic.get(), key.data(), key.size(), kPartitions, nullptr, nullptr);
    while (rd_kafka_producev(client.get(), RD_KAFKA_V_RKT(topic.get()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                             RD_KAFKA_V_HEADER("n", header.data(), static_cast<ssize_t>(header.size())),
                             RD_KAFKA_V_END) != RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_poll(client.get(), 10);
  };
  for (std::uint64_t seq = 0; seq < count; ++seq) {
    const Instant due = began + std::chrono::nanoseconds(seq * 1'000'000'000 / rate);
    while (base::machine_clock().now() < due) rd_kafka_poll(client.get(), 1);
    send(user_of(seq), make_record(seq), std::to_string(seq));
    if (bad_every_ != 0 && seq % bad_every_ == 0) {
      const Bad bad = bad_record(seq / bad_every_);
      send(bad.key, bad.value, std::to_string(seq / bad_every_));
    }
    fed_.store(seq + 1);
  }
  if (rd_kafka_flush(client.get(), 2 * kWaitMsMax) != RD_KAFKA_RESP_ERR_NO_ERROR) ++failed_;
}

void Stream::wait_fed(std::uint64_t count) const {
  while (fed_.load() < count && failed_.load() == 0) poll(nullptr, 0, 1);
}

void Stream::finish() {
  writer_.join();
  ASSERT_EQ(failed_.load(), 0u) << "the input could not be written";
}

std::vector<Stream::Out> Stream::read_output() const {
  std::vector<Out> output;
  std::vector<std::string> wrong;
  read_all(brokers_, out_, kPartitions, [&](const rd_kafka_message_t& message) {
    if (Out out; read_record(message, out)) output.push_back(std::move(out));
    else wrong.push_back(bytes_of(message.payload, message.len));
  });
  EXPECT_TRUE(wrong.empty()) << wrong.size() << " wrong records, the first: " << wrong.front();
  return output;
}

std::vector<Stream::DeadLetter> Stream::read_dead_letters(const std::string& name) const {
  const std::string topic = name + "-dead-letter";
  {
    const Owned<rd_kafka_t> client = make_client(RD_KAFKA_CONSUMER, brokers_);
    EXPECT_EQ(partitions_of(client.get(), topic), 1);
  }
  std::vector<DeadLetter> letters;
  read_all(brokers_, topic, 1, [&](const rd_kafka_message_t& message) {
    DeadLetter letter{bytes_of(message.key, message.key_len), bytes_of(message.payload, message.len), {}};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* header_name = nullptr;
      const void* value = nullptr;
      std::size_t size = 0;
      for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &header_name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
        letter.headers.emplace_back(header_name, bytes_of(value, size));
    }
    letters.push_back(std::move(letter));
  });
  return letters;
}

std::string Stream::DeadLetter::header(const std::string& name) const {
  for (const auto& [header, text] : headers)
    if (header == name) return text;
  return {};
}

Stream::Bad Stream::bad_record(std::uint64_t n) {
  const std::string id = std::to_string(n);
  const std::string key = "bad-" + id;
  switch (n % 4) {
    case 0: return {key, "no json " + id, "in", "MALFORMED_JSON"};
    case 1: return {key, "[" + id + "]", "in", "NOT_AN_OBJECT"};
    case 2: return {key, "{\"seq\": " + id + " }", "filter-0", "NO_SUCH_FIELD"};
    default: return {key, R"({"amount":500,"status":"AUTHORIZED","user":)" + id + "}", "set-1", "NO_SUCH_OVERLOAD"};
  }
}

std::vector<std::uint64_t> Stream::expected(std::uint64_t count) {
  std::vector<std::uint64_t> seqs;
  for (std::uint64_t seq = 0; seq < count; ++seq)
    if (passes(seq)) seqs.push_back(seq);
  return seqs;
}

std::map<std::int32_t, std::int64_t> Stream::committed(const std::string& group) const {
  const Owned<rd_kafka_t> client = make_client(RD_KAFKA_CONSUMER, brokers_, group);
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(kPartitions));
  for (int partition = 0; partition < kPartitions; ++partition) rd_kafka_topic_partition_list_add(list.get(), in_.c_str(), partition);
  EXPECT_EQ(rd_kafka_committed(client.get(), list.get(), kWaitMsMax), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::map<std::int32_t, std::int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) offsets[list->elems[i].partition] = std::max<std::int64_t>(list->elems[i].offset, 0);
  return offsets;
}

std::map<std::int32_t, std::int64_t> Stream::ends() const {
  const Owned<rd_kafka_t> client = make_client(RD_KAFKA_CONSUMER, brokers_);
  return ends_of(client.get(), in_);
}

void expect_exactly_once(const std::vector<Stream::Out>& output, std::uint64_t count) {
  std::vector<int> times(count, 0);
  std::map<std::int32_t, std::uint64_t> last;
  std::vector<std::uint64_t> missing;
  std::vector<std::uint64_t> doubled;
  std::vector<std::uint64_t> disordered;
  for (const Stream::Out& out : output) {
    ASSERT_LT(out.seq, count);
    if (++times[out.seq] == 2) doubled.push_back(out.seq);
    const auto [at, first] = last.try_emplace(out.partition, out.seq);
    if (!first && out.seq <= at->second) disordered.push_back(out.seq);
    at->second = out.seq;
  }
  for (const std::uint64_t seq : Stream::expected(count))
    if (times[seq] == 0) missing.push_back(seq);
  EXPECT_TRUE(missing.empty()) << "missing " << first_few(missing);
  EXPECT_TRUE(doubled.empty()) << "twice " << first_few(doubled);
  EXPECT_TRUE(disordered.empty()) << "out of order " << first_few(disordered);
}

std::uint64_t expect_nothing_lost(const std::vector<Stream::Out>& output, std::uint64_t count, const std::vector<Kill>& kills) {
  std::map<std::string, std::uint64_t> seq_of;  // leat-src → sequence
  std::set<std::uint64_t> seen;
  std::vector<Stream::Out> first_of_each;
  std::uint64_t duplicates = 0;
  std::vector<std::uint64_t> unexplained;
  for (const Stream::Out& out : output) {
    const auto [at, first] = seq_of.try_emplace(out.origin, out.seq);
    EXPECT_EQ(at->second, out.seq) << "two records with one leat-src: " << out.origin;
    if (first) {
      EXPECT_TRUE(seen.insert(out.seq).second) << "one record with two leat-src: " << out.seq;
      first_of_each.push_back(out);
      continue;
    }
    ++duplicates;
    const auto [partition, offset] = place_of(out.origin);
    const auto allows = [p = partition, o = offset](const Kill& kill) { return kill.committed.at(p) <= o && o < kill.ends.at(p); };
    if (partition < 0 || partition >= kPartitions || !std::any_of(kills.begin(), kills.end(), allows)) unexplained.push_back(out.seq);
  }
  EXPECT_TRUE(unexplained.empty()) << "came again though it was committed " << first_few(unexplained);
  expect_exactly_once(first_of_each, count);
  return duplicates;
}

}  // namespace leat::test
