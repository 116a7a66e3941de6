#include "plugin/probe/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

namespace leat::plugin {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

// Calls that are refused; all others of this kind of machine pass. A list of what is allowed would
// break with every new libc.
constexpr long kRefused[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_execve,
    SYS_execveat,
    SYS_kill,
    SYS_tkill,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_unlinkat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mknodat,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_truncate,
    SYS_ftruncate,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_utimensat,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_memfd_create,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_open_by_handle_at,
    SYS_openat2,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_setsid,
    SYS_setpgid,
    SYS_prlimit64,
    SYS_setrlimit,
    SYS_shmget,
    SYS_shmat,
    SYS_semget,
    SYS_msgget,
    SYS_mq_open,
    SYS_inotify_init1,
    SYS_fanotify_init,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_setuid,
    SYS_setgid,
    SYS_setresuid,
    SYS_setresgid,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
    SYS_unlink,
    SYS_rmdir,
    SYS_rename,
    SYS_renameat,
    SYS_mkdir,
    SYS_link,
    SYS_symlink,
    SYS_mknod,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_creat,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_inotify_init,
#endif
};

sock_filter statement(unsigned code, std::uint32_t k) {
  return {static_cast<std::uint16_t>(code), 0, 0, k};
}
sock_filter jump(unsigned code, std::uint32_t k, unsigned yes, unsigned no) {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes),
          static_cast<std::uint8_t>(no), k};
}

constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

void load(std::vector<sock_filter>& out, std::size_t offset) {
  out.push_back(statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
}
std::size_t argument(unsigned number) {
  return offsetof(seccomp_data, args) + number * sizeof(std::uint64_t);
}

// Refuses the call when its flags (the low half of an argument) have one of these bits, or when `all`
// is asked for and they lack one.
void refuse_flags(std::vector<sock_filter>& out, long call, unsigned number, std::uint32_t bits,
                  bool set) {
  out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4));
  load(out, argument(number));
  out.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, bits, set ? 0 : 1, set ? 1 : 0));
  out.push_back(statement(BPF_RET | BPF_K, kRefuse));
  out.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

std::vector<sock_filter> filter() {
  constexpr std::uint32_t kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  std::vector<sock_filter> out;
  load(out, offsetof(seccomp_data, arch));
  out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
  out.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  load(out, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  // The x32 calls have numbers of their own.
  out.push_back(jump(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  out.push_back(statement(BPF_RET | BPF_K, kRefuse));
  refuse_flags(out, SYS_open, 1, kWrites, true);
#endif
  refuse_flags(out, SYS_openat, 2, kWrites, true);
  // Threads, but no processes. clone3 hides its flags in memory: libc goes back to clone.
  refuse_flags(out, SYS_clone, 0, 0x00010000 /* CLONE_THREAD */, false);
  out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
  out.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
  for (const long call : kRefused) {
    out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    out.push_back(statement(BPF_RET | BPF_K, kRefuse));
  }
  out.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return out;
}

Status refused(const char* what) {
  return Status(Code::permission_denied,
                std::string("the kernel refuses ") + what + ": " + std::strerror(errno));
}

Status limit(int what, std::uint64_t most, const char* name) {
  const struct rlimit both { most, most };
  return ::setrlimit(static_cast<__rlimit_resource>(what), &both) == 0 ? Status() : refused(name);
}

// Bytes of address space in use, from /proc/self/statm; 0 = unknown.
[[maybe_unused]] std::uint64_t address_space() {
  char text[64] = {};
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  std::uint64_t pages = 0;
  for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9'; ++i)
    pages = pages * 10 + static_cast<std::uint64_t>(text[i] - '0');
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

Status enter_sandbox(const SandboxLimits& limits) {
  LEAT_RETURN_IF_ERROR(limit(RLIMIT_CORE, 0, "a limit on core dumps"));
  LEAT_RETURN_IF_ERROR(limit(RLIMIT_FSIZE, 0, "a limit on files"));
  LEAT_RETURN_IF_ERROR(limit(RLIMIT_CPU, limits.cpu_seconds, "a limit on processor time"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // Sanitizers reserve terabytes that they never use.
  LEAT_RETURN_IF_ERROR(
      limit(RLIMIT_AS, address_space() + limits.memory_bytes, "a limit on memory"));
#endif
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return refused("to hide the process");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("to give up privileges");
  std::vector<sock_filter> program = filter();
  const sock_fprog installed{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &installed, 0, 0) != 0)
    return refused("a filter of system calls");
  return {};
}

}  // namespace leat::plugin
