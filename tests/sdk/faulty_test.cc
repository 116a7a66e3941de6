// The fake host notices what plugins do wrong. The functions are C's, as a careless author writes them.
#include <leat/plugin_testing.hpp>

using leat::testing::Plugin;
using Rows = std::vector<leat::testing::Row>;

static const leat_host* host = nullptr;

static leat_status too_far(void*, leat_call*, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i <= in->rows; ++i) static_cast<int64_t*>(out->data)[i] = 1;
  return LEAT_OK;
}
static leat_status too_few(void*, leat_call*, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i + 1 < in->rows; ++i) static_cast<int64_t*>(out->data)[i] = 1;
  return LEAT_OK;
}
static leat_status unknown(void*, leat_call*, const leat_batch*, leat_out*) { return 17; }
static leat_status unmarked(void*, leat_call*, const leat_batch*, leat_out*) {
  return LEAT_ROWS_FAILED;
}
static leat_status marked(void*, leat_call* call, const leat_batch*, leat_out*) {
  host->fail_row(call, 0, 1, LEAT_TEXT("failed"));
  return LEAT_OK;
}
static leat_status other_row(void*, leat_call* call, const leat_batch* in, leat_out*) {
  host->fail_row(call, in->rows, 1, LEAT_TEXT("failed"));
  return LEAT_ROWS_FAILED;
}
static leat_status code_zero(void*, leat_call* call, const leat_batch*, leat_out*) {
  host->fail_row(call, 0, 0, LEAT_TEXT("failed"));
  return LEAT_ROWS_FAILED;
}
static leat_status null(void*, leat_call*, const leat_batch*, leat_out* out) {
  LEAT_SET_NULL(out, 0);
  return LEAT_OK;
}
static leat_status keyed(void*, leat_call* call, const leat_batch*, leat_out*) {
  leat_str found;
  host->state_get(call, 0, LEAT_TEXT(""), &found);
  return LEAT_OK;
}
// Row numbers within the batch: other batches, other results.
static leat_status numbers(void*, leat_call*, const leat_batch* in, leat_out* out) {
  for (uint32_t i = 0; i < in->rows; ++i) static_cast<int64_t*>(out->data)[i] = i;
  return LEAT_OK;
}
static leat_status wrong_column(void*, leat_call*, const leat_batch*, leat_emit* to) {
  const double x = 1;
  const leat_vec column = {LEAT_DOUBLE, 0, &x, nullptr};
  leat_batch batch{};
  batch.struct_size = sizeof batch, batch.rows = 1, batch.columns = 1, batch.cols = &column;
  return host->emit(to, &batch);
}
static leat_status two_columns(void*, leat_call*, const leat_batch*, leat_emit* to) {
  const int64_t x = 1;
  const leat_vec columns[] = {{LEAT_INT, 0, &x, nullptr}, {LEAT_INT, 0, &x, nullptr}};
  leat_batch batch{};
  batch.struct_size = sizeof batch, batch.rows = 1, batch.columns = 2, batch.cols = columns;
  return host->emit(to, &batch);
}
static leat_status wrong_origin(void*, leat_call*, const leat_batch* in, leat_emit* to) {
  const int64_t x = 1;
  const uint32_t origin = in->rows;
  const leat_vec column = {LEAT_INT, 0, &x, nullptr};
  leat_batch batch{};
  batch.struct_size = sizeof batch, batch.rows = 1, batch.columns = 1, batch.cols = &column,
  batch.origin = &origin;
  return host->emit(to, &batch);
}

template <leat_status (*Eval)(void*, leat_call*, const leat_batch*, leat_out*), uint32_t Flags = 0>
static leat_status scalar(const leat_host* h, leat_registry* registry) {
  host = h;
  static leat_scalar_ops ops{};
  static leat_function function{};
  ops.struct_size = sizeof ops, ops.eval = Eval;
  function.struct_size = sizeof function, function.kind = LEAT_SCALAR, function.flags = Flags;
  function.name = "f", function.signature = "(x: int) -> int", function.ops = &ops;
  return h->add(registry, &function);
}
template <leat_status (*Each)(void*, leat_call*, const leat_batch*, leat_emit*)>
static leat_status flat_map(const leat_host* h, leat_registry* registry) {
  host = h;
  static leat_flat_map_ops ops{};
  static leat_function function{};
  ops.struct_size = sizeof ops, ops.rows = Each;
  function.struct_size = sizeof function, function.kind = LEAT_FLAT_MAP;
  function.name = "f", function.signature = "(x: int) -> { y: int }", function.ops = &ops;
  return h->add(registry, &function);
}
static void call(Plugin::Init init) { Plugin(init).scalar("f").call(Rows{{1}, {1}}); }
static void rows(Plugin::Init init) { Plugin(init).flat_map("f").call(Rows{{1}, {1}}); }

LEAT_TEST(slots_are_written_once_and_within_bounds) {
  LEAT_EXPECT_ERROR(call(scalar<too_far>), "the plugin wrote outside of its result slots");
  LEAT_EXPECT_ERROR(call(scalar<too_few>), "row 1 of the result was not written");
  LEAT_EXPECT_ERROR(call(scalar<null>), "row 0 of the result is null, the signature has no `?`");
}
LEAT_TEST(statuses_say_what_happened) {
  LEAT_EXPECT_ERROR(call(scalar<unknown>), "unknown status 17");
  LEAT_EXPECT_ERROR(call(scalar<unmarked>), "LEAT_ROWS_FAILED and no row is marked");
  LEAT_EXPECT_ERROR(call(scalar<marked>), "rows are marked failed, the status is LEAT_OK");
  LEAT_EXPECT_ERROR(call(scalar<other_row>), "fail_row: row 2 of 2");
  LEAT_EXPECT_ERROR(call(scalar<code_zero>), "code 0 is not within 1..999999");
}
LEAT_TEST(keyed_state_is_for_keyed_functions) {
  LEAT_EXPECT_ERROR(call(scalar<keyed>), "keyed state only inside rows and timer");
}
LEAT_TEST(batch_invariance_is_checked_with_random_batches) {
  LEAT_EXPECT_ERROR(call(scalar<numbers, LEAT_BATCH_INVARIANT>),
                    "LEAT_BATCH_INVARIANT is declared");
  call(scalar<numbers>);
}
LEAT_TEST(unknown_flags_are_refused) {
  LEAT_EXPECT_ERROR(call(scalar<numbers, 64>), "f: unknown flags");
  LEAT_EXPECT_ERROR(call(scalar<nullptr>), "f: a function of its ops is missing");
}
LEAT_TEST(emitted_rows_have_the_shape_of_the_signature) {
  LEAT_EXPECT_ERROR(rows(flat_map<wrong_column>), "emit: `y` is double, the signature has int");
  LEAT_EXPECT_ERROR(rows(flat_map<two_columns>), "emit: 2 columns, the signature has 1");
  LEAT_EXPECT_ERROR(rows(flat_map<wrong_origin>), "emit: an origin that is no input row");
}

LEAT_TEST_MAIN()
