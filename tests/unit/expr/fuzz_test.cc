#include <gtest/gtest.h>

#include <array>
#include <random>

#include "unit/expr/fuzz_entry.h"

namespace leat::expr::testing {
namespace {

constexpr std::array<std::string_view, 14> kSeeds{
    "status == 'AUTHORIZED' && amount_cents > 0\n{\"a\":1}",
    "(amount ?? 0) * 1.5 > 100 || has(user.address.city)\n[1,2,{\"x\":\"\\u00e4\"}]",
    "items[0].sku + string(items[1]) in ['a', b'b', null, 1.5, true]\n[{\"sku\":\"a\"},2]",
    "payments > max ? 'too_many' : r'\\d' + \"\"\"x\"\"\"\n{}",
    "meta.headers['x'] ?? meta.key ?? meta.topic + '-' + string(meta.offset)\n\"",
    "s.substring(1, size(s) - 1).trim().replace('', '-', 3).matches('(a+)+$')\n  aaa ",
    "-9223372036854775808 / -1 % 0x7f == !true\n[[[[",
    "this['a'].`b-c`[?0].?d{x: 1, y: [?2, {?'k': v,}]}\n{\"a\":{\"b-c\":[1]}}",
    "'\\x41\\u00e4\\U0001F600\\101' + b'\\xff' // comment\n1",
    "x.all(v, v > 1u) ? timestamp('') : math.least(1, .5e-3)\n{}",
    "int(double(string(bool(bytes(a))))) ?? now() - meta.timestamp\n3",
    "a in b || a in meta.headers && has(a[0].b) && size(b) < 3\n[null,{\"b\":1},\"x\"]",
    "a.indexOf('x', 2) + a.lastIndexOf('') + size(a.charAt(1).lowerAscii())\nxX",
    "`x y`.z ? true ? 1 : 2 : 3 ?? - - 4\n",
};

constexpr std::string_view kPieces = "()[]{}.,?:'\"`\\+-!&|=<>0x eu\xc3\n";

void run(const std::string& text) {
  fuzz_expression(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

TEST(Fuzz, SeedsAndWhatIsLeftOfThem) {
  for (const std::string_view seed : kSeeds)
    for (std::size_t size = 0; size <= seed.size(); ++size) run(std::string(seed.substr(0, size)));
}

TEST(Fuzz, DamagedAndCrossedSeeds) {
  std::mt19937 random(11);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (int i = 0; i < 6000; ++i) {
    const std::string_view first = kSeeds[below(kSeeds.size())];
    const std::string_view second = kSeeds[below(kSeeds.size())];
    std::string text(first.substr(0, below(first.size())));
    text += second.substr(below(second.size()));
    for (std::size_t k = below(4); k > 0 && !text.empty(); --k) {
      const std::size_t at = below(text.size());
      if (below(2) == 0)
        text.erase(at, 1 + below(3));
      else
        text.insert(at, 1, kPieces[below(kPieces.size())]);
    }
    run(text);
  }
}

}  // namespace
}  // namespace leat::expr::testing
