#include "record/named_error.h"

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace leat::record {
namespace {

struct Named {
  std::string code;
  std::string message;
  RowError error;
};

class Table {
 public:
  const RowError& find_or_add(const RowError& of, std::string_view message) {
    const std::scoped_lock lock(mutex_);
    const auto known = found_.find({of.code, message});
    if (known != found_.end()) return known->second->error;
    if (all_.size() == kNamedErrorsMax) return of;
    Named& made = all_.emplace_back();
    made.code = of.code;
    made.message = message;
    made.error = {made.code, made.message};
    found_.emplace(std::pair<std::string_view, std::string_view>(made.code, made.message), &made);
    return made.error;
  }

 private:
  std::mutex mutex_;
  std::deque<Named> all_;
  std::map<std::pair<std::string_view, std::string_view>, const Named*> found_;
};

}  // namespace

const RowError& named_error(const RowError& of, std::string_view message) {
  static Table* const table = new Table();  // rows outlive everything that could take it away
  return message.size() > kNamedErrorBytesMax ? of : table->find_or_add(of, message);
}

}  // namespace leat::record
