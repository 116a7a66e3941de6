#include "operators/aggregates/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace leat::operators {
namespace {

using record::Type;
using record::Value;

constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

// Adds with carry in and out, and the same for subtracting.
std::uint64_t plus(std::uint64_t a, std::uint64_t b, std::uint64_t& carry) noexcept {
  const Wide sum = static_cast<Wide>(a) + b + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

std::uint64_t minus(std::uint64_t a, std::uint64_t b, std::uint64_t& borrow) noexcept {
  const Wide difference = static_cast<Wide>(a) - b - borrow;
  borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  return static_cast<std::uint64_t>(difference);
}

// The words of a term, from its own lowest one on.
struct TermWords {
  std::uint64_t words[3];
  std::size_t count;  // the highest is not 0
};

TermWords words_of(const Term& term) noexcept {
  const unsigned shift = term.position % 64;
  const Wide low = term.magnitude << shift;
  TermWords made{{static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(low >> 64),
                  shift == 0 ? 0 : static_cast<std::uint64_t>(term.magnitude >> (128 - shift))},
                 3};
  while (made.count > 0 && made.words[made.count - 1] == 0) --made.count;
  return made;
}

}  // namespace

// ---- natural numbers

Natural& Natural::operator=(const Natural& other) noexcept {
  size_ = other.size_;
  std::copy_n(other.words_.begin(), size_, words_.begin());
  return *this;
}

Natural Natural::of_words(const std::uint64_t* words, std::size_t count) noexcept {
  LEAT_CHECK(count <= kWordsMax);
  Natural made;
  made.size_ = count;
  std::copy_n(words, count, made.words_.begin());
  made.trim();
  return made;
}

void Natural::trim() noexcept {
  while (size_ > 0 && words_[size_ - 1] == 0) --size_;
}

std::size_t Natural::bits() const noexcept {
  if (size_ == 0) return 0;
  return size_ * 64 - static_cast<std::size_t>(std::countl_zero(words_[size_ - 1]));
}

bool Natural::bit(std::size_t at) const noexcept {
  return at / 64 < size_ && (words_[at / 64] >> (at % 64) & 1) != 0;
}

bool Natural::any_below(std::size_t at) const noexcept {
  for (std::size_t i = 0; i < std::min(at / 64, size_); ++i)
    if (words_[i] != 0) return true;
  if (at / 64 >= size_ || at % 64 == 0) return false;
  return (words_[at / 64] << (64 - at % 64)) != 0;
}

std::uint64_t Natural::bits_at(std::size_t at) const noexcept {
  const std::size_t i = at / 64;
  const unsigned shift = at % 64;
  if (i >= size_) return 0;
  const std::uint64_t low = words_[i] >> shift;
  return shift == 0 || i + 1 >= size_ ? low : low | words_[i + 1] << (64 - shift);
}

void Natural::shift_words(std::size_t words) noexcept {
  if (size_ == 0 || words == 0) return;
  LEAT_CHECK(size_ + words <= kWordsMax);
  std::copy_backward(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(size_),
                     words_.begin() + static_cast<std::ptrdiff_t>(size_ + words));
  std::fill_n(words_.begin(), words, 0);
  size_ += words;
}

void Natural::times(std::uint64_t factor) noexcept {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const Wide product = static_cast<Wide>(words_[i]) * factor + carry;
    words_[i] = static_cast<std::uint64_t>(product);
    carry = static_cast<std::uint64_t>(product >> 64);
  }
  if (carry != 0) {
    LEAT_CHECK(size_ < kWordsMax);
    words_[size_++] = carry;
  }
  trim();
}

Natural Natural::square(const Natural& a) noexcept {
  LEAT_CHECK(a.size_ * 2 <= kWordsMax);
  Natural made;
  made.size_ = a.size_ * 2;
  std::fill_n(made.words_.begin(), made.size_, 0);
  for (std::size_t i = 0; i < a.size_; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < a.size_; ++j) {
      const Wide sum = static_cast<Wide>(a.words_[i]) * a.words_[j] + made.words_[i + j] + carry;
      made.words_[i + j] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
    made.words_[i + a.size_] = carry;
  }
  made.trim();
  return made;
}

