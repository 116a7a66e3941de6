// fraud_score: how unusual a payment is for its card. README.md has the function.
#include <leat/plugin.hpp>

#include <cmath>

LEAT_PLUGIN("fraud_score", "1.0.0");

namespace {

// Mean and variance of what came so far (Welford 1962).
struct Spending {
  int64_t payments = 0;
  double mean = 0, squares = 0;

  void add(double amount) {
    ++payments;
    const double before = amount - mean;
    mean += before / static_cast<double>(payments);
    squares += before * (amount - mean);
  }
  // Standard deviations above the mean; 0 for the first payments, which nothing can be told of.
  double score(double amount) const {
    if (payments < 3) return 0;
    const double deviation = std::sqrt(squares / static_cast<double>(payments - 1));
    return (amount - mean) / std::fmax(deviation, 0.01 * std::fmax(mean, 1));
  }
};

// The rows: a payment that stands out ("alert"), and, when a card with alerts was quiet for a while, their sum ("closed").
class Score {
 public:
  explicit Score(leat::With with)
      : threshold_(with.number("threshold", 3)),
        quiet_us_(with.integer("quiet_s", 600) * 1'000'000) {
    if (threshold_ <= 0) throw std::invalid_argument("`with.threshold` must be above 0");
    if (quiet_us_ <= 0) throw std::invalid_argument("`with.quiet_s` must be above 0");
  }

  void row(leat::Key key, leat::Row row, leat::Emit& emit) {
    const auto amount = row.get<double>("amount");
    const auto country = row.get<std::optional<std::string_view>>("country");
    if (!(amount >= 0)) throw leat::RowError(1, "`amount` must be 0 or more");
    Spending spending = spending_.get_or({});
    double score = spending.score(amount);
    if (country && countries_.get(*country).value_or(0) == 0 && spending.payments > 0) score += 1;
    if (score >= threshold_) {
      open_amount_.set(open_amount_.get_or(0) + amount);
      alerts_.push(row.event_time());
      key.set_event_timer({row.event_time().us + quiet_us_});
      emit.row("alert", score, amount, spending.payments);
    }
    spending.add(amount);
    spending_.set(spending);
    if (country) countries_.set(*country, countries_.get(*country).value_or(0) + 1);
  }

  void timer(leat::Key, leat::Timer, leat::Emit& emit) {
    int64_t alerts = 0;
    alerts_.each([&](leat::Timestamp) { ++alerts; });
    emit.row("closed", 0.0, open_amount_.get_or(0), alerts);
    alerts_.clear();
    open_amount_.clear();
  }

 private:
  double threshold_;
  int64_t quiet_us_;
  leat::Value<Spending> spending_{"spending"};
  leat::Map<std::string, int64_t> countries_{"countries"};
  leat::List<leat::Timestamp> alerts_{"alerts"};
  leat::Value<double> open_amount_{"open_amount"};
};

}  // namespace

LEAT_REGISTER(r) {
  r.stateful<Score>("score",
                    "(amount: double, country: string?) -> { kind: string, score: double, amount: "
                    "double, payments: int }")
      .pure()
      .batch_invariant()
      .doc("Payments that stand out for their card, and the end of such a series.");
}
