#include "local/dead_letter_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

#include "base/text.h"
#include "json/write.h"

namespace leat::local {
namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kDigits[three >> (18 - 6 * k) & 63U];
  }
  return text;
}

void write_bytes(json::Writer& writer, std::string_view name, std::string_view bytes, bool null) {
  writer.key(name);
  if (null) {
    writer.null();
  } else if (base::valid_utf8(bytes)) {
    writer.value(bytes);
  } else {
    writer.begin_object().member("base64", base64(bytes)).end_object();
  }
}

std::string_view header_of(const record::Row& row, std::string_view name) {
  const std::span<const record::Header> all = row.all_headers();
  for (std::size_t i = all.size(); i > 0; --i)
    if (all[i - 1].name == name) return all[i - 1].value;
  return {};
}

}  // namespace

std::string dead_letter_line(const record::Row& row) {
  json::Writer writer;
  writer.begin_object()
      .member("pipeline", header_of(row, "leat-pipeline"))
      .member("step", header_of(row, "leat-step"))
      .member("code", header_of(row, "leat-error"))
      .member("message", header_of(row, "__connect.errors.exception.message"));
  if (row.origin != nullptr)
    writer.member("topic", row.origin->topic)
        .member("partition", row.origin->partition.value())
        .member("offset", row.offset);
  writer.member("timestamp_ms", row.timestamp_ms);
  write_bytes(writer, "key", row.key, row.null_key());
  write_bytes(writer, "value", row.value, row.tombstone());
  writer.key("headers").begin_array();
  for (const record::Header& header : row.all_headers()) {
    writer.begin_object().member("key", header.name);
    write_bytes(writer, "value", header.value, header.null);
    writer.end_object();
  }
  return writer.end_array().end_object().take();
}

Status DeadLetterWriter::failure(const char* what) const {
  return Status(Code::unavailable, std::string(what) + ": " + std::strerror(errno))
      .with("path", path_);
}

Status DeadLetterWriter::write(record::RecordBatch& batch, EpochId epoch) {
  if (path_.empty())
    return Status(Code::invalid_argument,
                  "a record failed and there is no place for dead letters: name a topic in "
                  "`on_error.dead_letter`, or say `skip` or `stop`")
        .with("stop", "true");
  stats_.in.add(batch.size());
  for (const record::Row& row : batch.rows()) buffer_.append(dead_letter_line(row)).push_back('\n');
  stats_.out.add(batch.size());
  ledger_.add(epoch, batch.size());
  marks_.push_back({epoch, batch.size()});
  return buffer_.size() >= kBufferBytesMax ? flush() : Status();
}

Status DeadLetterWriter::flush() {
  if (!file_.open()) {
    file_ = Descriptor(
        ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_.open()) return failure("the file for dead letters cannot be opened");
    // A crash may have left half a line.
    struct stat about {};
    char last = '\n';
    if (::fstat(file_.get(), &about) == 0 && about.st_size > 0 &&
        ::pread(file_.get(), &last, 1, about.st_size - 1) == 1 && last != '\n' &&
        ::write(file_.get(), "\n", 1) != 1)
      return failure("dead letters cannot be written");
  }
  std::size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t wrote = ::write(file_.get(), buffer_.data() + done, buffer_.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failure("dead letters cannot be written");
    done += static_cast<std::size_t>(wrote);
  }
  buffer_.clear();
  return {};
}

Status DeadLetterWriter::on_epoch_end(EpochId) {
  if (marks_.empty()) return {};
  LEAT_RETURN_IF_ERROR(flush());
  if (::fdatasync(file_.get()) != 0) return failure("dead letters cannot be synced");
  for (const Mark& mark : marks_) ledger_.done(mark.epoch, mark.rows);
  marks_.clear();
  return {};
}

}  // namespace leat::local
