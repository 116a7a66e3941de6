#include "cli/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "support/fake_http_server.h"
#include "support/twelve_mistakes.h"

namespace leat::cli {
namespace {

using namespace std::chrono_literals;
using test::FakeHttpServer;
using testing::HasSubstr;

std::string problem(int status, std::string_view code, std::string_view rest = "") {
  return "{\"status\":" + std::to_string(status) + ",\"code\":\"" + std::string(code) +
         "\",\"detail\":\"told so\"" + std::string(rest) + "}";
}

class CliTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "leat-cli-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    answer_ = [](const FakeHttpServer::Seen&) { return FakeHttpServer::reply(200, "{}"); };
    server_ = std::make_unique<FakeHttpServer>(
        [this](const FakeHttpServer::Seen& seen) { return answer_(seen); });
    variables_["LEAT_URL"] = server_->url();
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  void answers(int status, std::string body, std::string_view headers = "") {
    answer_ = [=, headers = std::string(headers)](const auto&) {
      return FakeHttpServer::reply(status, body, "application/json", headers);
    };
  }
  ExitCode run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "leat");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    const Parsed parsed = parse(static_cast<int>(argv.size()), argv.data());
    out_ = parsed.out;
    err_ = parsed.err;
    if (!parsed.invocation) return parsed.code;
    const Console console{[this](std::string_view text) { out_ += text; },
                          [this](std::string_view text) { err_ += text; }, terminal_};
    const Surroundings around{[this](const char* name) -> const char* {
                                const auto found = variables_.find(name);
                                return found == variables_.end() ? nullptr : found->second.c_str();
                              },
                              folder_, base::machine_clock()};
    return run_client(*parsed.invocation, around, console);
  }
  std::string write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  // "METHOD target" of every request so far.
  std::vector<std::string> asked() const {
    std::vector<std::string> all;
    for (const auto& seen : server_->seen()) all.push_back(seen.method + " " + seen.target);
    return all;
  }

  std::string folder_;
  std::map<std::string, std::string> variables_;
  std::function<FakeHttpServer::Answer(const FakeHttpServer::Seen&)> answer_;
  std::unique_ptr<FakeHttpServer> server_;
  bool terminal_ = false;
  std::string out_;
  std::string err_;
};

TEST_F(CliTest, JsonOutputIsExactlyTheBody) {
  answers(200, "{ \"items\": [ ] ,\"next_page_token\":null}");
  EXPECT_EQ(run({"get"}), ExitCode::done);
  EXPECT_EQ(out_, "{ \"items\": [ ] ,\"next_page_token\":null}\n");
  EXPECT_THAT(asked(), testing::ElementsAre("GET /v1/pipelines?limit=1000"));
}

TEST_F(CliTest, TablesListPipelinesAndFollowPages) {
  terminal_ = true;
  variables_["NO_COLOR"] = "1";
  answer_ = [](const FakeHttpServer::Seen& seen) {
    const bool second = seen.target.find("page_token=t%2F1") != std::string::npos;
    return FakeHttpServer::reply(
        200,
        second
            ? R"({"items":[{"name":"b","actual":"failed"}],"next_page_token":null})"
            : R"({"items":[{"name":"alpha","actual":"running","mode":"real_time","rates":{"in_per_second":5.5,"out_per_second":2},"lag_records":7}],"next_page_token":"t/1"})");
  };
  EXPECT_EQ(run({"get"}), ExitCode::done);
  EXPECT_EQ(out_,
            "NAME   STATE    TRIGGER    IN/S  OUT/S  LAG  P99 MS  REASON\n"
            "alpha  running  real_time  5.5   2      7    -       -\n"
            "b      failed   -          -     -      -    -       -\n");
  EXPECT_EQ(run({"get", "-o", "name"}), ExitCode::done);
  EXPECT_EQ(out_, "alpha\nb\n");
}

