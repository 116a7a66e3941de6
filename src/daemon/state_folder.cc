#include "daemon/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/check.h"
#include "base/file.h"
#include "json/parse.h"
#include "json/write.h"

namespace leat::daemon {
namespace {

constexpr std::size_t kSmallFile = 4096;
constexpr std::size_t kTokenMin = 16;
constexpr std::size_t kTokenMax = 512;

Status no_folder(std::string why, const std::string& path) {
  return Status(Code::permission_denied,
                std::move(why) +
                    ": choose another folder with --state-dir, or make it writable for this user")
      .with("path", path);
}

void fill_random(std::span<unsigned char> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
    LEAT_CHECK(got > 0 || errno == EINTR);
    if (got > 0) done += static_cast<std::size_t>(got);
  }
}

std::string random_hex() {
  std::array<unsigned char, 16> bytes;
  fill_random(bytes);
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

Status make_folder(const std::string& path) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return no_folder(std::string("the state folder cannot be made (") + std::strerror(errno) + ")",
                     path);
  }
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0 || !S_ISDIR(about.st_mode))
    return no_folder("the state folder is no folder", path);
  const bool open_to_others = (about.st_mode & 077) != 0;
  if (open_to_others && ::chmod(path.c_str(), 0700) != 0) {
    return no_folder("the state folder belongs to another user and is open to others", path);
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    return no_folder("the state folder cannot be written", path);
  return {};
}

Status held_by_another(int lock, const std::string& path) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(lock, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return Status(Code::already_exists,
                "another leat (pid " + (pid.empty() ? "unknown" : pid) +
                    ") uses this state folder: stop it, or choose another folder with --state-dir")
      .with("path", path);
}

}  // namespace

StateFolder::StateFolder(StateFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      listening_(std::exchange(other.listening_, false)),
      identity_(std::move(other.identity_)) {}

StateFolder& StateFolder::operator=(StateFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(listening_, other.listening_);
  std::swap(identity_, other.identity_);
  return *this;
}

StateFolder::~StateFolder() {
  remove_listen();
  if (lock_ >= 0) ::close(lock_);
}

Result<StateFolder> StateFolder::open(const std::string& path, const Clock& clock) {
  LEAT_RETURN_IF_ERROR(make_folder(path));
  const int lock = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0)
    return no_folder(std::string("the lock file cannot be made (") + std::strerror(errno) + ")",
                     path);
  StateFolder folder(path, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return held_by_another(lock, path);
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 ||
      ::pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return no_folder(std::string("the lock file cannot be written (") + std::strerror(errno) + ")",
                     path);
  }
  if (::mkdir(folder.crash_folder().c_str(), 0700) != 0 && errno != EEXIST) {
    return no_folder("the folder for crash files cannot be made", folder.crash_folder());
  }
  // Left by a daemon that was killed; nobody listens there now.
  ::unlink((path + "/listen.json").c_str());
  LEAT_RETURN_IF_ERROR(folder.read_identity(clock));
  return folder;
}

Status StateFolder::read_identity(const Clock& clock) {
  const std::string path = path_ + "/identity.json";
  const Result<std::string> text = base::read_file(path, kSmallFile);
  if (text.ok()) {
    const json::Parsed parsed = json::parse(*text);
    const json::Value* id = parsed.ok() ? parsed.root().find("id") : nullptr;
    if (id == nullptr || !id->is_string()) {
      return Status(Code::data_loss,
                    "the identity file is damaged: restore it, or remove it to begin anew")
          .with("path", path);
    }
    identity_ = *id->as_string();
    return {};
  }
  if (text.status().code() != Code::not_found) return text.status();
  identity_ = random_hex();
  json::Writer writer;
  writer.begin_object()
      .member("id", identity_)
      .member("created_at", base::to_rfc3339(clock.wall_now()))
      .end_object();
  return base::write_file(path, writer.take() + "\n", 0600);
}

Status StateFolder::write_listen(const Listen& listen) {
  json::Writer writer;
  writer.begin_object()
      .member("pid", static_cast<std::int64_t>(::getpid()))
      .key("http")
      .begin_array();
  for (const std::string& address : listen.http) writer.value(address);
  writer.end_array();
  if (listen.unix_path.empty())
    writer.member_null("unix");
  else
    writer.member("unix", listen.unix_path);
  writer.member("started_at", base::to_rfc3339(listen.started_at)).end_object();
  listening_ = true;
  return base::write_file(path_ + "/listen.json", writer.take() + "\n", 0600);
}

void StateFolder::remove_listen() noexcept {
  if (std::exchange(listening_, false)) ::unlink((path_ + "/listen.json").c_str());
}

std::string random_token() {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 33>
      bytes{};  // 32 and a zero: 44 digits, the last of which says nothing
  fill_random(std::span(bytes).first(32));
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group =
        (unsigned{bytes[i]} << 16) | (unsigned{bytes[i + 1]} << 8) | bytes[i + 2];
    for (const unsigned shift : {18U, 12U, 6U, 0U}) out += kDigits[(group >> shift) & 63U];
  }
  out.pop_back();
  return out;
}

Result<std::string> load_or_make_token(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0 && errno == ENOENT) {
    const std::string token = random_token();
    LEAT_RETURN_IF_ERROR(base::write_file(path, token + "\n", 0600));
    return token;
  }
  if (::stat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) {
    return Status(Code::permission_denied, "the token file is no regular file").with("path", path);
  }
  if (about.st_uid != ::geteuid() && about.st_uid != 0) {
    return Status(Code::permission_denied, "the token file belongs to another user")
        .with("path", path);
  }
  if ((about.st_mode & 077) != 0) {
    return Status(Code::permission_denied,
                  "others may read the token file: chmod 600 it, or remove it to get a new one")
        .with("path", path);
  }
  Result<std::string> token = base::read_file(path, kSmallFile);
  if (!token.ok()) return token;
  while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
  const bool visible =
      std::all_of(token->begin(), token->end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (token->size() < kTokenMin || token->size() > kTokenMax || !visible) {
    return Status(Code::invalid_argument,
                  "the token file must hold one line of 16 to 512 visible characters")
        .with("path", path);
  }
  return token;
}

}  // namespace leat::daemon
