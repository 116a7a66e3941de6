#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// Makes a libFuzzer program of `run`, which takes any bytes and crashes where a promise is broken.
#define LEAT_FUZZ_TARGET(run)                                                         \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    run(std::string_view(reinterpret_cast<const char*>(data), size));                 \
    return 0;                                                                         \
  }