TEST_F(CliTest, CheckpointsAreListedNewestFirst) {
  terminal_ = true;
  variables_["NO_COLOR"] = "1";
  answers(
      200,
      R"({"items":[{"id":"ckpt-9","name":"b","epoch":9,"generation":2,"at":"2026-01-01T00:00:00Z","bytes":4096},
          {"id":"ckpt-7","name":null,"epoch":7,"generation":1,"at":"2026-01-01T00:00:00Z","bytes":1}],"next_page_token":null})");
  EXPECT_EQ(run({"checkpoint", "list", "p"}), ExitCode::done);
  EXPECT_EQ(out_,
            "ID      NAME  EPOCH  GENERATION  AT                    BYTES\n"
            "ckpt-9  b     9      2           2026-01-01T00:00:00Z  4096\n"
            "ckpt-7  -     7      1           2026-01-01T00:00:00Z  1\n");
  EXPECT_EQ(run({"checkpoint", "list", "p", "-o", "name"}), ExitCode::done);
  EXPECT_EQ(out_, "b\nckpt-7\n");
}

TEST_F(CliTest, CheckpointsAreMadeRestoredAndDeleted) {
  answers(
      200,
      R"({"id":"ckpt-9","checkpoint":{"id":"ckpt-9"},"epoch":12,"bytes":3,"warnings":["twice"]})");
  EXPECT_EQ(run({"checkpoint", "create", "p", "before", "-o", "table"}), ExitCode::done);
  EXPECT_EQ(out_, "p  ckpt-9  3 bytes\n");
  EXPECT_EQ(server_->seen().back().body, R"({"name":"before"})");
  EXPECT_EQ(run({"checkpoint", "restore", "p", "before", "--timeout", "5s", "-o", "table"}),
            ExitCode::done);
  EXPECT_EQ(out_, "p  restored ckpt-9 as epoch 12; it is stopped\n");
  EXPECT_EQ(err_, "leat: twice\n");
  EXPECT_EQ(run({"checkpoint", "restore", "p", "ckpt-9", "--keep-offsets"}), ExitCode::done);
  EXPECT_EQ(run({"checkpoint", "show", "p", "ckpt-9"}), ExitCode::done);
  EXPECT_EQ(run({"checkpoint", "delete", "p", "ckpt-9", "-o", "name"}), ExitCode::done);
  EXPECT_EQ(out_, "ckpt-9\n");
  EXPECT_THAT(asked(),
              testing::ElementsAre("POST /v1/pipelines/p/checkpoints",
                                   "POST /v1/pipelines/p/checkpoints/before/restore?timeout=5s",
                                   "POST /v1/pipelines/p/checkpoints/ckpt-9/restore?offsets=keep",
                                   "GET /v1/pipelines/p/checkpoints/ckpt-9",
                                   "DELETE /v1/pipelines/p/checkpoints/ckpt-9"));
  EXPECT_EQ(run({"checkpoint", "create", "p"}), ExitCode::usage);
  EXPECT_EQ(run({"checkpoint"}), ExitCode::usage);
}

TEST_F(CliTest, OffsetsAreMoved) {
  answers(
      200,
      R"({"items":[{"source":"in","topic":"t","partition":0,"from":null,"to":12}],"state":"keep"})");
  variables_["NO_COLOR"] = "1";
  EXPECT_EQ(
      run({"offsets", "p", "--to", "earliest", "--state", "keep", "--source", "in", "-o", "table"}),
      ExitCode::done);
  EXPECT_EQ(out_, "SOURCE  TOPIC  PARTITION  FROM  TO\nin      t      0          -     12\n");
  EXPECT_EQ(server_->seen().back().body, R"({"to":"earliest","sources":["in"],"state":"keep"})");
  EXPECT_EQ(run({"offsets", "p", "--shift", "-1000", "--timeout", "5s"}), ExitCode::done);
  EXPECT_EQ(server_->seen().back().body, R"({"to":{"shift":-1000}})");
  EXPECT_EQ(run({"offsets", "p", "--at", "t-0=012", "--at", "t-1=7", "--dry-run"}), ExitCode::done);
  EXPECT_EQ(server_->seen().back().body, R"({"to":{"at":{"t-0":12,"t-1":7}}})");
  EXPECT_THAT(asked(), testing::ElementsAre("PATCH /v1/pipelines/p/offsets",
                                            "PATCH /v1/pipelines/p/offsets?timeout=5s",
                                            "PATCH /v1/pipelines/p/offsets?dry_run=plan"));
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--to", "latest", "--shift", "1"},
        {"--state", "keep"},
        {"--at", "t-0"},
        {"--at", "=1"},
        {"--at", "t-0=-1"},
        {"--at", "t-0=9999999999999999999"}}) {
    std::vector<std::string> arguments{"offsets", "p"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run(arguments), ExitCode::usage) << wrong.front();
  }
}

