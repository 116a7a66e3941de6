#include "admin/loop.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>

#include "base/log.h"

namespace leat::admin {

namespace asio = boost::asio;

struct Loop::Impl {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::atomic<bool> stopped{false};
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() { impl_->stopped.store(true); }

void Loop::run() {
  while (!impl_->io.stopped()) {
    try {
      impl_->io.run();
    } catch (const std::exception& error) {
      log::error("admin", "an exception reached the loop", {{"what", error.what()}});
    } catch (...) {
      log::error("admin", "an unknown exception reached the loop");
    }
  }
}

void Loop::stop() {
  impl_->stopped.store(true);
  impl_->io.stop();
}

void Loop::post(std::function<void()> work) {
  if (!impl_->stopped.load()) asio::post(impl_->io, std::move(work));
}

void Loop::after(Duration delay, std::function<void()> work) {
  if (impl_->stopped.load()) return;
  auto timer = std::make_shared<asio::steady_timer>(impl_->io, delay);
  timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
    if (!error) work();
  });
}

asio::io_context& Loop::io() noexcept { return impl_->io; }

}  // namespace leat::admin
