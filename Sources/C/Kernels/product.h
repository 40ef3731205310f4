// Matrix products in registers, and convolutions by them. Included by level_*.c, which define MOST_ROWS, as many as
// leave room for two vectors of the other factor, and EACH_ROWS, the numbers of rows that make up any number.
//
// Every number of a result is one chain of additions along the inner dimension, whatever else is computed beside it:
// it has the same bits in any batch and in any window of a map.

enum { PANEL = 2 * LANES };

// Sums of ROWS × PANEL: a's numbers lie `row` apart from row to row and `step` along, b's rows `b_stride`.
#define SUMS(ROWS)                                                                                                    \
  INLINE void sums##ROWS(const float *a, size_t row, size_t step, const float *b, size_t b_stride,                    \
                         size_t inner, v s[ROWS][2]) {                                                                \
    for (size_t k = 0; k < inner; k++) {                                                                              \
      v b0 = load(b + k * b_stride), b1 = load(b + k * b_stride + LANES);                                             \
      UNROLL for (int r = 0; r < ROWS; r++) {                                                                         \
        v x = (v)(a[r * row + k * step]);                                                                             \
        s[r][0] = multiply_add(x, b0, s[r][0]);                                                                       \
        s[r][1] = multiply_add(x, b1, s[r][1]);                                                                       \
      }                                                                                                               \
    }                                                                                                                 \
  }                                                                                                                   \
  __attribute__((noinline)) static void product##ROWS(const float *a, size_t row, size_t step, const float *b,        \
                                                      size_t b_stride, size_t inner, int adds, float *c,              \
                                                      size_t c_stride) {                                              \
    v s[ROWS][2];                                                                                                     \
    UNROLL for (int r = 0; r < ROWS; r++)                                                                             \
      UNROLL for (int h = 0; h < 2; h++) s[r][h] = adds ? load(c + r * c_stride + LANES * h) : (v)0;                  \
    sums##ROWS(a, row, step, b, b_stride, inner, s);                                                                  \
    UNROLL for (int r = 0; r < ROWS; r++)                                                                             \
      UNROLL for (int h = 0; h < 2; h++) store(c + r * c_stride + LANES * h, s[r][h]);                                \
  }                                                                                                                   \
  __attribute__((noinline)) static void finished##ROWS(const float *a, size_t row, const float *b,                    \
                                                       size_t inner, const float *bias, const float *added,           \
                                                       float limit, float *c, size_t c_stride) {                      \
    /* What is written and added comes from far: asked for before the sums, it is there after them. */                \
    UNROLL for (int r = 0; r < ROWS; r++) {                                                                           \
      __builtin_prefetch(c + r * c_stride, 1);                                                                        \
      if (added) __builtin_prefetch(added + r * c_stride);                                                            \
    }                                                                                                                 \
    v s[ROWS][2] = {};                                                                                                \
    sums##ROWS(a, row, 1, b, PANEL, inner, s);                                                                        \
    UNROLL for (int h = 0; h < 2; h++) {                                                                              \
      v offset = bias ? load(bias + LANES * h) : (v)0;                                                                \
      UNROLL for (int r = 0; r < ROWS; r++) {                                                                         \
        v x = s[r][h] + offset;                                                                                       \
        if (added) x += load(added + r * c_stride + LANES * h);                                                       \
        store(c + r * c_stride + LANES * h, limited(x, limit));                                                       \
      }                                                                                                               \
    }                                                                                                                 \
  }
EACH_ROWS(SUMS)

// Asks for the part of the next panel that falls to rows `done` to `done + now` of `rows`: weights come from memory.
INLINE void ask_for(const float *panel, size_t floats, size_t done, size_t now, size_t rows) {
  const char *from = (const char *)(panel + floats * done / rows);
  const char *end = (const char *)(panel + floats * (done + now) / rows);
  for (; from < end; from += 64) __builtin_prefetch(from, 0, 2);
}

// c, rows × columns: a, rows × inner, times b, whose columns lie in panels.
INLINE void products(const float *a, size_t a_row, const float *b, size_t rows, size_t inner, size_t columns, float *c,
                     size_t c_row) {
  for (size_t column = 0; column < columns; column += PANEL) {
    size_t r = 0;
#define ROWS(N) \
  for (; r + N <= rows; r += N) {                                                                           \
    ask_for(b + (column + PANEL) * inner, PANEL * inner, r, N, rows);                                        \
    product##N(a + r * a_row, a_row, 1, b + column * inner, PANEL, inner, 0, c + r * c_row + column, c_row); \
  }
    EACH_ROWS(ROWS)
#undef ROWS
  }
}
// Adds to c, rows × columns: a turned, inner × rows, times b, inner × columns.
INLINE void turned_products(const float *a, size_t a_row, const float *b, size_t b_row, size_t inner, size_t rows,
                            size_t columns, float *c) {
  for (size_t column = 0; column < columns; column += PANEL) {
    size_t r = 0;
#define ROWS(N) \
  for (; r + N <= rows; r += N) \
    product##N(a + r, 1, a_row, b + column, b_row, inner, 1, c + r * columns + column, columns);
    EACH_ROWS(ROWS)
#undef ROWS
  }
}

static size_t convolution_panels(const convolution_shape *s) { return (s->outputs + PANEL - 1) / PANEL; }

static size_t convolution_packed(const convolution_shape *s) {
  return convolution_panels(s) * PANEL * s->inputs * s->side * s->side;
}

static void convolution_pack(const convolution_shape *s, const float *kernel, float *packed) {
  const size_t area = s->side * s->side, inner = area * s->inputs;
  for (size_t o = 0; o < convolution_panels(s) * PANEL; o++)
    for (size_t c = 0; c < s->inputs; c++)
      for (size_t place = 0; place < area; place++)
        packed[o / PANEL * PANEL * inner + (place * s->inputs + c) * PANEL + o % PANEL] =
            o < s->outputs ? kernel[(o * s->inputs + c) * area + place] : 0;
}