TEST_F(CliTest, OnePipelineIsDescribed) {
  answers(
      200,
      R"({"name":"p","generation":3,"status":{"actual":"paused","trigger":{"mode":"micro_batch","source":"override"},"records_in":10,
      "sources":{"in":{"caught_up":true,"lag_records":0,"lag_seconds":0.0}},"conditions":[{"type":"Ready","status":"True","reason":"OK","message":null}]}})");
  EXPECT_EQ(run({"get", "p", "-o", "table"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("state         paused\n"));
  EXPECT_THAT(out_, HasSubstr("trigger       micro_batch\n"));
  EXPECT_THAT(out_, HasSubstr("in      true       0    0"));
  EXPECT_THAT(out_, HasSubstr("Ready      True    OK"));
}

TEST_F(CliTest, StateIsReadByKeyOrRangeOfNowOrOfTheLastCommit) {
  answers(200,
          R"({"items":[{"name":"s","keys":[{"field":"k","type":"int"},{"field":"m","type":null}],
          "rows":2,"bytes":64,"ttl":null}]})");
  variables_["NO_COLOR"] = "1";
  EXPECT_EQ(run({"state", "list", "p", "-o", "table"}), ExitCode::done);
  EXPECT_EQ(out_, "STORE  KEY       ROWS  BYTES  TTL\ns      k int, m  2     64     -\n");
  run({"state", "get", "p", "s", "--from", "1", "--latest"});
  run({"state", "get", "p", "s", "7", "--committed"});
  EXPECT_THAT(asked(),
              testing::ElementsAre("GET /v1/pipelines/p/stores",
                                   "GET /v1/pipelines/p/stores/s?from=1&consistency=latest",
                                   "GET /v1/pipelines/p/stores/s?key=7&consistency=committed"));
  EXPECT_EQ(run({"state", "get", "p", "s", "--latest", "--committed"}), ExitCode::usage);
}

TEST_F(CliTest, StatesAreColouredOnATerminalOnly) {
  terminal_ = true;
  answers(200, R"({"items":[{"name":"a","actual":"failed"}]})");
  run({"get"});
  EXPECT_THAT(out_, HasSubstr("\x1b[31mfailed\x1b[0m"));
  run({"get", "--no-color"});
  EXPECT_THAT(out_, testing::Not(HasSubstr("\x1b")));
}

TEST_F(CliTest, TextFromTheDaemonCannotDriveTheTerminal) {
  answers(200, R"({"items":[{"name":"a\u001b[2J\n","actual":"running"}]})");
  run({"get", "-o", "table"});
  EXPECT_THAT(out_, HasSubstr("a\\x1b[2J\\n"));
}

TEST_F(CliTest, RequestsOfEveryVerb) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"pause", "p"}, "POST /v1/pipelines/p/pause"},
      {{"resume", "p"}, "POST /v1/pipelines/p/resume"},
      {{"stop", "p"}, "POST /v1/pipelines/p/stop"},
      {{"start", "p"}, "POST /v1/pipelines/p/start"},
      {{"restart", "p"}, "POST /v1/pipelines/p/restart"},
      {{"offsets", "p"}, "GET /v1/pipelines/p/offsets"},
      {{"get", "a/b"}, "GET /v1/pipelines/a%2Fb"},
      {{"trigger", "p"}, "GET /v1/pipelines/p/trigger"},
      {{"trigger", "p", "--reset"}, "DELETE /v1/pipelines/p/trigger"},
      {{"trigger", "p", "real_time", "--timeout", "3s"}, "PUT /v1/pipelines/p/trigger?timeout=3s"},
      {{"delete", "p"}, "DELETE /v1/pipelines/p"},
      {{"delete", "p", "--mode", "now", "--state", "purge", "--timeout", "5s"},
       "DELETE /v1/pipelines/p?mode=now&state=purge&timeout=5s"},
      {{"pause", "p", "--dry-run"}, "POST /v1/pipelines/p/pause?dry_run=plan"},
      {{"delete", "p", "--mode", "now", "--dry-run"},
       "DELETE /v1/pipelines/p?mode=now&dry_run=plan"},
  };
  for (const auto& [arguments, request] : cases) {
    EXPECT_EQ(run(arguments), ExitCode::done) << request << err_;
    EXPECT_EQ(asked().back(), request);
  }
}