bool Natural::subtract(const Natural& other) noexcept {
  std::uint64_t borrow = other.size_ > size_ ? 1 : 0;
  for (std::size_t i = 0; i < size_ && other.size_ <= size_; ++i)
    words_[i] = minus(words_[i], i < other.size_ ? other.words_[i] : 0, borrow);
  if (borrow != 0) size_ = 0;
  trim();
  return borrow == 0;
}

std::uint64_t Natural::divide(std::uint64_t divisor) noexcept {
  Wide remainder = 0;
  for (std::size_t i = size_; i-- > 0;) {
    remainder = remainder << 64 | words_[i];
    words_[i] = static_cast<std::uint64_t>(remainder / divisor);
    remainder %= divisor;
  }
  trim();
  return static_cast<std::uint64_t>(remainder);
}

double nearest_double(const Natural& number, std::int64_t exponent, bool more) noexcept {
  constexpr std::int64_t kLowest = -1074;
  if (number.zero()) return 0.0;
  const std::int64_t top = static_cast<std::int64_t>(number.bits()) - 1 + exponent;
  const std::int64_t unit = std::max(top - 52, kLowest);
  if (unit <= exponent)
    return std::ldexp(static_cast<double>(number.bits_at(0)), static_cast<int>(exponent));
  const auto cut = static_cast<std::size_t>(unit - exponent);
  std::uint64_t kept = number.bits_at(cut);
  if (number.bit(cut - 1) && ((kept & 1) != 0 || more || number.any_below(cut - 1))) ++kept;
  return std::ldexp(static_cast<double>(kept), static_cast<int>(unit));
}

// ---- terms

Term term_of(const Value& number) noexcept {
  constexpr std::uint32_t kOne = 1074;
  if (number.is(Type::unsigned_integer)) return {number.as_unsigned(), kOne, false};
  if (number.is(Type::integer)) {
    const bool negative = number.as_integer() < 0;
    return {negative ? ~number.as_unsigned() + 1 : number.as_unsigned(), kOne, negative};
  }
  const auto bits = std::bit_cast<std::uint64_t>(number.as_real());
  const auto exponent = static_cast<std::uint32_t>(bits >> 52 & 0x7FF);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  if (exponent == 0) return {fraction, 0, (bits & kTopBit) != 0};
  return {fraction | std::uint64_t{1} << 52, exponent - 1, (bits & kTopBit) != 0};
}

Term square_of(const Term& term) noexcept {
  return {term.magnitude * term.magnitude, term.position * 2, false};
}

// ---- sums

ExactSum::ExactSum(const ExactSum& other)
    : low_(other.low_), size_(other.size_), capacity_(other.capacity_), inline_{} {
  if (on_heap()) heap_ = new std::uint64_t[capacity_];
  std::copy_n(other.words(), size_, words());
}

void ExactSum::release() noexcept {
  if (on_heap()) delete[] heap_;
}

bool ExactSum::negative() const noexcept { return size_ > 0 && words()[size_ - 1] >= kTopBit; }

// Makes room for the words from `low` up to before `end`, with the value as it is.
void ExactSum::cover(std::size_t low, std::size_t end) {
  if (size_ == 0) low_ = static_cast<std::uint16_t>(low);
  const std::size_t old_end = std::size_t{low_} + size_;
  if (low >= low_ && end <= old_end) return;
  const std::size_t below = low < low_ ? low_ - low : 0;
  const std::size_t above = end > old_end ? end - old_end : 0;
  const std::uint64_t sign = negative() ? ~std::uint64_t{0} : 0;
  const std::size_t size = below + size_ + above;
  if (size > capacity_) {
    const std::size_t capacity = (size + 3) / 4 * 4;
    auto* const wider = new std::uint64_t[capacity];
    std::copy_n(words(), size_, wider + below);
    release();
    heap_ = wider;
    capacity_ = static_cast<std::uint16_t>(capacity);
  } else if (below > 0) {
    std::copy_backward(words(), words() + size_, words() + below + size_);
  }
  std::fill_n(words(), below, 0);
  std::fill_n(words() + below + size_, above, sign);
  low_ = static_cast<std::uint16_t>(low_ - below);
  size_ = static_cast<std::uint16_t>(size);
}

