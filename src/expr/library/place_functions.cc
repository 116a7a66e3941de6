#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <optional>

#include "expr/library/library.h"

namespace leat::expr {
namespace {

// ---- addresses of networks

// An address of IPv4 (32 bits) or IPv6 (128 bits); IPv4 inside IPv6 (::ffff:0:0/96) is IPv4.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t bits = 0;
};

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<Address> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  Address made;
  const bool wide = text.find(':') != std::string_view::npos;
  if (inet_pton(wide ? AF_INET6 : AF_INET, copy.data(), made.bytes.data()) != 1)
    return std::nullopt;
  made.bits = wide ? 128 : 32;
  return made;
}

bool is_mapped(const Address& address) {
  return address.bits == 128 && std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
}
void unwrap(Address& address) {
  std::copy_n(address.bytes.begin() + kMapped.size(), 4, address.bytes.begin());
  address.bits = 32;
}

struct Network {
  Address address;
  std::size_t prefix = 0;
};

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<Address> address = parse_address(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  std::size_t prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!address || error != std::errc() || end != digits.data() + digits.size() ||
      prefix > address->bits)
    return std::nullopt;
  Network made{*address, prefix};
  if (prefix >= 96 && is_mapped(made.address)) {
    unwrap(made.address);
    made.prefix -= 96;
  }
  return made;
}

bool lies_in(const Address& address, const Network& network) {
  if (address.bits != network.address.bits) return false;
  const std::size_t whole = network.prefix / 8;
  const std::size_t rest = network.prefix % 8;
  if (std::memcmp(address.bytes.data(), network.address.bytes.data(), whole) != 0) return false;
  if (rest == 0) return true;
  const int differs = address.bytes[whole] ^ network.address.bytes[whole];
  return (differs >> (8 - rest)) == 0;
}

Value in_cidr(Frame&, const Value& ip, const Value& cidr) {
  if (!ip.is(Type::string) || !cidr.is(Type::string)) return fail(kNoSuchOverload);
  std::optional<Address> address = parse_address(ip.as_text());
  const std::optional<Network> network = parse_network(cidr.as_text());
  if (!address || !network) return fail(kBadConversion);
  if (is_mapped(*address)) unwrap(*address);
  return Value::boolean(lies_in(*address, *network));
}

// ---- places on earth

// The mean radius of the earth, R1 of GRS 80 (H. Moritz, "Geodetic Reference System 1980",
// Journal of Geodesy 74, 2000).
constexpr double kEarthRadiusKm = 6371.0088;

std::optional<double> degrees(const Value& value, double most) {
  const double d =
      value.is(Type::integer) ? static_cast<double>(value.as_integer()) : value.as_real();
  return d >= -most && d <= most ? std::optional(d * std::numbers::pi / 180) : std::nullopt;
}

bool is_coordinate(const Value& value) { return value.is(Type::integer) || value.is(Type::real); }

// The great circle by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and
// Telescope 68, 1984).
Value distance_km(Frame&, const Value& lat1, const Value& lon1, const Value& lat2,
                  const Value& lon2) {
  if (!is_coordinate(lat1) || !is_coordinate(lon1) || !is_coordinate(lat2) || !is_coordinate(lon2))
    return fail(kNoSuchOverload);
  const std::optional<double> phi1 = degrees(lat1, 90);
  const std::optional<double> phi2 = degrees(lat2, 90);
  const std::optional<double> lambda1 = degrees(lon1, 180);
  const std::optional<double> lambda2 = degrees(lon2, 180);
  if (!phi1 || !phi2 || !lambda1 || !lambda2) return fail(kOutOfRange);
  const double s = std::sin((*phi2 - *phi1) / 2);
  const double t = std::sin((*lambda2 - *lambda1) / 2);
  const double h = s * s + std::cos(*phi1) * std::cos(*phi2) * t * t;
  return Value::real(2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, h))));
}

constexpr Types kCoordinates = types(Type::integer, Type::real);

constexpr std::array kTable{
    Function{"net.in_cidr",
             CallStyle::global,
             2,
             {kStrings, kStrings},
             Type::boolean,
             each<in_cidr>,
             {"net", "net.in_cidr(string, string) -> bool",
              "Whether an IPv4 or IPv6 address lies in a network such as 10.0.0.0/8 or "
              "2001:db8::/32; IPv4 inside IPv6 (::ffff:10.0.0.1) counts as IPv4."}},
    Function{"distance_km",
             CallStyle::global,
             4,
             {kCoordinates, kCoordinates, kCoordinates, kCoordinates},
             Type::real,
             each<distance_km>,
             {"geo", "distance_km(number, number, number, number) -> double",
              "Kilometres between two places along the great circle: latitude and longitude in "
              "degrees of the first, then of the second (haversine, radius 6371.0088 km)."}},
};

}  // namespace

const std::span<const Function> kPlaceFunctions{kTable};

}  // namespace leat::expr
