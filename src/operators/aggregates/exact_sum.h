#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "operators/aggregates/packed.h"
#include "record/value.h"

// Sums without rounding. A finite double is a whole multiple of 2^-1074, so a sum of doubles is a
// whole number of such units, and its square one of 2^-2148: both are kept as fixed-point numbers of
// as many 64-bit words as they need (U. Kulisch's long accumulator; the words in use as in R. Neal,
// "Fast exact summation using small and large superaccumulators", arXiv:1505.05571). Additions are
// exact, so they commute, can be taken back, and be done in parts.
namespace leat::operators {

// A natural number below 2^6144. A value.
class Natural {
 public:
  static constexpr std::size_t kWordsMax = 96;

  Natural() noexcept {}
  Natural(const Natural& other) noexcept { *this = other; }
  Natural& operator=(const Natural& other) noexcept;
  static Natural of_words(const std::uint64_t* words, std::size_t count) noexcept;

  bool zero() const noexcept { return size_ == 0; }
  std::size_t bits() const noexcept;  // up to the highest that is set
  bool bit(std::size_t at) const noexcept;
  bool any_below(std::size_t at) const noexcept;
  std::uint64_t bits_at(std::size_t at) const noexcept;  // the 64 from bit `at` on

  void shift_words(std::size_t words) noexcept;  // times 2^(64 * words)
  void times(std::uint64_t factor) noexcept;
  static Natural square(const Natural& a) noexcept;
  // Gives false, and becomes 0, when `other` is greater.
  bool subtract(const Natural& other) noexcept;
  std::uint64_t divide(std::uint64_t divisor) noexcept;  // gives the remainder

 private:
  void trim() noexcept;

  std::size_t size_ = 0;  // the highest word is not 0
  std::array<std::uint64_t, kWordsMax> words_;
};

// The double nearest to `number` * 2^exponent, ties to even, infinite beyond all doubles. `more`: a
// part of a unit comes on top. Requires: without `more`, or number has at least 64 bits.
double nearest_double(const Natural& number, std::int64_t exponent, bool more = false) noexcept;

// magnitude * 2^position units, negative or not.
struct Term {
  Wide magnitude = 0;
  std::uint32_t position = 0;
  bool negative = false;
};
// In units of 2^-1074. Requires: an integer, unsigned integer, or finite real.
Term term_of(const record::Value& number) noexcept;
// In units of 2^-2148.
Term square_of(const Term& term) noexcept;

// A whole number of units: the sum of terms. 40 bytes hold 256 bits that lie anywhere; wider ones
// go to the heap. Copied as a value.
class ExactSum {
 public:
  static constexpr std::size_t kWordsMax = 70;  // of 2^63 squares of any doubles

  ExactSum() noexcept : inline_{} {}
  ExactSum(const ExactSum& other);
  ExactSum& operator=(const ExactSum&) = delete;
  ~ExactSum() { release(); }

  void add(const Term& term);
  void subtract(const Term& term) { add({term.magnitude, term.position, !term.negative}); }
  void add(const ExactSum& other);

  bool negative() const noexcept;
  // |this| = magnitude() * 2^(64 * low_word()) units.
  Natural magnitude() const noexcept;
  std::size_t low_word() const noexcept { return low_; }
  std::size_t word_count() const noexcept { return size_; }

  // The number of words, 0 or the lowest one's place, and the words in two's complement; as few as
  // say it.
  void pack(std::string& out) const;
  void unpack(Unpacker& in);
  std::size_t heap_bytes() const noexcept { return on_heap() ? capacity_ * 8U : 0; }

 private:
  static constexpr std::uint16_t kInline = 4;

  bool on_heap() const noexcept { return capacity_ > kInline; }
  std::uint64_t* words() noexcept { return on_heap() ? heap_ : inline_; }
  const std::uint64_t* words() const noexcept { return on_heap() ? heap_ : inline_; }
  void cover(std::size_t low, std::size_t end);
  void pack_words(std::size_t first, std::size_t end, std::string& out) const;
  void after_add(bool was_negative, bool added_negative);
  void release() noexcept;

  std::uint16_t low_ = 0;  // the place of the lowest word; below all is 0
  std::uint16_t size_ = 0;
  std::uint16_t capacity_ = kInline;
  union {
    std::uint64_t inline_[kInline];
    std::uint64_t* heap_;
  };
};

}  // namespace leat::operators
