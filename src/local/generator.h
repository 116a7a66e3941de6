#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "expr/program.h"
#include "local/partition.h"
#include "record/layout.h"
#include "spec/pipeline.h"

namespace leat::local {

// Rows made of expressions over `seq`: the same for the same `seq`, at any rate and after any
// restart (their timestamps are when they were made). Positions are values of `seq`. What was not
// polled in time is made up in batches. A row whose expression fails has an empty value, which is a
// decode error. Threads: as Partition.
class Generator final : public Partition {
 public:
  struct Field {
    std::string name;
    std::shared_ptr<const expr::Program> program;  // reads column 0, `seq`
  };
  // Error: invalid_argument with the field and the first mistake in its expression.
  static Result<std::unique_ptr<Partition>> make(record::Origin origin, HighMark highest,
                                                 const spec::GeneratorSpec& spec,
                                                 const base::Clock& clock);
  std::optional<std::int64_t> size() const override;

 protected:
  Status prepare(std::int64_t next) override;
  Instant due_at(Instant now) override;
  std::int64_t end_now() const override;
  std::int64_t read(std::int64_t from, std::int64_t end, std::size_t rows_max,
                    record::RecordBatch& out) override;

 private:
  Generator(record::Origin origin, HighMark highest, const spec::GeneratorSpec& spec,
            std::vector<Field> fields, const base::Clock& clock);
  // Behind the last row that is due.
  std::int64_t due_until(Instant now) const;

  const double rows_per_second_;
  const std::int64_t rows_;  // 0 = without end
  const std::vector<Field> fields_;
  const std::unique_ptr<record::RowEncoder> encoder_;
  const base::Clock& clock_;
  Instant started_{};
  std::int64_t first_ = 0;  // due when started
  expr::Scratch scratch_;
};

}  // namespace leat::local
