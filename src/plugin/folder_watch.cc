#include "plugin/folder_watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "plugin/candidate.h"
#include "plugin/descriptor.h"
#include "plugin/names.h"

namespace leat::plugin {
namespace {

std::vector<std::string> all_in(const std::string& folder) {
  Result<std::vector<std::string>> names = list_candidates(folder, kWatchedMax);
  return names.ok() ? std::move(names).value() : std::vector<std::string>();
}

class InotifyWatch final : public FolderWatch {
 public:
  explicit InotifyWatch(std::string folder) : folder_(std::move(folder)) {}

  Status start() {
    queue_ = Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!queue_.open() || !add())
      return Status(Code::unavailable,
                    std::string("the plugin folder cannot be watched: ") + std::strerror(errno))
          .with("path", folder_);
    return {};
  }

  int fd() const noexcept override { return queue_.fd(); }

  std::vector<std::string> changed() override {
    std::set<std::string> names;
    bool everything = std::exchange(first_, false);
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    for (;;) {
      const ssize_t got = ::read(queue_.fd(), buffer.data(), buffer.size());
      if (got <= 0) break;
      for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        inotify_event told;
        std::memcpy(&told, buffer.data() + at, sizeof told);
        const char* const name = buffer.data() + at + sizeof told;
        at += sizeof told + told.len;
        if ((told.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) everything = true;
        if ((told.mask & IN_IGNORED) != 0) lost_ = true;
        if (told.len != 0 && (told.mask & IN_ISDIR) == 0) take(names, name);
      }
    }
    if (lost_ && add()) {
      lost_ = false;
      everything = true;
    }
    if (everything)
      for (std::string& name : all_in(folder_)) names.insert(std::move(name));
    return {names.begin(), names.end()};
  }

 private:
  bool add() noexcept {
    return ::inotify_add_watch(queue_.fd(), folder_.c_str(),
                               IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) >= 0;
  }
  // A signature that came after its library makes it worth another look.
  static void take(std::set<std::string>& names, std::string name) {
    if (name.ends_with(".sig")) name.resize(name.size() - 4);
    if (is_library_file_name(name)) names.insert(std::move(name));
  }

  const std::string folder_;
  Descriptor queue_;
  bool first_ = true;
  bool lost_ = false;  // the folder itself went away
};

class PollingWatch final : public FolderWatch {
 public:
  explicit PollingWatch(std::string folder) : folder_(std::move(folder)) {}

  int fd() const noexcept override { return -1; }

  std::vector<std::string> changed() override {
    std::vector<std::string> names;
    std::map<std::string, Seen> now;
    for (const std::string& name : all_in(folder_)) {
      const Looks looks = looks_of(name);
      const auto before = seen_.find(name);
      const bool stayed = before != seen_.end() && before->second.looks == looks;
      const bool told = stayed && before->second.told;
      if ((first_ || stayed) && !told) names.push_back(name);
      now[name] = {looks, told || first_ || stayed};
    }
    seen_ = std::move(now);
    first_ = false;
    return names;
  }

 private:
  // Of the library and of its signature: size, time, inode.
  using Looks = std::array<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::uint64_t>, 2>;
  struct Seen {
    Looks looks;
    bool told = false;
  };
  Looks looks_of(const std::string& name) const {
    Looks looks{};
    std::size_t i = 0;
    for (const char* const suffix : {"", ".sig"}) {
      struct stat facts {};
      if (::lstat((folder_ + "/" + name + suffix).c_str(), &facts) == 0)
        looks[i] = {facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, facts.st_ino};
      ++i;
    }
    return looks;
  }

  const std::string folder_;
  std::map<std::string, Seen> seen_;
  bool first_ = true;
};

}  // namespace

Result<std::unique_ptr<FolderWatch>> watch_by_inotify(const std::string& folder) {
  auto watch = std::make_unique<InotifyWatch>(folder);
  LEAT_RETURN_IF_ERROR(watch->start());
  return std::unique_ptr<FolderWatch>(std::move(watch));
}

std::unique_ptr<FolderWatch> watch_by_polling(const std::string& folder) {
  return std::make_unique<PollingWatch>(folder);
}

}  // namespace leat::plugin