TEST_F(CliTest, ASwitchSendsItsTriggerAndPrintsTheReceipt) {
  answers(
      200,
      R"({"from":"real_time","to":"micro_batch","epoch":9182,"replayed_records":0,"intake_paused_ms":3.8,"took_ms":4.6})");
  EXPECT_EQ(run({"trigger", "p", "micro_batch", "--interval", "500ms", "--max-records", "50000",
                 "-o", "table", "--if-match", "3-ab"}),
            ExitCode::done);
  EXPECT_EQ(server_->seen()[0].body,
            R"({"mode":"micro_batch","interval":"500ms","max_records":50000})");
  EXPECT_EQ(server_->seen()[0].header("Content-Type"), "application/json");
  EXPECT_EQ(server_->seen()[0].header("If-Match"), "\"3-ab\"");
  EXPECT_EQ(out_,
            "p  real_time -> micro_batch  epoch 9182  replayed 0  paused 3.8 ms  took 4.6 ms\n");
}

TEST_F(CliTest, AnswersBecomeExitCodes) {
  const std::tuple<int, std::string, ExitCode> cases[] = {
      {400, problem(400, "BAD_QUERY"), ExitCode::failed},
      {400, problem(400, "MALFORMED_JSON"), ExitCode::bad_config},
      {401, problem(401, "UNAUTHENTICATED"), ExitCode::no_permission},
      {403, problem(403, "FORBIDDEN"), ExitCode::no_permission},
      {404, problem(404, "PIPELINE_NOT_FOUND"), ExitCode::failed},
      {408, problem(408, "REQUEST_TIMEOUT"), ExitCode::try_again},
      {409, problem(409, "WRONG_STATE"), ExitCode::failed},
      {409, problem(409, "SWITCH_TIMED_OUT"), ExitCode::try_again},
      {409, problem(409, "PLUGIN_IN_USE", ",\"retryable\":true"), ExitCode::try_again},
      {412, problem(412, "ETAG_MISMATCH"), ExitCode::failed},
      {422, problem(422, "INVALID_BODY"), ExitCode::bad_config},
      {429, problem(429, "RATE_LIMITED"), ExitCode::try_again},
      {500, problem(500, "INTERNAL"), ExitCode::failed},
      {503, problem(503, "STOPPING"), ExitCode::try_again},
      {502, "<html>Bad Gateway</html>", ExitCode::failed},
      {500, "[]", ExitCode::failed},
  };
  for (const auto& [status, body, code] : cases) {
    answers(status, body);
    EXPECT_EQ(run({"pause", "p"}), code) << body;
    EXPECT_EQ(out_, "");
    EXPECT_THAT(err_, testing::MatchesRegex("leat: [A-Z_0-9]+: .*\n")) << body;
  }
}

TEST_F(CliTest, NoDaemonIsExit69AndSilenceIs75) {
  answer_ = [](const auto&) { return FakeHttpServer::Answer{"", true}; };
  EXPECT_EQ(run({"get", "--timeout", "20ms"}), ExitCode::try_again);
  variables_["LEAT_URL"] = "unix:" + folder_ + "/none.sock";
  EXPECT_EQ(run({"get"}), ExitCode::unavailable);
  EXPECT_THAT(err_, HasSubstr("leat serve"));
}

TEST_F(CliTest, UsageErrorsAreExit2WithAUsageLine) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"frobnicate"},
      {"get", "--frobnicate"},
      {"pause"},
      {"wait", "p"},
      {"wait", "p", "--for", "ever"},
      {"get", "-o", "yaml"},
      {"get", "--timeout", "soon"},
      {"trigger", "p", "--interval", "1s"},
      {"trigger", "p", "real_time", "--reset"},
      {"trigger", "p", "micro_batch", "--interval", "x"},
      {"validate"},
      {"apply"},
      {"run"},
      {"delete", "p", "--mode", "maybe"},
      {"completion", "tcsh"},
      {"tap", "p"}};
  for (const auto& arguments : cases) {
    EXPECT_EQ(run(arguments), ExitCode::usage) << testing::PrintToString(arguments);
    EXPECT_THAT(err_, testing::StartsWith("leat: "));
  }
  EXPECT_EQ(run({"get", "--url", "ftp://x"}), ExitCode::usage);
  EXPECT_TRUE(asked().empty());
}

