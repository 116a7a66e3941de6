#pragma once

#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/thread_checker.h"
#include "flow/source.h"
#include "kafka/errors.h"
#include "kafka/partition.h"
#include "kafka/profile.h"
#include "kafka/subscription.h"

namespace leat::kafka {

// What a consumer is made of.
struct SourceParts {
  std::string pipeline;
  std::string group;
  std::string instance;
  Profile profile;
  Subscription subscription;
  std::size_t fetch_bytes = 0;
  const Clock& clock;
  bool positions_only = false;  // as SourceContext says
};

// All Kafka sources of one pipeline: one member of one consumer group. Readers take the data on
// their workers; this serves the member's events on the control thread and never waits there.
//
// An assignment goes through: partitions named by the group → facts asked from the cluster
// (background thread) → starts of partitions without a commit committed → assigned with explicit
// offsets → on_positioned. A revocation asks the listener to commit, at most kRevokeBudget, and
// gives up all partitions (the protocol is eager). Thread-confined to the control thread.
class KafkaSource final : public flow::Source {
 public:
  static constexpr Duration kRevokeBudget = std::chrono::seconds(10);
  static constexpr Duration kRetryAfter = std::chrono::milliseconds(500);
  static constexpr Duration kProbeEvery = std::chrono::seconds(1);
  static constexpr Duration kRefreshEvery = std::chrono::seconds(30);
  static constexpr Duration kLeaveBudget = std::chrono::seconds(5);
  static constexpr Duration kLookEvery = std::chrono::milliseconds(10);
  static constexpr Duration kPurgeBudget = std::chrono::seconds(5);
  static constexpr Duration kPurgeAgainAfter = std::chrono::milliseconds(100);

  explicit KafkaSource(SourceParts parts);
  ~KafkaSource() override;

  Status start(flow::SourceListener& listener, base::Wakeup& control) override;
  std::unique_ptr<flow::SourceReader> make_reader(std::uint32_t source, SliceId slice,
                                                  std::uint32_t slices,
                                                  base::Wakeup& worker) override;
  Instant serve(Instant now) override;
  void commit(EpochId epoch, std::span<const flow::PartitionPosition> positions,
              const std::string& metadata, std::function<void(Status)> done) override;
  void fix_end() override;
  void free_end() override;
  void stop(bool leave, std::function<void()> done) override;
  void purge(std::function<void(Status)> done) override;
  void find(WallTime at,
            std::function<void(Result<std::vector<flow::PartitionPosition>>)> done) override;
  std::vector<flow::PartitionLag> lag() const override;

 private:
  // Partitions the group gave us that are not read yet.
  struct Claim {
    std::vector<PartitionFacts> partitions;
    bool asking = false;
    bool committing = false;
    Instant retry_at = base::kNever;
  };
  enum class Purpose : std::uint8_t { claim, end, refresh, probe, find };
  struct Answer {
    Purpose purpose;
    std::uint64_t assignment;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::vector<PartitionFacts> facts;
  };
  struct Commit;
  enum class Leaving : std::uint8_t { no, revoking, leaving, closing, closed };

  // source_events.cc: what the client tells.
  void serve_queue(const Queue& queue);
  void on_event(rd_kafka_event_t* event);
  void on_rebalance(rd_kafka_event_t* event);
  void on_error(rd_kafka_event_t* event);
  void on_fatal();
  void on_alarm(const ReaderAlarm& alarm);
  void on_groups_deleted(rd_kafka_event_t* event);
  bool is_ours(const rd_kafka_topic_partition_list_t* given) const;
  void join_anew(const rd_kafka_topic_partition_list_t* given);
  void on_revoked(bool lost);
  void unreachable(rd_kafka_resp_err_t error, std::string_view what);
  void reachable();

  // source_claim.cc: from an assignment to readers.
  void claim(const rd_kafka_topic_partition_list_t* partitions);
  void ask_about_claim();
  void on_claim_facts(const Answer& answer);
  void commit_starts();
  void take_over();
  std::shared_ptr<Partition> make_partition(const PartitionFacts& facts);
  bool starts_first(const PartitionFacts& facts) const;
  Status check_range(PartitionFacts& facts) const;
  void give_up();
  const record::Origin& origin_of(const PartitionFacts& facts);
  ReaderLink* link_of(const record::Origin& origin) const;

  // source_commit.cc: offsets.
  void send(Commit& commit);
  void on_committed(rd_kafka_event_t* event);
  void finish(Commit& commit, Status status);
  void retry_commits(Instant now);
  Instant next_commit_retry() const;

  void ask(Purpose purpose, std::vector<PartitionFacts> facts);
  void on_answer(const Answer& answer);
  void on_end_facts(const Answer& answer);
  void on_time_facts(const Answer& answer);
  void set_ends(const std::vector<PartitionFacts>& facts);
  void run_deadlines(Instant now);
  void leave_now();
  bool has_left() const;
  void close_now();
  void send_purge();
  void later(std::function<void()> call);
  Instant next_deadline() const;

  const SourceParts parts_;
  flow::SourceListener* listener_ = nullptr;
  base::Wakeup* control_ = nullptr;
  base::Ref<Client> client_;
  Queue events_;   // the member's: rebalances, errors
  Queue results_;  // ours: commits, closing
  std::shared_ptr<base::Mailbox<Answer>> answers_;

  struct Slices {
    std::uint32_t count = 0;
    std::map<std::uint32_t, std::shared_ptr<ReaderLink>> links;  // by slice
  };
  std::map<std::uint32_t, Slices> readers_;  // by source
  std::map<std::pair<std::string, std::int32_t>, std::unique_ptr<record::Origin>> origins_;
  std::unordered_map<const record::Origin*, std::shared_ptr<Partition>> owned_;
  std::set<std::string> begun_;    // topics that were read since the start
  std::set<std::string> missing_;  // topics the cluster does not know
  std::optional<Claim> claim_;
  std::uint64_t assignment_ =
      0;  // counts assignments and revocations: answers for an older one are dropped
  std::vector<std::unique_ptr<Commit>> commits_;
  std::vector<std::function<void()>> later_;
  std::function<void(Result<std::vector<flow::PartitionPosition>>)> finding_;  // find()
  std::function<void()> on_left_;
  struct Purge {
    std::function<void(Status)> done;
    Instant until;
    Instant again_at = base::kNever;
  };
  std::optional<Purge> purge_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  Leaving leaving_ = Leaving::no;
  bool connected_ = false;
  bool told_ = false;  // the listener knows connected_
  bool failed_ = false;
  bool probing_ = false;
  bool holds_foreign_ = false;  // partitions of an earlier subscription, until it leaves
  Instant away_until_{};        // the cluster was out of reach until shortly before
  bool end_wanted_ = false;
  std::optional<std::vector<PartitionFacts>> ends_;
  Instant now_{};
  Instant revoke_until_ = base::kNever;
  Instant probe_at_ = base::kNever;
  Instant refresh_at_ = base::kNever;
  Instant leave_until_ = base::kNever;
  Instant look_at_ = base::kNever;  // whether it has left
  base::ThreadChecker thread_;
};

}  // namespace leat::kafka
