#pragma once

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "support/fake_http_server.h"

// Answers as the client of the command line reads them.
namespace leat::fuzz {

// A server on a Unix socket that answers everything with the same bytes.
class AnyAnswer {
 public:
  AnyAnswer() : folder_(made_folder()) {
    address_.unix_path = path();
    // libFuzzer's timer must not interrupt the server's thread, which inherits this mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    LEAT_CHECK(pthread_sigmask(SIG_BLOCK, &all, &before) == 0);
    server_ =
        std::make_unique<test::FakeHttpServer>([this](const auto&) { return said(); }, path());
    LEAT_CHECK(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  }
  ~AnyAnswer() {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  Result<net::Response> ask(std::string_view answer) {
    {
      const std::lock_guard lock(mutex_);
      answer_ = answer;
    }
    return net::HttpClient(address_, base::machine_clock()).exchange({}, std::chrono::seconds(20));
  }

 private:
  static std::string made_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "leat-fuzz-XXXXXX").string();
    LEAT_CHECK(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }
  std::string path() const { return folder_ + "/s"; }
  test::FakeHttpServer::Answer said() {
    const std::lock_guard lock(mutex_);
    return {answer_, false};
  }

  std::string folder_;
  std::mutex mutex_;
  std::string answer_;
  net::Address address_;
  std::unique_ptr<test::FakeHttpServer> server_;
};

inline void check_answer(const net::Response& response) {
  LEAT_CHECK(response.status >= 200 && response.status <= 999);
  for (const auto& [name, value] : response.headers) {
    LEAT_CHECK(!name.empty() && name.find_first_of(": \r\n\t") == std::string::npos);
    LEAT_CHECK(value.find_first_of("\r\n") == std::string::npos);
  }
  const bool bodiless = response.status == 204 || response.status == 304;
  const std::string_view length = response.header("Content-Length");
  if (length.empty() || !response.header("Transfer-Encoding").empty() || bodiless) return;
  LEAT_CHECK(std::to_string(response.body.size()) ==
             length.substr(std::min(length.find_first_not_of('0'), length.size() - 1)));
}

inline void fuzz_http(std::string_view answer) {
  static AnyAnswer server;
  const Result<net::Response> response = server.ask(answer);
  if (response.ok()) {
    check_answer(*response);
    LEAT_CHECK(answer.find(' ') != std::string_view::npos);
  } else {
    const Code code = response.status().code();
    LEAT_CHECK(code == Code::data_loss || code == Code::exhausted ||
               (code == Code::unavailable && answer.empty()));
  }
}

}  // namespace leat::fuzz
