// A test program without a test framework. Part of leat/plugin_testing.hpp.
//
//   LEAT_TEST(a_card_that_is_quiet_gives_no_row) { LEAT_EXPECT_EQ(f(1), 2); LEAT_EXPECT_ERROR(f(0), "must be positive"); }
//   LEAT_TEST_MAIN()
//
// The program runs all cases, tells each failure with its place, and ends with 1 when there was one.
#pragma once

#include <iostream>
#include <string>
#include <vector>

namespace leat::testing {

struct Case {
  const char* name;
  void (*run)();
};
inline std::vector<Case>& cases() {
  static std::vector<Case> list;
  return list;
}
inline int& failures() {
  static int count = 0;
  return count;
}
inline bool add_case(const char* name, void (*run)()) {
  cases().push_back({name, run});
  return true;
}
inline void tell_failure(const char* file, int line, const std::string& what) {
  std::cerr << file << ':' << line << ": " << what << '\n';
  ++failures();
}

// 0 when all cases held.
inline int run_cases() {
  for (const Case& one : cases()) {
    const int before = failures();
    try {
      one.run();
    } catch (const std::exception& error) {
      tell_failure(one.name, 0, error.what());
    }
    std::cout << (failures() == before ? "ok      " : "FAILED  ") << one.name << '\n';
  }
  if (cases().empty()) std::cerr << "there is no case\n";
  return failures() == 0 && !cases().empty() ? 0 : 1;
}

template <class A, class B>
void expect_eq(const A& a, const B& b, const char* file, int line, const char* text) {
  if (a == b) return;
  std::cerr << "  is " << a << '\n';
  tell_failure(file, line, text);
}
template <class Body>
void expect_error(Body body, const std::string& part, const char* file, int line) {
  try {
    body();
  } catch (const std::exception& error) {
    if (std::string(error.what()).find(part) == std::string::npos)
      tell_failure(file, line, std::string("another error: ") + error.what());
    return;
  }
  tell_failure(file, line, "no error: wanted " + part);
}

}  // namespace leat::testing

#define LEAT_TEST(name)                                                      \
  static void name();                                                        \
  static const bool name##_is_known_ = leat::testing::add_case(#name, name); \
  static void name()
#define LEAT_TEST_MAIN() \
  int main() { return leat::testing::run_cases(); }
#define LEAT_EXPECT(...) \
  ((__VA_ARGS__)         \
       ? void()          \
       : leat::testing::tell_failure(__FILE__, __LINE__, "does not hold: " #__VA_ARGS__))
// Both print with <<.
#define LEAT_EXPECT_EQ(a, ...) \
  leat::testing::expect_eq((a), (__VA_ARGS__), __FILE__, __LINE__, "wanted " #a " == " #__VA_ARGS__)
// The expression throws, and the text has this part.
#define LEAT_EXPECT_ERROR(expression, part) \
  leat::testing::expect_error([&] { (void)(expression); }, (part), __FILE__, __LINE__)
