#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "kafka/flight.h"
#include "record/batch.h"

namespace leat::kafka {

// One row ready for the producer; bytes are borrowed from its parcel's memory.
struct Outgoing {
  std::string_view value;
  std::string_view key;
  std::int64_t timestamp_ms = 0;            // 0 = now
  rd_kafka_headers_t* headers = nullptr;    // owned until it is handed over
  FlightRow* flight = nullptr;
  std::int32_t partition = -1;              // -1 = not chosen yet
  bool null_value = false;
  bool null_key = false;
};

// Rows that wait together, and the memory they view. Movable.
struct Parcel {
  base::Ref<record::BatchMemory> memory;
  std::vector<Outgoing> rows;
  std::size_t sent = 0;  // the first so many are handed over
};

inline void drop_headers(Parcel& parcel) noexcept {
  for (std::size_t i = parcel.sent; i < parcel.rows.size(); ++i)
    if (parcel.rows[i].headers != nullptr) rd_kafka_headers_destroy(parcel.rows[i].headers);
  parcel.rows.clear();
  parcel.sent = 0;
}

}  // namespace leat::kafka
