/* geo: places as text and directions, in C over the plugin ABI alone. README.md has the functions. */
#include <leat/plugin.h>
#include <math.h>

LEAT_PLUGIN("geo", "1.0.0");

enum { BAD_PLACE = 1, BAD_LENGTH = 2 };
static const double kDegree = 3.14159265358979323846 / 180;

static int is_place(double lat, double lon) { return lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180; }

/* Writes `length` characters of the geohash (G. Niemeyer, 2008): halves of longitude and latitude in turn, five to a character. */
static void write_geohash(double lat, double lon, int64_t length, char *text) {
  static const char digits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  double low[2] = {-180, -90}, high[2] = {180, 90};
  const double at[2] = {lon, lat};
  unsigned axis = 0;
  for (int64_t i = 0; i < length; i++) {
    unsigned digit = 0;
    for (unsigned bit = 0; bit < 5; bit++, axis ^= 1) {
      const double middle = (low[axis] + high[axis]) / 2;
      const int upper = at[axis] >= middle;
      digit = digit << 1 | (unsigned)upper;
      if (upper) {
        low[axis] = middle;
      } else {
        high[axis] = middle;
      }
    }
    text[i] = digits[digit];
  }
}

static leat_status geohash(void *self, leat_call *call, const leat_batch *in, leat_out *out) {
  const leat_host *host = (const leat_host *)self;
  leat_status status = LEAT_OK;
  for (uint32_t i = 0; i < in->rows; i++) {
    const double lat = LEAT_AT(double, &in->cols[0], i), lon = LEAT_AT(double, &in->cols[1], i);
    const int64_t length = LEAT_AT(int64_t, &in->cols[2], i);
    if (!is_place(lat, lon)) {
      host->fail_row(call, i, BAD_PLACE, LEAT_TEXT("`lat` must be within [-90, 90], `lon` within [-180, 180]"));
      status = LEAT_ROWS_FAILED;
    } else if (length < 1 || length > 12) {
      host->fail_row(call, i, BAD_LENGTH, LEAT_TEXT("`length` must be within [1, 12]"));
      status = LEAT_ROWS_FAILED;
    } else {
      char *text = (char *)host->alloc(call, (size_t)length, 1);
      leat_str *slot = (leat_str *)out->data + i;
      if (text == NULL) return LEAT_RETRY;
      write_geohash(lat, lon, length, text);
      slot->ptr = text;
      slot->len = (size_t)length;
    }
  }
  return status;
}

/* Initial bearing of the great circle: atan2(sin dlon cos lat2, cos lat1 sin lat2 - sin lat1 cos lat2 cos dlon). */
static leat_status bearing(void *self, leat_call *call, const leat_batch *in, leat_out *out) {
  const leat_host *host = (const leat_host *)self;
  leat_status status = LEAT_OK;
  for (uint32_t i = 0; i < in->rows; i++) {
    const double lat1 = LEAT_AT(double, &in->cols[0], i), lon1 = LEAT_AT(double, &in->cols[1], i);
    const double lat2 = LEAT_AT(double, &in->cols[2], i), lon2 = LEAT_AT(double, &in->cols[3], i);
    if (!is_place(lat1, lon1) || !is_place(lat2, lon2)) {
      host->fail_row(call, i, BAD_PLACE, LEAT_TEXT("a latitude must be within [-90, 90], a longitude within [-180, 180]"));
      status = LEAT_ROWS_FAILED;
      continue;
    }
    const double a = lat1 * kDegree, b = lat2 * kDegree, turn = (lon2 - lon1) * kDegree;
    const double y = sin(turn) * cos(b), x = cos(a) * sin(b) - sin(a) * cos(b) * cos(turn);
    const double degrees = atan2(y, x) / kDegree;
    ((double *)out->data)[i] = degrees < 0 ? degrees + 360 : degrees;
  }
  return status;
}

/* The instance is the host: nothing else is kept. */
static leat_status keep_host(const leat_host *host, leat_call *call, void *user, leat_str with, void **instance) {
  (void)call, (void)user, (void)with;
  *instance = (void *)(uintptr_t)host;
  return LEAT_OK;
}

static const leat_scalar_ops geohash_ops = {.struct_size = sizeof geohash_ops, .eval = geohash};
static const leat_function geohash_function = {
    .struct_size = sizeof geohash_function,
    .kind = LEAT_SCALAR,
    .flags = LEAT_PURE | LEAT_NULL_PROPAGATES | LEAT_BATCH_INVARIANT,
    .name = "geohash",
    .signature = "(lat: double, lon: double, length: int) -> string?",
    .doc = "The geohash of a place, 1 to 12 characters.",
    .ops = &geohash_ops,
    .open = keep_host};

static const leat_scalar_ops bearing_ops = {.struct_size = sizeof bearing_ops, .eval = bearing};
static const leat_function bearing_function = {
    .struct_size = sizeof bearing_function,
    .kind = LEAT_SCALAR,
    .flags = LEAT_PURE | LEAT_NULL_PROPAGATES | LEAT_BATCH_INVARIANT,
    .name = "bearing",
    .signature = "(lat1: double, lon1: double, lat2: double, lon2: double) -> double?",
    .doc = "Degrees clockwise from north at the first place towards the second.",
    .ops = &bearing_ops,
    .open = keep_host};

LEAT_EXPORT leat_status leat_plugin_init(const leat_host *host, leat_registry *registry) {
  leat_status status = host->add(registry, &geohash_function);
  if (status == LEAT_OK) status = host->add(registry, &bearing_function);
  return status;
}