TEST_F(CliTest, HelpIsNoError) {
  EXPECT_EQ(run({"--help"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("serve"));
  EXPECT_EQ(run({"trigger", "--help"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("--interval"));
}

TEST_F(CliTest, TheDaemonIsFoundByFlagVariableThenListenFile) {
  EXPECT_EQ(run({"get", "--url", "unix:" + folder_ + "/none.sock"}), ExitCode::unavailable);
  variables_.erase("LEAT_URL");
  write("listen.json", "{\"pid\":1,\"http\":[\"127.0.0.1:" + std::to_string(server_->port()) +
                           "\"],\"unix\":null}");
  EXPECT_EQ(run({"get"}), ExitCode::done);
  write("listen.json", "{\"http\":[\"127.0.0.1:" + std::to_string(server_->port()) +
                           "\"],\"unix\":\"" + folder_ + "/none.sock\"}");
  EXPECT_EQ(run({"get"}), ExitCode::unavailable);  // the socket first
  EXPECT_THAT(err_, HasSubstr("none.sock"));
}

TEST_F(CliTest, TheTokenComesFromFlagVariableOrStateFolder) {
  const auto sent = [&](std::vector<std::string> arguments) {
    EXPECT_EQ(run(std::move(arguments)), ExitCode::done) << err_;
    return server_->seen().back().header("Authorization");
  };
  EXPECT_EQ(sent({"get"}), "");
  write("admin.token", "from-state\n");
  EXPECT_EQ(sent({"get"}), "Bearer from-state");
  variables_["LEAT_TOKEN_FILE"] = write("other", "from-file\n");
  EXPECT_EQ(sent({"get"}), "Bearer from-file");
  variables_["LEAT_TOKEN"] = "from-variable";
  EXPECT_EQ(sent({"get"}), "Bearer from-variable");
  EXPECT_EQ(sent({"get", "--token-file", write("flag", "from-flag")}), "Bearer from-flag");
  EXPECT_EQ(run({"get", "--token-file", folder_ + "/missing"}), ExitCode::no_permission);
}

TEST_F(CliTest, ApplySaysWhatItDid) {
  bool there = false;
  answer_ = [&](const FakeHttpServer::Seen& seen) {
    if (seen.method == "GET" && !there)
      return FakeHttpServer::reply(404, problem(404, "PIPELINE_NOT_FOUND"));
    if (seen.method == "GET")
      return FakeHttpServer::reply(200, "{}", "application/json", "ETag: \"1-a\"\r\n");
    const bool other = seen.body.find("other") != std::string::npos;
    return FakeHttpServer::reply(there ? 200 : 201, "{}", "application/json",
                                 other ? "ETag: \"2-b\"\r\n" : "ETag: \"1-a\"\r\n");
  };
  const std::string file = write("p.json", "// mine\n{ \"name\": \"p\" }");
  EXPECT_EQ(run({"apply", "-f", file, "-o", "table"}), ExitCode::done);
  EXPECT_EQ(out_, "p  created\n");
  EXPECT_EQ(server_->seen().back().target, "/v1/pipelines/p");
  EXPECT_EQ(server_->seen().back().body, "// mine\n{ \"name\": \"p\" }");
  there = true;
  EXPECT_EQ(run({"apply", "-f", file, "-o", "table"}), ExitCode::done);
  EXPECT_EQ(out_, "p  unchanged\n");
  EXPECT_EQ(run({"apply", "-f", write("q.json", "{ \"name\": \"p\", \"description\": \"other\" }"),
                 "-o", "table"}),
            ExitCode::done);
  EXPECT_EQ(out_, "p  changed\n");
}

TEST_F(CliTest, ApplyTakesFoldersAndGoesOnAfterARefusal) {
  write("defs/b.json", "{\"name\":\"b\"}");
  write("defs/a.json", "{\"name\":\"a\"}");
  write("defs/notes.txt", "no definition");
  answer_ = [&](const FakeHttpServer::Seen& seen) {
    if (seen.method == "GET") return FakeHttpServer::reply(404, problem(404, "PIPELINE_NOT_FOUND"));
    if (seen.target.ends_with("/a")) {
      return FakeHttpServer::reply(
          422, problem(422, "INVALID_DEFINITION",
                       R"(,"errors":[{"pointer":"/steps/0/filter","line":4,"column":9,
          "code":"UNKNOWN_FIELD","message":"field `x` does not exist here","did_you_mean":["y"]}])"));
    }
    return FakeHttpServer::reply(201, "{}");
  };
  EXPECT_EQ(run({"apply", folder_ + "/defs", "-o", "table"}), ExitCode::bad_config);
  EXPECT_EQ(out_, "b  created\n");
  EXPECT_THAT(err_, HasSubstr("leat: INVALID_DEFINITION: told so\n"));
  EXPECT_THAT(err_, HasSubstr(folder_ + "/defs/a.json:4:9: field `x` does not exist here"));
  write("empty/readme", "");
  EXPECT_EQ(run({"apply", folder_ + "/empty"}), ExitCode::usage);
}

TEST_F(CliTest, ADefinitionWithoutANameIsNotSent) {
  EXPECT_EQ(run({"apply", write("x.json", "{ \"name\": ")}), ExitCode::bad_config);
  EXPECT_EQ(run({"apply", write("y.json", "{}")}), ExitCode::bad_config);
  EXPECT_EQ(run({"apply", folder_ + "/missing.json"}), ExitCode::bad_config);
  EXPECT_TRUE(asked().empty());
}

TEST_F(CliTest, ValidateWorksWithoutADaemonAndNamesEveryPlace) {
  const std::string good = write(
      "good.json",
      R"({ "name": "big-orders", "sources": { "orders": { "kafka": { "topics": ["orders"] } } },
    "steps": [ { "filter": "(amount ?? 0) > 100" } ], "sinks": { "out": { "kafka": { "topic": "big-orders" } } } })");
  variables_["LEAT_URL"] = "unix:/nonexistent";
  EXPECT_EQ(run({"validate", good, "-o", "table"}), ExitCode::done) << err_;
  EXPECT_EQ(out_, good + ": valid\n");
  const std::string bad = write("bad.json", "{ \"name\": \"p\",\n  \"souces\": {} }");
  EXPECT_EQ(run({"validate", good, bad, "-q"}), ExitCode::bad_config);
  EXPECT_EQ(out_.find(": valid"), std::string::npos);
  EXPECT_THAT(err_, HasSubstr(bad + ":2:3: "));
  EXPECT_EQ(run({"validate", bad, "-o", "json"}), ExitCode::bad_config);
  EXPECT_THAT(out_, testing::StartsWith("{\"valid\":false,\"diagnostics\":[{"));
  const std::string mistyped =
      write("mistyped.json", R"({ "name": "p", "sources": { "s": { "kafka": { "topics": ["t"] } } },
    "steps": [ { "filter": "amount > > 1" } ], "sinks": { "out": { "kafka": { "topic": "u" } } } })");
  EXPECT_EQ(run({"validate", mistyped}), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr(mistyped + ":2:"));
  EXPECT_EQ(run({"validate", folder_ + "/missing"}), ExitCode::bad_config);
}

TEST_F(CliTest, ValidateTellsTwelveMistakesAtOnceEachWithItsLineAndACaret) {
  const std::string file = write("twelve.json", std::string(support::kTwelveMistakes));
  EXPECT_EQ(run({"validate", file, "-o", "table"}), ExitCode::bad_config);
  std::size_t at = 0;
  for (const support::Mistake& each : support::kMistakes) {
    const std::string number = std::to_string(each.line);
    const std::string place = file + ":" + number + ":";
    at = err_.find(place, at);
    ASSERT_NE(at, std::string::npos) << place << err_;
    const std::string line = err_.substr(at, err_.find('\n', at) - at);
    // The column is the caret's, behind `  12 | `.
    const std::size_t column = std::stoul(line.substr(place.size()));
    EXPECT_EQ(column, static_cast<std::size_t>(each.column));
    const std::size_t caret = err_.find('^', at);
    ASSERT_NE(caret, std::string::npos);
    EXPECT_EQ(caret - err_.rfind('\n', caret) - 1, 2 + number.size() + 3 + column - 1) << line;
    EXPECT_THAT(line, HasSubstr("[" + std::string(each.code) + "]"));
    EXPECT_THAT(line, HasSubstr(std::string(each.remedy)));
    at += line.size();
  }
  EXPECT_EQ(std::count(err_.begin(), err_.end(), '^'), 12);
  EXPECT_THAT(err_, HasSubstr("  5 |   \"trigger\": { \"mode\": \"micro_bath\" },\n"
                              "    |                        ^\n"));
  EXPECT_THAT(err_, HasSubstr("  10 |     { \"filter\": \"amount > > 100\" },\n"
                              "     |                           ^"));
}

TEST_F(CliTest, SchemaPrintsTheSchemaOrExplainsAKey) {
  EXPECT_EQ(run({"schema"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("https://json-schema.org/draft/2020-12/schema"));
  EXPECT_EQ(run({"schema", "--field", "sources.*.kafka.start"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("without a committed offset"));
  EXPECT_EQ(run({"schema", "--field", "sources.*.kafk"}), ExitCode::usage);
  EXPECT_THAT(err_, HasSubstr("did you mean `kafka`?"));
}

TEST_F(CliTest, ValidateAsksTheDaemonThatIsNamed) {
  answers(
      200,
      R"({"valid":false,"diagnostics":[{"severity":"error","line":1,"column":2,"code":"X","message":"wrong"}]})");
  const std::string file = write("p.json", "{}");
  EXPECT_EQ(run({"validate", "--url", server_->url(), file, "-o", "table"}), ExitCode::bad_config);
  EXPECT_THAT(asked(), testing::ElementsAre("POST /v1/pipelines:validate"));
  EXPECT_THAT(err_, HasSubstr(file + ":1:2: wrong"));
  EXPECT_THAT(out_, HasSubstr("not valid"));
}

TEST_F(CliTest, WaitEndsWhenItIsMetAndFailsWhenItIsNot) {
  int calls = 0;
  answer_ = [&](const auto&) {
    return FakeHttpServer::reply(200, ++calls < 3
                                          ? R"({"met":false,"status":{}})"
                                          : R"({"met":true,"status":{"actual":"running"}})");
  };
  EXPECT_EQ(run({"wait", "p", "--for", "running", "-o", "table"}), ExitCode::done);
  EXPECT_EQ(out_, "p  running\n");
  EXPECT_EQ(asked().size(), 3u);
  EXPECT_THAT(asked()[0],
              testing::MatchesRegex("GET /v1/pipelines/p:wait[?]for=running&timeout=[0-9sm]+"));
  answers(200, R"({"met":false,"status":{"actual":"starting"}})");
  EXPECT_EQ(run({"wait", "p", "--for", "caught_up", "--timeout", "0s", "-o", "table"}),
            ExitCode::try_again);
  EXPECT_EQ(out_, "p  starting  not caught_up\n");
}

TEST_F(CliTest, TapPrintsRowsUntilTheEnd) {
  answer_ = [](const auto&) {
    return FakeHttpServer::Answer{
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 2000\n\nevent: "
        "row\ndata: {\"a\":1}\n\n: keep-alive\n\n"
        "event: dropped\ndata: {\"count\":3}\n\nevent: row\ndata: {\"a\":2}\n\nevent: end\ndata: "
        "{\"reason\":\"limit\"}\n\n",
        true};
  };
  EXPECT_EQ(run({"tap", "p", "filter-0", "--limit", "2"}), ExitCode::done);
  EXPECT_EQ(out_, "{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(err_, "leat: rows not shown: {\"count\":3}\n");
  EXPECT_EQ(asked().back(), "GET /v1/pipelines/p/steps/filter-0/tap?limit=2");
  EXPECT_EQ(server_->seen().back().header("Accept"), "text/event-stream");
}

TEST_F(CliTest, ATapThatBreaksOrIsRefusedSaysSo) {
  answer_ = [](const auto&) {
    return FakeHttpServer::Answer{"HTTP/1.1 200 OK\r\n\r\nevent: row\ndata: 1\n\n"};
  };
  EXPECT_EQ(run({"tap", "p", "s"}), ExitCode::unavailable);
  EXPECT_EQ(out_, "1\n");
  answers(404, problem(404, "STEP_NOT_FOUND"));
  EXPECT_EQ(run({"tap", "p", "s"}), ExitCode::failed);
  EXPECT_EQ(err_, "leat: STEP_NOT_FOUND: told so\n");
}

TEST_F(CliTest, VersionAndCompletionNeedNoDaemon) {
  EXPECT_EQ(run({"version"}), ExitCode::done);
  EXPECT_THAT(out_, testing::MatchesRegex("leat [0-9.]+ \\(.*\\)\n"));
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(run({"completion", shell}), ExitCode::done);
    EXPECT_THAT(out_, HasSubstr("trigger"));
    EXPECT_THAT(out_, HasSubstr("leat get -o name"));
  }
  EXPECT_TRUE(asked().empty());
}

TEST_F(CliTest, FunctionsAreListedWithoutADaemon) {
  EXPECT_EQ(run({"functions", "-o", "table"}), ExitCode::done);
  EXPECT_THAT(out_, testing::StartsWith("CALL"));
  EXPECT_THAT(out_, HasSubstr("string.charAt(int) -> string"));
  EXPECT_EQ(run({"functions", "hash.sha", "-o", "name"}), ExitCode::done);
  EXPECT_EQ(out_, "hash.sha1\nhash.sha256\n");
  EXPECT_EQ(run({"functions", "SHA256", "-o", "json"}), ExitCode::done);
  EXPECT_THAT(out_,
              testing::StartsWith("{\"items\":[{\"name\":\"hash.sha256\",\"kind\":\"scalar\""));
  EXPECT_EQ(run({"functions", "nonesuch"}), ExitCode::failed);
  EXPECT_THAT(err_, HasSubstr("nonesuch"));
  EXPECT_EQ(run({"completion", "bash"}), ExitCode::done);
  EXPECT_THAT(out_, HasSubstr("leat functions -o name"));
  EXPECT_TRUE(asked().empty());
}

TEST(Parse, FlagsOfServeBecomeSettings) {
  const char* argv[] = {"leat",         "serve",     "--config",    "c.json",      "--set",
                        "a.b=1",        "--set",     "c=2",         "--listen",    "127.0.0.1:0",
                        "--listen",     "[::1]:0",   "--state-dir", "/s",          "--brokers",
                        "a:1,b:2",      "--workers", "3",           "--log-level", "debug",
                        "--log-format", "json",      "--apply",     "x.json",      "y.json"};
  const Parsed parsed = parse(static_cast<int>(std::size(argv)), argv);
  ASSERT_TRUE(parsed.invocation.has_value()) << parsed.err;
  const Invocation& asked = *parsed.invocation;
  EXPECT_EQ(asked.command, Command::serve);
  EXPECT_EQ(asked.config, "c.json");
  EXPECT_THAT(asked.sets, testing::ElementsAre("a.b=1", "c=2"));
  EXPECT_THAT(asked.files, testing::ElementsAre("x.json", "y.json"));
  EXPECT_THAT(asked.flags,
              testing::UnorderedElementsAre(
                  testing::Pair("http.listen", "[\"127.0.0.1:0\",\"[::1]:0\"]"),
                  testing::Pair("state_dir", "\"/s\""),
                  testing::Pair("kafka.profiles.default.brokers", "[\"a:1\",\"b:2\"]"),
                  testing::Pair("workers", "3"), testing::Pair("log.level", "\"debug\""),
                  testing::Pair("log.format", "\"json\"")));
}

TEST(Parse, GlobalOptionsMayStandOnBothSides) {
  const char* argv[] = {"leat", "-o", "json", "get", "p", "-q", "--timeout", "5s"};
  const Parsed parsed = parse(static_cast<int>(std::size(argv)), argv);
  ASSERT_TRUE(parsed.invocation.has_value()) << parsed.err;
  EXPECT_EQ(parsed.invocation->output, Output::json);
  EXPECT_TRUE(parsed.invocation->quiet);
  EXPECT_EQ(parsed.invocation->timeout, 5s);
  EXPECT_EQ(parsed.invocation->name, "p");
}

}  // namespace
}  // namespace leat::cli
