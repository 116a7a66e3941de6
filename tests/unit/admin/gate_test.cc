#include "admin/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat::admin {
namespace {

using testing::ElementsAre;
using testing::Pair;

const GateLimits kLimits;

// What a whole head comes to: "ok", or the name of the problem.
std::string verdict(std::string_view raw) {
  const auto read = parse_head(raw, kLimits);
  if (const auto* refusal = std::get_if<Refusal>(&read))
    return std::string(info_of(refusal->code).name);
  return "ok";
}

// A request with `line` as its first line and a Host.
std::string with_line(const std::string& line) { return line + "\r\nHost: localhost\r\n\r\n"; }
// A GET with further headers after its Host.
std::string with_headers(const std::string& headers) {
  return "GET /v1 HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

struct Row {
  std::string name;
  std::string raw;
  std::string expected;
};

class GateTable : public testing::TestWithParam<Row> {};

TEST_P(GateTable, ReadsOrRefuses) {
  EXPECT_EQ(verdict(GetParam().raw), GetParam().expected) << GetParam().raw;
}

std::vector<Row> lines() {
  const std::string bad = "BAD_REQUEST";
  return {
      {"Get", with_line("GET /v1 HTTP/1.1"), "ok"},
      {"Head", with_line("HEAD /v1 HTTP/1.1"), "ok"},
      {"Post", with_line("POST /v1/pipelines HTTP/1.1"), "ok"},
      {"Put", with_line("PUT /v1/pipelines/p HTTP/1.1"), "ok"},
      {"Patch", with_line("PATCH /v1/pipelines/p HTTP/1.1"), "ok"},
      {"Delete", with_line("DELETE /v1/pipelines/p HTTP/1.1"), "ok"},
      {"Options", with_line("OPTIONS /v1 HTTP/1.1"), "ok"},
      {"TraceGoesToTheRouter", with_line("TRACE /v1 HTTP/1.1"), "ok"},
      {"Connect", with_line("CONNECT localhost:80 HTTP/1.1"), "METHOD_NOT_ALLOWED"},
      {"ConnectInOriginForm", with_line("CONNECT /v1 HTTP/1.1"), "METHOD_NOT_ALLOWED"},
      {"UnknownMethod", with_line("BREW /v1 HTTP/1.1"), "NOT_IMPLEMENTED"},
      {"MethodInLowerCase", with_line("get /v1 HTTP/1.1"), "NOT_IMPLEMENTED"},
      {"MethodWithColon", with_line("GE:T /v1 HTTP/1.1"), bad},
      {"NoMethod", with_line(" /v1 HTTP/1.1"), bad},
      {"MethodTooLong", with_line(std::string(33, 'A') + " /v1 HTTP/1.1"), bad},
      {"Http10", with_line("GET /v1 HTTP/1.0"), "HTTP_VERSION"},
      {"Http20", with_line("GET /v1 HTTP/2.0"), "HTTP_VERSION"},
      {"Http12", with_line("GET /v1 HTTP/1.2"), "HTTP_VERSION"},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\n", "HTTP_VERSION"},
      {"HttpLowerCase", with_line("GET /v1 http/1.1"), bad},
      {"HttpWithTwoDigits", with_line("GET /v1 HTTP/1.10"), bad},
      {"NoVersion", with_line("GET /v1"), bad},
      {"Http09", "GET /v1\r\n\r\n", bad},
      {"NoTarget", with_line("GET HTTP/1.1"), bad},
      {"EmptyTarget", with_line("GET  HTTP/1.1"), bad},
      {"TwoSpaces", with_line("GET  /v1 HTTP/1.1"), bad},
      {"SpaceInTarget", with_line("GET /v1 x HTTP/1.1"), bad},
      {"TabInLine", with_line("GET\t/v1 HTTP/1.1"), bad},
      {"TrailingSpace", with_line("GET /v1 HTTP/1.1 "), bad},
      {"AbsoluteForm", with_line("GET http://localhost/v1 HTTP/1.1"), bad},
      {"AsteriskForm", with_line("OPTIONS * HTTP/1.1"), bad},
      {"AuthorityForm", with_line("GET localhost:80 HTTP/1.1"), bad},
      {"Fragment", with_line("GET /v1#x HTTP/1.1"), bad},
      {"FragmentInQuery", with_line("GET /v1?a=1#x HTTP/1.1"), bad},
      {"EscapedDot", with_line("GET /v1/%2e%2e/etc HTTP/1.1"), bad},
      {"EscapedDotUpperCase", with_line("GET /v1/%2E HTTP/1.1"), bad},
      {"EscapedSlash", with_line("GET /v1%2fpipelines HTTP/1.1"), bad},
      {"EscapedSlashUpperCase", with_line("GET /v1%2Fpipelines HTTP/1.1"), bad},
      {"EscapedBackslash", with_line("GET /v1%5cpipelines HTTP/1.1"), bad},
      {"EscapedNul", with_line("GET /v1%00 HTTP/1.1"), bad},
      {"EscapedLineEnd", with_line("GET /v1%0a HTTP/1.1"), bad},
      {"DoubleSlash", with_line("GET /v1//pipelines HTTP/1.1"), bad},
      {"DoubleSlashFirst", with_line("GET //v1 HTTP/1.1"), bad},
      {"DotSegment", with_line("GET /v1/./x HTTP/1.1"), bad},
      {"DotDotSegment", with_line("GET /v1/../x HTTP/1.1"), bad},
      {"DotDotAtTheEnd", with_line("GET /v1/.. HTTP/1.1"), bad},
      {"DotsInAName", with_line("GET /v1/schemas/pipeline.json HTTP/1.1"), "ok"},
      {"Backslash", with_line("GET /v1\\x HTTP/1.1"), bad},
      {"BrokenEscape", with_line("GET /v1/%zz HTTP/1.1"), bad},
      {"EscapeCutShort", with_line("GET /v1/%4 HTTP/1.1"), bad},
      {"LoneePercent", with_line("GET /v1/% HTTP/1.1"), bad},
      {"EscapedLetter", with_line("GET /v1/%70 HTTP/1.1"), "ok"},
      {"NonAsciiInPath", with_line("GET /v1/\xc3\xa4 HTTP/1.1"), bad},
      {"QueryWithSlashes", with_line("GET /v1?a=//x%2f%2e HTTP/1.1"), "ok"},
      {"QueryWithNul", with_line("GET /v1?a=%00 HTTP/1.1"), bad},
      {"QueryWithBrokenEscape", with_line("GET /v1?a=%g0 HTTP/1.1"), bad},
      {"QueryWithNonAscii", with_line("GET /v1?a=\xc3\xa4 HTTP/1.1"), bad},
      {"TargetAtTheLimit", with_line("GET /" + std::string(2047, 'a') + " HTTP/1.1"), "ok"},
      {"TargetAboveTheLimit", with_line("GET /" + std::string(2048, 'a') + " HTTP/1.1"),
       "TARGET_TOO_LONG"},
      {"QueryAboveTheLimit", with_line("GET /?" + std::string(2047, 'a') + " HTTP/1.1"),
       "TARGET_TOO_LONG"},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01", 6), bad},
      {"EmptyLineFirst", "\r\n" + with_line("GET /v1 HTTP/1.1"), bad},
      {"Nothing", "\r\n\r\n", bad},
  };
}

std::vector<Row> headers() {
  const std::string bad = "BAD_REQUEST";
  std::string many;
  for (int i = 0; i < 63; ++i) many += "X-A" + std::to_string(i) + ": b\r\n";
  const std::string padding =
      "X: " + std::string(8192 - 17 - 5, 'a') + "\r\n";  // with the Host line 8192
  return {
      {"NoHost", "GET /v1 HTTP/1.1\r\n\r\n", bad},
      {"TwoHosts", with_headers("Host: localhost\r\n"), bad},
      {"TwoHostsInOtherCase", with_headers("hOST: evil\r\n"), bad},
      {"ChunkedEncoding", with_headers("Transfer-Encoding: chunked\r\n"), "LENGTH_REQUIRED"},
      {"UnknownEncoding", with_headers("Transfer-Encoding: xchunked\r\n"), "LENGTH_REQUIRED"},
      {"IdentityEncoding", with_headers("transfer-encoding: identity\r\n"), "LENGTH_REQUIRED"},
      {"EncodingAndLength", with_headers("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
       "LENGTH_REQUIRED"},
      {"EmptyEncoding", with_headers("Transfer-Encoding:\r\n"), "LENGTH_REQUIRED"},
      {"Length", with_headers("Content-Length: 3\r\n"), "ok"},
      {"LengthZero", with_headers("Content-Length: 0\r\n"), "ok"},
      {"TwoEqualLengths", with_headers("Content-Length: 3\r\nContent-Length: 3\r\n"), bad},
      {"TwoLengths", with_headers("Content-Length: 3\r\nContent-Length: 4\r\n"), bad},
      {"LengthList", with_headers("Content-Length: 3, 3\r\n"), bad},
      {"LengthWithPlus", with_headers("Content-Length: +3\r\n"), bad},
      {"NegativeLength", with_headers("Content-Length: -3\r\n"), bad},
      {"HexadecimalLength", with_headers("Content-Length: 0x3\r\n"), bad},
      {"LengthWithSpace", with_headers("Content-Length: 3 3\r\n"), bad},
      {"EmptyLength", with_headers("Content-Length: \r\n"), bad},
      {"HugeLength", with_headers("Content-Length: 99999999999999999999999\r\n"), "BODY_TOO_LARGE"},
      {"Expect", with_headers("Expect: 100-continue\r\n"), "EXPECTATION_REFUSED"},
      {"FoldedHeader", with_headers("X-A: b\r\n c\r\n"), bad},
      {"FoldedByTab", with_headers("X-A: b\r\n\tc\r\n"), bad},
      {"FoldedFirst", "GET /v1 HTTP/1.1\r\n X-A: b\r\nHost: localhost\r\n\r\n", bad},
      {"BareLineFeed", "GET /v1 HTTP/1.1\nHost: localhost\n\n", bad},
      {"BareLineFeedInHeaders", with_headers("X-A: b\nX-C: d\r\n"), bad},
      {"BareCarriageReturn", with_headers("X-A: b\rX-C: d\r\n"), bad},
      {"NulInValue", with_headers(std::string("X-A: b\0c\r\n", 10)), bad},
      {"ControlInValue", with_headers("X-A: b\x01\r\n"), bad},
      {"DeleteInValue", with_headers("X-A: b\x7f\r\n"), bad},
      {"TabInValue", with_headers("X-A: b\tc\r\n"), "ok"},
      {"NonAsciiInValue", with_headers("X-A: \xc3\xa4\r\n"), "ok"},
      {"SpaceBeforeColon", with_headers("X-A : b\r\n"), bad},
      {"SpaceInName", with_headers("X A: b\r\n"), bad},
      {"NoName", with_headers(": b\r\n"), bad},
      {"NoColon", with_headers("X-A\r\n"), bad},
      {"EmptyValue", with_headers("X-A:\r\n"), "ok"},
      {"HeadersAtTheLimit", with_headers(many), "ok"},
      {"HeadersAboveTheLimit", with_headers(many + "X-B: c\r\n"), "HEADERS_TOO_LARGE"},
      {"BytesAtTheLimit", with_headers(padding.substr(2)),
       bad},  // without its name it is no header, but not too large
      {"BytesAboveTheLimit", with_headers("XYZ" + padding), "HEADERS_TOO_LARGE"},
      {"TwoContentTypes", with_headers("Content-Type: a/b\r\nContent-Type: c/d\r\n"), bad},
      {"TwoIfMatches", with_headers("If-Match: *\r\nIf-Match: *\r\n"), bad},
      {"TwoOrigins", with_headers("Origin: a\r\nOrigin: b\r\n"), bad},
      {"TwoIdempotencyKeys", with_headers("Idempotency-Key: a\r\nIdempotency-Key: b\r\n"), bad},
  };
}

std::string name_of(const testing::TestParamInfo<Row>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Lines, GateTable, testing::ValuesIn(lines()), name_of);
INSTANTIATE_TEST_SUITE_P(Headers, GateTable, testing::ValuesIn(headers()), name_of);

const std::string kWhole =
    "POST /v1/pipelines?a=b HTTP/1.1\r\nHost: LocalHost:8780\r\nContent-Length: 12\r\nX-Twice:  a "
    "\r\nx-twice: b\r\n"
    "Connection: keep-alive, Close\r\n\r\n";

TEST(Gate, ReadsWhatIsThere) {
  const auto read = parse_head(kWhole, kLimits);
  const auto& head = std::get<RequestHead>(read);
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.path, "/v1/pipelines");
  EXPECT_EQ(head.query, "a=b");
  EXPECT_EQ(head.host, "localhost:8780");
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_TRUE(head.close);
  EXPECT_THAT(head.headers,
              ElementsAre(Pair("host", "LocalHost:8780"), Pair("content-length", "12"),
                          Pair("x-twice", "a"), Pair("x-twice", "b"),
                          Pair("connection", "keep-alive, Close")));
  EXPECT_EQ(head.count("x-twice"), 2u);
}

TEST(Gate, AHeadCutAtAnyByteWaitsForMore) {
  for (std::size_t n = 0; n < kWhole.size(); ++n) {
    const HeadScan scan = scan_head(kWhole.substr(0, n), kLimits);
    EXPECT_TRUE(std::holds_alternative<HeadNeedsMore>(scan)) << n;
    EXPECT_TRUE(std::holds_alternative<Refusal>(parse_head(kWhole.substr(0, n), kLimits))) << n;
  }
  EXPECT_EQ(std::get<HeadEnds>(scan_head(kWhole + "body\n", kLimits)).bytes, kWhole.size());
}

TEST(Gate, AnyByteFlippedNeverCrashes) {
  for (std::size_t i = 0; i < kWhole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = kWhole;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const HeadScan scan = scan_head(flipped, kLimits);
      if (const auto* ends = std::get_if<HeadEnds>(&scan)) {
        const auto read = parse_head(flipped.substr(0, ends->bytes), kLimits);
        EXPECT_LT(read.index(), 2u);
      }
    }
  }
}

TEST(Gate, RefusesBeforeTheEndWhatNeverBecomesRight) {
  const auto refused = [](std::string_view bytes) {
    const HeadScan scan = scan_head(bytes, kLimits);
    const auto* refusal = std::get_if<Refusal>(&scan);
    return refusal == nullptr ? std::string("waits") : std::string(info_of(refusal->code).name);
  };
  EXPECT_EQ(refused(std::string("\x16\x03", 2)), "BAD_REQUEST");
  EXPECT_EQ(refused("GET /v1 HTTP/1.1\n"), "BAD_REQUEST");
  EXPECT_EQ(refused("GET /" + std::string(2100, 'a')), "TARGET_TOO_LONG");
  EXPECT_EQ(refused("GET /v1 HTTP/1.1\r\n" + std::string(8193, 'a')), "HEADERS_TOO_LARGE");
  EXPECT_EQ(refused(std::string(40, 'G')), "BAD_REQUEST");
  EXPECT_EQ(refused("GET /v1 HTTP/1.1\r\nX: a\r"), "waits");
}

TEST(Hosts, AreAllowedByNameOrByNameAndPort) {
  const std::vector<std::string> allowed{"localhost:8780", "[::1]:8780", "leat.example"};
  EXPECT_TRUE(host_allowed("localhost:8780", allowed));
  EXPECT_TRUE(host_allowed("[::1]:8780", allowed));
  EXPECT_TRUE(host_allowed("leat.example", allowed));
  EXPECT_TRUE(host_allowed("leat.example:1234", allowed));
  EXPECT_FALSE(host_allowed("localhost", allowed));
  EXPECT_FALSE(host_allowed("localhost:8781", allowed));
  EXPECT_FALSE(host_allowed("evil.example:8780", allowed));
  EXPECT_FALSE(host_allowed("leat.example:port", allowed));
  EXPECT_FALSE(host_allowed("leat.example:", allowed));
  EXPECT_FALSE(host_allowed("leat.example.evil", allowed));
  EXPECT_FALSE(host_allowed("", allowed));
}

TEST(Gate, ALineOfTheLargestSizeMayArriveInTwoPiecesBetweenCrAndLf) {
  const std::string line = "GET /" + std::string(kLimits.target_bytes_max - 1, 'a') + " HTTP/1.1\r";
  EXPECT_TRUE(std::holds_alternative<HeadNeedsMore>(scan_head(line, kLimits)));
  EXPECT_TRUE(std::holds_alternative<HeadNeedsMore>(scan_head(line + "\n", kLimits)));
}

TEST(Origins, OwnAndListedOnesAreAllowedNullNever) {
  const auto asks = [](std::optional<std::string> origin) {
    RequestHead head;
    head.host = "localhost:8780";
    if (origin) head.headers.emplace_back("origin", *origin);
    return origin_allowed(head, {"https://ops.example", "null"});
  };
  EXPECT_TRUE(asks(std::nullopt));
  EXPECT_TRUE(asks("http://localhost:8780"));
  EXPECT_TRUE(asks("https://OPS.example"));
  EXPECT_FALSE(asks("null"));
  EXPECT_FALSE(asks("http://localhost:9999"));
  EXPECT_FALSE(asks("https://localhost:8780"));
  EXPECT_FALSE(asks("http://evil.example"));
  EXPECT_FALSE(asks(""));
}

}  // namespace
}  // namespace leat::admin
