#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace leat::daemon {

// The folder in which a daemon keeps what must outlive it. Holding the object is holding the lock.
// Thread-confined.
//
// Codes: already_exists = another daemon has it (the message names its pid); permission_denied,
// unavailable, invalid_argument = it cannot be made, entered or written. Each message says what to
// do.
class StateFolder {
 public:
  // Makes the folder (and those above it) with mode 0700, locks it, and makes identity.json if
  // absent.
  static Result<StateFolder> open(const std::string& path, const Clock& clock);

  StateFolder(StateFolder&& other) noexcept;
  StateFolder& operator=(StateFolder&& other) noexcept;
  ~StateFolder();

  const std::string& path() const noexcept { return path_; }
  // 32 hex digits, the same over restarts.
  const std::string& identity() const noexcept { return identity_; }
  std::string crash_folder() const { return path_ + "/crash"; }

  // `listen.json` tells clients where the daemon is. Written by rename; removed by remove_listen()
  // and the destructor.
  struct Listen {
    std::vector<std::string> http;  // "127.0.0.1:8780"
    std::string unix_path;          // empty = none
    WallTime started_at;
  };
  Status write_listen(const Listen& listen);
  void remove_listen() noexcept;

 private:
  StateFolder(std::string path, int lock) noexcept : path_(std::move(path)), lock_(lock) {}
  Status read_identity(const Clock& clock);

  std::string path_;
  int lock_ = -1;
  bool listening_ = false;
  std::string identity_;
};

// The admin token: made (43 characters base64url and a line end, 0600) when the file is absent.
// permission_denied unless it is a regular file of ours or root's without group and other bits;
// invalid_argument when it holds no token.
Result<std::string> load_or_make_token(const std::string& path);

// 32 bytes from the system's generator, as 43 characters base64url.
std::string random_token();

}  // namespace leat::daemon
