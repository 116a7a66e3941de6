#include "daemon/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "daemon/crash.h"
#include "json/parse.h"

namespace leat::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// What a fake engine is told to do and what it saw.
struct Script {
  Status opens;
  Status starts;
  Status applies;
  std::function<void()> when_started = [] { ::kill(::getpid(), SIGTERM); };
  std::vector<std::string> calls;
  std::vector<std::string> problems;
  std::string token;
  bool listen_file_at_stop = false;
  std::string state_dir;
};

class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(Script& script) : script_(script) {}
  std::vector<std::string> check() override { return script_.problems; }
  Status open() override { return note("open", script_.opens); }
  std::vector<std::string> http_addresses() const override { return {"127.0.0.1:4711"}; }
  std::string unix_path() const override { return "/x/leat.sock"; }
  Status start() override { return note("start", script_.starts); }
  Status apply(const std::string& file, const std::string& text) override {
    return note("apply " + std::filesystem::path(file).filename().string() + " " + text,
                script_.applies);
  }
  bool started() const noexcept override {
    if (!told_) script_.when_started();
    told_ = true;
    return true;
  }
  bool alive() const noexcept override { return true; }
  void stop() override {
    script_.calls.emplace_back("stop");
    script_.listen_file_at_stop = std::filesystem::exists(script_.state_dir + "/listen.json");
  }

 private:
  Status note(std::string call, const Status& status) {
    script_.calls.push_back(std::move(call));
    return status;
  }
  Script& script_;
  mutable bool told_ = false;
};

class DaemonTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "leat-daemon-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    state_ = folder_ + "/state";
    script_.state_dir = state_;
    options_.input.environment = {{"STATE_DIRECTORY", state_}};
    options_.input.system_file = folder_ + "/none";
    options_.input.sets = {"log.level=off"};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ExitCode run() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code =
        serve(options_, [&](const EngineParts& parts) -> Result<std::unique_ptr<Engine>> {
          script_.token = parts.token;
          return std::unique_ptr<Engine>(std::make_unique<FakeEngine>(script_));
        });
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  static unsigned mode_of(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
  }

  std::string folder_;
  std::string state_;
  ServeOptions options_;
  Script script_;
  std::string out_;
  std::string err_;
};

TEST_F(DaemonTest, LivesFromTheReadyLineToASignal) {
  EXPECT_EQ(run(), ExitCode::done);
  EXPECT_THAT(script_.calls, testing::ElementsAre("open", "start", "stop"));
  EXPECT_THAT(out_, testing::MatchesRegex("leat .* ready http://127.0.0.1:4711 pid=[0-9]+\n"));
  EXPECT_EQ(err_, "");
  EXPECT_EQ(mode_of(state_), 0700u);
  EXPECT_EQ(mode_of(state_ + "/admin.token"), 0600u);
  EXPECT_EQ(*base::read_file(state_ + "/admin.token", 100), script_.token + "\n");
  EXPECT_EQ(script_.token.size(), 43u);
  EXPECT_TRUE(script_.listen_file_at_stop);
  EXPECT_FALSE(std::filesystem::exists(state_ + "/listen.json"));
}

TEST_F(DaemonTest, TokenAndIdentityOutliveARestart) {
  run();
  const std::string token = script_.token;
  const std::string identity = *base::read_file(state_ + "/identity.json", 1000);
  run();
  EXPECT_EQ(script_.token, token);
  EXPECT_EQ(*base::read_file(state_ + "/identity.json", 1000), identity);
}

TEST_F(DaemonTest, ListenJsonTellsClientsWhereItIs) {
  std::string listen;
  script_.when_started = [&] {
    listen = *base::read_file(state_ + "/listen.json", 1000);
    ::kill(::getpid(), SIGINT);
  };
  EXPECT_EQ(run(), ExitCode::done);
  const json::Parsed parsed = json::parse(listen);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.root().find("pid")->as_integer(), ::getpid());
  EXPECT_EQ(*json::find_pointer(parsed.root(), "/http/0")->as_string(), "127.0.0.1:4711");
  EXPECT_EQ(*parsed.root().find("unix")->as_string(), "/x/leat.sock");
}

TEST_F(DaemonTest, WithoutAuthenticationThereIsNoToken) {
  options_.input.sets.emplace_back("auth.mode=none");
  EXPECT_EQ(run(), ExitCode::done);
  EXPECT_EQ(script_.token, "");
  EXPECT_FALSE(std::filesystem::exists(state_ + "/admin.token"));
}

TEST_F(DaemonTest, AConfigurationWithMistakesStartsNothing) {
  options_.input.sets = {"htp.listen=[]", "workers=0"};
  EXPECT_EQ(run(), ExitCode::bad_config);
  EXPECT_TRUE(script_.calls.empty());
  EXPECT_THAT(err_, HasSubstr("leat: --set: there is no setting `htp.listen` [UNKNOWN_SETTING]; "
                              "did you mean `http.listen`"));
  EXPECT_THAT(err_, HasSubstr("`workers`: must be an integer"));
  EXPECT_FALSE(std::filesystem::exists(state_));
}

