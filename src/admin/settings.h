#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "admin/auth.h"
#include "admin/gate.h"
#include "base/clock.h"

namespace leat::admin {

// What the configuration says about the HTTP side (`http.*`, `auth.*`, `metrics.public`). A value.
struct Settings {
  std::vector<std::string> listen{"127.0.0.1:8780"};  // loopback only; port 0 = any free one
  std::string unix_path;                              // empty = no Unix socket
  std::uint32_t unix_mode = 0660;
  std::vector<std::string>
      hosts;  // further allowed Hosts, lower case; loopback names with the bound port always are
  std::vector<std::string> origins;  // further allowed Origins, lower case

  GateLimits gate;
  std::size_t connections_max = 64;
  std::size_t streams_max = 16;
  std::size_t body_max = 256 * 1024;
  std::size_t definition_max = 1024 * 1024;
  std::size_t stream_buffer_max =
      256 * 1024;  // waiting for one slow reader of a stream; more is dropped

  // All absolute: they count from the start of their phase and are not prolonged by single bytes.
  Duration header_timeout = std::chrono::seconds(5);
  Duration body_timeout = std::chrono::seconds(10);
  Duration write_timeout = std::chrono::seconds(10);
  Duration idle_timeout = std::chrono::seconds(30);
  Duration switch_timeout = std::chrono::seconds(10);  // of requests that name none
  Duration drain_timeout = std::chrono::seconds(60);
  Duration linger_timeout =
      std::chrono::seconds(1);  // for a client to read a refusal while it still sends
  Duration comment_interval = std::chrono::seconds(15);  // keep-alive comments of streams
  Duration stop_timeout = std::chrono::seconds(2);  // for answers under way when the server stops
  Duration wait_tick = std::chrono::milliseconds(20);  // how often `:wait` looks at the snapshot

  AuthSettings auth;
  bool metrics_public = false;
  bool require_if_match = false;
  std::size_t plugin_max = std::size_t{64} * 1024 * 1024;
  bool plugin_upload = false;
};

}  // namespace leat::admin
