// Plugins that look good from outside and misbehave once they run; a macro says how.
#include <leat/plugin.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

LEAT_PLUGIN("culprit", "1.0.0");

namespace {

[[maybe_unused]] void hang() {
  for (volatile int i = 0;; i = 0) {}
}

// Gives the sum of x; what else it does depends on the macro.
leat_status eval(void*, leat_call*, const leat_batch* in, leat_out* out) {
#ifdef EVAL_CRASHES
  *reinterpret_cast<volatile int*>(8) = 1;
#endif
#ifdef EVAL_HANGS
  hang();
#endif
#ifdef EVAL_EATS_MEMORY
  for (;;) std::memset(std::malloc(1 << 20), 1, 1 << 20);
#endif
  static int64_t calls = 0;
  ++calls;
  for (uint32_t i = 0; i < in->rows; ++i) {
    int64_t value = LEAT_AT(int64_t, &in->cols[0], i) / 2;
#ifdef NOT_PURE
    value += calls;
#endif
#ifdef NOT_INVARIANT
    value += i;
#endif
    static_cast<int64_t*>(out->data)[i] = value;
  }
  return LEAT_OK;
}

[[maybe_unused]] leat_status refuse(const leat_host* host, const char* what) {
  host->log(nullptr, LEAT_LOG_ERROR, {what, std::strlen(what)});
  return LEAT_FATAL;
}

const leat_scalar_ops ops = {sizeof ops, 0, eval};
leat_function function = {};

}  // namespace

extern "C" LEAT_EXPORT leat_status leat_plugin_init(const leat_host* host, leat_registry* registry) {
  function.struct_size = sizeof function;
  function.kind = LEAT_SCALAR;
  function.flags = LEAT_PURE | LEAT_BATCH_INVARIANT;
  function.name = "half";
  function.signature = "(x: int) -> int";
  function.ops = &ops;
#if defined(INIT_FAILS)
  host->fail(nullptr, 7, LEAT_TEXT("no licence"));
  return LEAT_FATAL;
#elif defined(INIT_CRASHES)
  std::abort();
#elif defined(INIT_EXITS)
  std::exit(3);
#elif defined(INIT_HANGS)
  hang();
#elif defined(INIT_THROWS)
  throw 1;
#elif defined(ADDS_NOTHING)
  return LEAT_OK;
#elif defined(ADDS_TWICE)
  host->add(registry, &function);
#elif defined(ADDS_GARBAGE)
  function.kind = 99;
#elif defined(WRITES_FILES)
  const char* path = "/tmp/leat-culprit-was-here";
  if (::open(path, O_WRONLY | O_CREAT, 0600) >= 0) return refuse(host, "a file was opened");
  if (::open("/etc/hostname", O_RDONLY) < 0) return refuse(host, "reading is not allowed");
#elif defined(OPENS_SOCKETS)
  if (::socket(AF_INET, SOCK_STREAM, 0) >= 0) return refuse(host, "a socket was made");
#elif defined(STARTS_PROGRAMS)
  if (::fork() >= 0) return refuse(host, "a process was made");
  char* none[] = {nullptr};
  ::execve("/bin/true", none, none);
#elif defined(CLOSES_DESCRIPTORS)
  for (int fd = 0; fd < 100; ++fd) ::close(fd);
#endif
  if (host->add(registry, &function) != LEAT_OK) return LEAT_FATAL;
  return LEAT_OK;
}