TEST_F(DaemonTest, APortInUseSaysWhatToDo) {
  script_.opens = Status(Code::already_exists, "127.0.0.1:8780 is in use");
  EXPECT_EQ(run(), ExitCode::try_again);
  EXPECT_THAT(err_, HasSubstr("--listen"));
  EXPECT_EQ(out_, "");
}

TEST_F(DaemonTest, ASecondDaemonOnTheSameFolderNamesTheFirst) {
  const auto first = StateFolder::open(state_, base::machine_clock());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(run(), ExitCode::cant_create);
  EXPECT_THAT(err_, HasSubstr("another leat (pid " + std::to_string(::getpid()) + ")"));
  EXPECT_TRUE(script_.calls.empty());
}

TEST_F(DaemonTest, AFolderThatCannotBeMadeIsNamed) {
  const std::string file = write("file", "");
  options_.input.environment = {{"STATE_DIRECTORY", file + "/state"}};
  EXPECT_EQ(run(), ExitCode::cant_create);
  EXPECT_THAT(err_, HasSubstr("--state-dir"));
  options_.input.environment = {{"STATE_DIRECTORY", file}};
  EXPECT_EQ(run(), ExitCode::cant_create);
}

TEST_F(DaemonTest, ATokenFileThatOthersReadStopsTheStart) {
  ASSERT_TRUE(StateFolder::open(state_, base::machine_clock()).ok());
  ASSERT_TRUE(base::write_file(state_ + "/admin.token", std::string(43, 'x') + "\n", 0640).ok());
  EXPECT_EQ(run(), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr("chmod 600"));
}

TEST_F(DaemonTest, DefinitionsAreAppliedBeforeItIsReady) {
  options_.apply = {write("a.json", "A"), write("b.json", "B")};
  EXPECT_EQ(run(), ExitCode::done);
  EXPECT_THAT(script_.calls,
              testing::ElementsAre("open", "start", "apply a.json A", "apply b.json B", "stop"));
}

TEST_F(DaemonTest, ADefinitionThatIsWrongEndsTheStartInOrder) {
  options_.apply = {write("a.json", "A")};
  script_.applies = Status(Code::invalid_argument, "a.json:1:1: wrong");
  EXPECT_EQ(run(), ExitCode::bad_config);
  EXPECT_THAT(script_.calls, testing::ElementsAre("open", "start", "apply a.json A", "stop"));
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("a.json:1:1: wrong"));
}

TEST_F(DaemonTest, CheckStartsNothing) {
  options_.check = true;
  EXPECT_EQ(run(), ExitCode::done);
  script_.problems = {"pipelines/p.json:1:1: wrong"};
  EXPECT_EQ(run(), ExitCode::bad_config);
  EXPECT_THAT(err_, HasSubstr("leat: pipelines/p.json:1:1: wrong\n"));
  EXPECT_TRUE(script_.calls.empty());
  EXPECT_FALSE(std::filesystem::exists(state_));
}

TEST_F(DaemonTest, AReloadFollowsTheFileAndABadOneChangesNothing) {
  options_.input.sets = {};
  options_.input.file = write("leat.json", R"({"log":{"level":"off"}})");
  const std::string log = folder_ + "/log";
  script_.when_started = [&] {
    write("leat.json",
          R"({"log":{"level":"info","format":"text","to":")" + log + R"("},"workers":1})");
    ::kill(::getpid(), SIGHUP);
  };
  const auto engine = [&](const EngineParts&) -> Result<std::unique_ptr<Engine>> {
    return std::unique_ptr<Engine>(std::make_unique<FakeEngine>(script_));
  };
  testing::internal::CaptureStdout();
  Signals signals;
  Daemon daemon(options_, load_config(options_.input), signals, base::machine_clock());
  const auto first = script_.when_started;
  int round = 0;
  script_.when_started = [&] {
    if (round++ == 0) first();
    ::kill(::getpid(), SIGTERM);  // SIGHUP (1) is delivered before SIGTERM (15)
  };
  EXPECT_EQ(daemon.run(engine), ExitCode::done);
  testing::internal::GetCapturedStdout();
  const std::string text = *base::read_file(log, 100000);
  EXPECT_THAT(text, HasSubstr("configuration reloaded pending_restart=workers"));
  EXPECT_THAT(text, HasSubstr("stopping signal=SIGTERM"));
  ASSERT_TRUE(log::configure(log::Level::off, log::Format::text, "").ok());
}

TEST_F(DaemonTest, TheServiceManagerHearsReadyAndStopping) {
  const std::string path = folder_ + "/notify";
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  options_.input.environment.emplace_back("NOTIFY_SOCKET", path);
  options_.input.environment.emplace_back("WATCHDOG_USEC", "60000000");
  EXPECT_EQ(run(), ExitCode::done);
  std::string heard;
  char buffer[64];
  for (ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0); got > 0;
       got = ::recv(fd, buffer, sizeof(buffer), 0)) {
    heard.append(buffer, static_cast<std::size_t>(got)).append(" ");
  }
  ::close(fd);
  EXPECT_EQ(heard, "READY=1 WATCHDOG=1 STOPPING=1 ");
}

