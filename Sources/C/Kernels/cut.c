#include "kernels.h"

#include <string.h>

static float *put_value(float *out, ptrdiff_t pixels, size_t channels, float value) {
  for (ptrdiff_t i = 0; i < pixels * (ptrdiff_t)channels; i++) out[i] = value;
  return out + (pixels > 0 ? pixels * (ptrdiff_t)channels : 0);
}

static float *put_pixels(float *out, ptrdiff_t pixels, size_t channels, const float *from) {
  if (pixels <= 0) return out;
  memcpy(out, from, (size_t)pixels * channels * sizeof *out);
  return out + (size_t)pixels * channels;
}

static ptrdiff_t limited(ptrdiff_t value, ptrdiff_t low, ptrdiff_t high) {
  return value < low ? low : value > high ? high : value;
}

void kernel_cut(const float *map, size_t map_rows, size_t map_columns, size_t channels, const float *window,
                kernel_area window_area, kernel_area area, float border, float *out) {
  ptrdiff_t right = area.left + (ptrdiff_t)area.columns;
  ptrdiff_t from = limited(area.left, 0, (ptrdiff_t)map_columns), to = limited(right, from, (ptrdiff_t)map_columns);
  // The columns that the window gives, in a row that it has.
  ptrdiff_t open = limited(window_area.left, from, to);
  ptrdiff_t shut = limited(window_area.left + (ptrdiff_t)window_area.columns, open, to);
  for (size_t y = 0; y < area.rows; y++) {
    ptrdiff_t row = area.top + (ptrdiff_t)y;
    if (row < 0 || row >= (ptrdiff_t)map_rows) {
      out = put_value(out, (ptrdiff_t)area.columns, channels, border);
      continue;
    }
    const float *line = map + (size_t)row * map_columns * channels;
    ptrdiff_t inner = row - window_area.top;
    out = put_value(out, from - area.left, channels, border);
    if (window && inner >= 0 && inner < (ptrdiff_t)window_area.rows && open < shut) {
      const float *changed = window + ((size_t)inner * window_area.columns) * channels;
      out = put_pixels(out, open - from, channels, line + from * (ptrdiff_t)channels);
      out = put_pixels(out, shut - open, channels, changed + (open - window_area.left) * (ptrdiff_t)channels);
      out = put_pixels(out, to - shut, channels, line + shut * (ptrdiff_t)channels);
    } else {
      out = put_pixels(out, to - from, channels, line + from * (ptrdiff_t)channels);
    }
    out = put_value(out, right - to, channels, border);
  }
}