// Two summands of one sign whose sum has the other: the sign did not fit.
void ExactSum::after_add(bool was_negative, bool added_negative) {
  if (was_negative != added_negative || negative() == was_negative) return;
  const std::size_t end = std::size_t{low_} + size_;
  cover(low_, end + 1);
  words()[size_ - 1] = was_negative ? ~std::uint64_t{0} : 0;
}

void ExactSum::add(const Term& term) {
  const TermWords added = words_of(term);
  if (added.count == 0) return;
  const std::size_t at = term.position / 64;
  const bool sign_needs_word = added.words[added.count - 1] >= kTopBit;
  cover(size_ == 0 ? at : std::min<std::size_t>(low_, at),
        std::max<std::size_t>(std::size_t{low_} + size_, at + added.count + sign_needs_word));
  const bool was_negative = negative();
  std::uint64_t* const to = words() + (at - low_);
  const std::size_t room = size_ - (at - low_);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < room && (i < added.count || carry != 0); ++i) {
    const std::uint64_t word = i < added.count ? added.words[i] : 0;
    to[i] = term.negative ? minus(to[i], word, carry) : plus(to[i], word, carry);
  }
  after_add(was_negative, term.negative);
}

void ExactSum::add(const ExactSum& other) {
  if (other.size_ == 0) return;
  const std::size_t other_end = std::size_t{other.low_} + other.size_;
  cover(size_ == 0 ? other.low_ : std::min(low_, other.low_),
        std::max(std::size_t{low_} + size_, other_end));
  const bool was_negative = negative();
  const bool other_negative = other.negative();
  const std::uint64_t sign = other_negative ? ~std::uint64_t{0} : 0;
  std::uint64_t* const to = words() + (other.low_ - low_);
  const std::size_t room = size_ - static_cast<std::size_t>(other.low_ - low_);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < room; ++i)
    to[i] = plus(to[i], i < other.size_ ? other.words()[i] : sign, carry);
  after_add(was_negative, other_negative);
}

Natural ExactSum::magnitude() const noexcept {
  if (!negative()) return Natural::of_words(words(), size_);
  std::array<std::uint64_t, Natural::kWordsMax> turned;
  LEAT_CHECK(size_ <= turned.size());
  std::uint64_t carry = 1;
  for (std::size_t i = 0; i < size_; ++i) turned[i] = plus(~words()[i], 0, carry);
  return Natural::of_words(turned.data(), size_);
}

void ExactSum::pack_words(std::size_t first, std::size_t end, std::string& out) const {
  put_varint(end - first, out);
  put_varint(low_ + first, out);
  for (std::size_t i = first; i < end; ++i) put_word(words()[i], out);
}

void ExactSum::pack(std::string& out) const {
  const std::uint64_t* const all = words();
  std::size_t first = 0;
  std::size_t end = size_;
  while (first < end && all[first] == 0) ++first;
  const std::uint64_t sign = negative() ? ~std::uint64_t{0} : 0;
  while (end > first + 1 && all[end - 1] == sign && (all[end - 2] ^ sign) < kTopBit) --end;
  if (end - first > kInline) return pack_words(first, end, out);
  char bytes[2 * kVarintMax + kInline * 8];
  char* at = put_varint(end - first, bytes);
  if (first != end) at = put_varint(low_ + first, at);
  for (std::size_t i = first; i < end; ++i) at = put_word(all[i], at);
  out.append(bytes, static_cast<std::size_t>(at - bytes));
}

void ExactSum::unpack(Unpacker& in) {
  const std::size_t size = in.count(8);
  const std::uint64_t low = size == 0 ? 0 : in.varint();
  if (size > kWordsMax || low > kWordsMax - size) return in.fail();
  if (size > 0) cover(low, low + size);
  for (std::size_t i = 0; i < size; ++i) words()[i] = in.word();
}

}  // namespace leat::operators