TEST(ServiceNotifier, BeatsAtHalfOfWhatIsAskedAndOnlyForThisProcess) {
  ConfigInput input;
  EXPECT_EQ(ServiceNotifier(input).interval(), Duration::zero());
  input.environment = {{"NOTIFY_SOCKET", "/x"}, {"WATCHDOG_USEC", "3000000"}};
  EXPECT_EQ(ServiceNotifier(input).interval(), 1500ms);
  input.environment.emplace_back("WATCHDOG_PID", "1");
  EXPECT_EQ(ServiceNotifier(input).interval(), Duration::zero());
}

TEST(ReadyLine, NamesTheFirstAddressOrTheSocket) {
  EXPECT_EQ(ready_line("1.0.0", {"127.0.0.1:8780", "[::1]:8780"}, "/x", 12),
            "leat 1.0.0 ready http://127.0.0.1:8780 pid=12\n");
  EXPECT_EQ(ready_line("1.0.0", {}, "/x/leat.sock", 12),
            "leat 1.0.0 ready unix:/x/leat.sock pid=12\n");
}

TEST(Token, RulesOfTheFile) {
  std::string pattern = testing::TempDir() + "leat-token-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const std::string path = folder + "/token";
  const auto given = [&](std::string_view text, mode_t mode) {
    std::filesystem::remove(path);
    EXPECT_TRUE(base::write_file(path, text, mode).ok());
    return load_or_make_token(path);
  };
  EXPECT_EQ(*given("0123456789abcdef\n", 0600), "0123456789abcdef");
  EXPECT_EQ(*given("0123456789abcdef", 0400), "0123456789abcdef");
  for (const mode_t mode : {0640, 0604, 0620, 0610, 0601}) {
    EXPECT_EQ(given("0123456789abcdef\n", mode).status().code(), Code::permission_denied)
        << std::oct << mode;
  }
  EXPECT_EQ(given("short\n", 0600).status().code(), Code::invalid_argument);
  EXPECT_EQ(given("", 0600).status().code(), Code::invalid_argument);
  EXPECT_EQ(given("two words of text\n", 0600).status().code(), Code::invalid_argument);
  EXPECT_EQ(given("0123456789abcdef\n0123456789abcdef\n", 0600).status().code(),
            Code::invalid_argument);
  EXPECT_EQ(load_or_make_token(folder).status().code(), Code::permission_denied);
  EXPECT_FALSE(load_or_make_token(folder + "/none/token").ok());
  std::filesystem::remove_all(folder);
}

TEST(Token, IsBase64UrlAndNeverTheSame) {
  EXPECT_THAT(random_token(), testing::MatchesRegex("[A-Za-z0-9_-]+"));
  EXPECT_EQ(random_token().size(), 43u);
  EXPECT_NE(random_token(), random_token());
}

TEST(Signals, TheSecondOneEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Signals signals;
        ::kill(::getpid(), SIGTERM);
        if (signals.next(-1s) != SIGTERM) std::_Exit(1);
        signals.die_on_next();
        ::raise(SIGTERM);
      },
      testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST(Signals, NothingComesWithinTheTime) {
  Signals signals;
  EXPECT_FALSE(signals.next(1ms).has_value());
}

class CrashTest : public testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    // Death tests run the test anew in a child; both must mean the same folder.
    folder_ = testing::TempDir() + "leat-crash-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string only_file() const {
    std::string text;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      text += *base::read_file(entry.path().string(), 100000);
    return text;
  }
  std::string folder_;
};

TEST_F(CrashTest, ASignalLeavesAFileAndItsDefaultAction) {
  EXPECT_EXIT(
      {
        install_crash_files(folder_);
        ::raise(SIGSEGV);
      },
      testing::KilledBySignal(SIGSEGV), "leat: ended by SIGSEGV; see ");
  const json::Parsed parsed = json::parse(only_file());
  ASSERT_TRUE(parsed.ok()) << only_file();
  EXPECT_EQ(*parsed.root().find("signal")->as_string(), "SIGSEGV");
  EXPECT_GT(parsed.root().find("stack")->elements().size(), 1u);
}

TEST_F(CrashTest, ABrokenAssertionLeavesAFileAndExit70) {
  EXPECT_EXIT(
      {
        install_crash_files(folder_);
        LEAT_CHECK(folder_ == "\"");
      },
      testing::ExitedWithCode(70), "check failed");
  const json::Parsed parsed = json::parse(only_file());
  ASSERT_TRUE(parsed.ok()) << only_file();
  EXPECT_THAT(*parsed.root().find("why")->as_string(), HasSubstr("check failed: folder_ =="));
}

}  // namespace
}  // namespace leat::daemon
