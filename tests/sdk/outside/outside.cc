#include <leat/plugin.hpp>
LEAT_PLUGIN("outside", "1.0.0");
static std::optional<std::string_view> country_of(std::string_view ip) {
  if (ip.rfind("10.", 0) == 0) return "DE";
  return std::nullopt;
}
struct Mean {  // trivially copyable: saved as it is
  double sum = 0;
  int64_t n = 0;
  void update(std::optional<double> x) { if (x) { sum += *x; ++n; } }
  void merge(const Mean& other) { sum += other.sum; n += other.n; }
  std::optional<double> finish() const { return n ? std::optional(sum / double(n)) : std::nullopt; }
};
LEAT_REGISTER(r) {
  r.scalar("country_of", "(ip: string) -> string?", country_of).pure().batch_invariant();
  r.aggregate<Mean>("mean", "(x: double?) -> double?").batch_invariant();
}