// Pixels of the result at a time: their windows stay in the second cache while all panels pass.
static size_t convolution_block(const convolution_shape *s) {
  size_t inner = s->inputs * s->side * s->side, fits = kernel_cache() / 4 / (inner * sizeof(float)) / MOST_ROWS;
  return (fits < 4 ? 4 : fits > 64 ? 64 : fits) * MOST_ROWS;
}

// Rows of windows lie a cache line off powers of two, which would share a few lines of the first cache.
static size_t convolution_row(const convolution_shape *s) { return s->inputs * s->side * s->side + 16; }

static size_t convolution_scratch(const convolution_shape *s) {
  return convolution_block(s) * convolution_row(s) + MOST_ROWS * PANEL * 2;
}

// Few numbers, for which a call costs more than the copying.
INLINE void copy(float *to, const float *from, size_t count) {
  size_t k = 0;
  for (; k + LANES <= count; k += LANES) store(to + k, load(from + k));
  if (k == count) return;
  if (count >= LANES) store(to + count - LANES, load(from + count - LANES));
  else for (; k < count; k++) to[k] = from[k];
}

// Copies the windows of `count` pixels of the result from `first` on, zero beyond the border.
static void gather_windows(const convolution_shape *s, const float *in, size_t first, size_t count, float *to) {
  const size_t row = convolution_row(s), line = s->side * s->inputs;
  size_t n = first / (s->rows * s->columns), y = first / s->columns % s->rows, x = first % s->columns;
  for (size_t i = 0; i < count; i++, to += row) {
    ptrdiff_t top = (ptrdiff_t)(y * s->stride) - (ptrdiff_t)s->padding;
    ptrdiff_t left = (ptrdiff_t)(x * s->stride) - (ptrdiff_t)s->padding;
    ptrdiff_t from = left < 0 ? -left : 0, end = (ptrdiff_t)s->map_columns - left;
    end = end > (ptrdiff_t)s->side ? (ptrdiff_t)s->side : end;
    for (size_t dy = 0; dy < s->side; dy++) {
      ptrdiff_t source = top + (ptrdiff_t)dy;
      float *out = to + dy * line;
      if (source < 0 || source >= (ptrdiff_t)s->map_rows || from >= end) {
        memset(out, 0, line * sizeof *out);
        continue;
      }
      const float *pixels =
          in + ((n * s->map_rows + (size_t)source) * s->map_columns + (size_t)(left + from)) * s->inputs;
      if (from > 0) memset(out, 0, (size_t)from * s->inputs * sizeof *out);
      copy(out + (size_t)from * s->inputs, pixels, (size_t)(end - from) * s->inputs);
      if (end < (ptrdiff_t)s->side)
        memset(out + (size_t)end * s->inputs, 0, (s->side - (size_t)end) * s->inputs * sizeof *out);
    }
    if (++x == s->columns) {
      x = 0;
      if (++y == s->rows) y = 0, n++;
    }
  }
}

static void convolution_run(const convolution_shape *s, const float *in, const float *packed, const float *bias,
                            const float *added, float limit, float *out, float *scratch) {
  const size_t pixels = s->batch * s->rows * s->columns, inner = s->inputs * s->side * s->side;
  const size_t block = convolution_block(s), outputs = s->outputs, whole = outputs / PANEL * PANEL;
  // Maps of few channels are read where they lie: their pixels share no lines of the first cache.
  const int is_there = s->side == 1 && s->stride == 1 && s->padding == 0 && s->inputs < 512;
  float *edge = scratch + block * convolution_row(s), *edge_added = edge + MOST_ROWS * PANEL;
  float edge_bias[PANEL] = {0};
  if (bias && whole < outputs) memcpy(edge_bias, bias + whole, (outputs - whole) * sizeof *bias);
  for (size_t first = 0; first < pixels; first += block) {
    size_t count = pixels - first < block ? pixels - first : block, row = is_there ? inner : convolution_row(s);
    const float *windows = is_there ? in + first * inner : scratch;
    if (!is_there) gather_windows(s, in, first, count, scratch);
    for (size_t column = 0; column < whole; column += PANEL) {
      const float *offset = bias ? bias + column : NULL;
      size_t r = 0;
#define ROWS(N)                                                                                     \
  for (; r + N <= count; r += N) {                                                                  \
    size_t at = (first + r) * outputs + column;                                                     \
    finished##N(windows + r * row, row, packed + column * inner, inner, offset, added ? added + at : NULL, limit, \
                out + at, outputs);                                                                           \
  }
      EACH_ROWS(ROWS)
#undef ROWS
    }
    if (whole == outputs) continue;
    // The last panel is wider than what is left of the outputs.
    size_t width = outputs - whole, r = 0;
#define ROWS(N)                                                                                      \
  for (; r + N <= count; r += N) {                                                                   \
    float *to = out + (first + r) * outputs + whole;                                                 \
    if (added)                                                                                       \
      for (size_t i = 0; i < N; i++)                                                                 \
        memcpy(edge_added + i * PANEL, added + (first + r + i) * outputs + whole, width * sizeof *added); \
    finished##N(windows + r * row, row, packed + whole * inner, inner, edge_bias, added ? edge_added : NULL, limit, \
                edge, PANEL);                                                                              \
    for (size_t i = 0; i < N; i++) memcpy(to + i * outputs, edge + i * PANEL, width * sizeof *to);   \
  }
    EACH_ROWS(ROWS)
#undef ROWS
  }
}
