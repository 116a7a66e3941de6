#include "unit/expr/function_cases.h"

namespace leat::expr::testing {
namespace {

TEST(Hash, DigestsAreLowerCaseHex) {
  expect_values({
      {"hash.md5('')", "string d41d8cd98f00b204e9800998ecf8427e"},
      {"hash.md5(b'abc')", "string 900150983cd24fb0d6963f7d28e17f72"},
      {"hash.sha1('abc')", "string a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"hash.sha256('abc')",
       "string ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"hash.sha256('Köln') == hash.sha256(b'K\\xc3\\xb6ln')", "true"},
      {"hash.md5(1)", "error NO_SUCH_OVERLOAD"},
      {"hash.md5(null)", "error NO_SUCH_OVERLOAD"},
      {"hash.md5(nothing)", "error NO_SUCH_FIELD"},
  });
}

// Published values of the reference implementation, as ints.
TEST(Hash, Xxh64IsTheReferencesWithSeedZero) {
  expect_values({
      {"hash.xxh64('')", "int -1205034819632174695"},    // ef46db3751d8e999
      {"hash.xxh64('abc')", "int 4952883123889572249"},  // 44bc2cf5ad770999
      {"hash.xxh64(b'abc') == hash.xxh64('abc')", "true"},
      {"hash.xxh64(1.5)", "error NO_SUCH_OVERLOAD"},
  });
}

// The values of Kafka's own test (UtilsTest.testMurmur2).
TEST(Hash, Murmur2IsKafkas) {
  expect_values({
      {"hash.murmur2('21')", "int -973932308"},
      {"hash.murmur2('foobar')", "int -790332482"},
      {"hash.murmur2('a-little-bit-long-string')", "int -985981536"},
      {"hash.murmur2('a-little-bit-longer-string')", "int -1486304829"},
      {"hash.murmur2('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8')", "int -58897971"},
      {"hash.murmur2(b'abc')", "int 479470107"},
      {"math.bitAnd(hash.murmur2('foobar'), 2147483647) % 6", "int 0"},
  });
}

}  // namespace
}  // namespace leat::expr::testing
