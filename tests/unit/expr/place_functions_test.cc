#include <cmath>
#include <string>

#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

TEST(InCidr, TakesBothFamilies) {
  expect_values({
      {"net.in_cidr('10.1.2.3', '10.0.0.0/8')", "true"},
      {"net.in_cidr('11.1.2.3', '10.0.0.0/8')", "false"},
      {"net.in_cidr('192.168.1.127', '192.168.1.0/25')", "true"},
      {"net.in_cidr('192.168.1.128', '192.168.1.0/25')", "false"},
      {"net.in_cidr('1.2.3.4', '0.0.0.0/0')", "true"},
      {"net.in_cidr('1.2.3.4', '1.2.3.4/32')", "true"},
      {"net.in_cidr('10.1.2.3', '10.9.9.9/8')", "true"},
      {"net.in_cidr('2001:db8::1', '2001:db8::/32')", "true"},
      {"net.in_cidr('2001:db9::1', '2001:db8::/32')", "false"},
      {"net.in_cidr('2001:DB8:0::1', '2001:db8::1/128')", "true"},
      {"net.in_cidr('::1', '0.0.0.0/0')", "false"},
      {"net.in_cidr('1.2.3.4', '::/0')", "false"},
      {"net.in_cidr('::ffff:10.0.0.1', '10.0.0.0/8')", "true"},
      {"net.in_cidr('10.0.0.1', '::ffff:10.0.0.0/104')", "true"},
  });
}

TEST(InCidr, RefusesWhatIsNoAddress) {
  expect_values({
      {"net.in_cidr('10.1.2', '10.0.0.0/8')", "error BAD_CONVERSION"},
      {"net.in_cidr('10.1.2.3.4', '10.0.0.0/8')", "error BAD_CONVERSION"},
      {"net.in_cidr('010.1.2.3', '10.0.0.0/8')", "error BAD_CONVERSION"},
      {"net.in_cidr('', '10.0.0.0/8')", "error BAD_CONVERSION"},
      {"net.in_cidr('fe80::1%eth0', 'fe80::/10')", "error BAD_CONVERSION"},
      {"net.in_cidr('10.1.2.3', '10.0.0.0')", "error BAD_CONVERSION"},
      {"net.in_cidr('10.1.2.3', '10.0.0.0/33')", "error BAD_CONVERSION"},
      {"net.in_cidr('10.1.2.3', '10.0.0.0/')", "error BAD_CONVERSION"},
      {"net.in_cidr('10.1.2.3', '10.0.0.0/-1')", "error BAD_CONVERSION"},
      {"net.in_cidr('10.1.2.3', '10.0.0.0/8 ')", "error BAD_CONVERSION"},
      {"net.in_cidr('::1', '::/129')", "error BAD_CONVERSION"},
      {"net.in_cidr(1, '10.0.0.0/8')", "error NO_SUCH_OVERLOAD"},
  });
  const std::string zero("10.1.2.3\0", 9);
  EXPECT_EQ(evaluate("net.in_cidr(ip, '10.0.0.0/8')", {{"ip", Value::string(zero)}}),
            "error BAD_CONVERSION");
}

TEST(DistanceKm, IsTheGreatCircle) {
  expect_values({
      {"distance_km(0, 0, 0, 0)", "double 0"},
      // A quarter of the circle, half of it, one degree.
      {"math.round(distance_km(0, 0, 0, 90) * 1000.0)", "double 10007557"},
      {"math.round(distance_km(0, 0, 0, 180) * 1000.0)", "double 20015114"},
      {"math.round(distance_km(90.0, 0, -90.0, 0) * 1000.0)", "double 20015114"},
      {"math.round(distance_km(0.0, 179.5, 0.0, -179.5) * 1000.0)", "double 111195"},
      // Berlin to Cologne.
      {"math.round(distance_km(52.5200, 13.4050, 50.9375, 6.9603))", "double 477"},
      {"distance_km(52.52, 13.405, 50.94, 6.96) == distance_km(50.94, 6.96, 52.52, 13.405)",
       "true"},
      {"distance_km(90.1, 0, 0, 0)", "error OUT_OF_RANGE"},
      {"distance_km(0, -180.1, 0, 0)", "error OUT_OF_RANGE"},
      {"distance_km(0, 0, 0, 0.0 / 0.0)", "error OUT_OF_RANGE"},
      {"distance_km('0', 0, 0, 0)", "error NO_SUCH_OVERLOAD"},
      {"distance_km(nothing, 0, 0, 0)", "error NO_SUCH_FIELD"},
  });
}

}  // namespace
}  // namespace leat::expr::testing
