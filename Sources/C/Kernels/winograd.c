#include "winograd.h"

// Convolutions of 3×3 by Winograd's minimal filtering (Lavin and Gray 2016): a tile of m × m results takes
// (m + 2)² multiplications for every pair of channels instead of 9 m². Blocks of tiles are transformed, multiplied
// with the transformed weights, one product for each point of the tile, and transformed back, within the cache.

static size_t winograd_block(const winograd_shape *s, size_t m);
static size_t winograd_weights_block(const winograd_shape *s, size_t m);

#if defined(__x86_64__)
#include <immintrin.h>

int winograd_is_supported(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"); }

#define WIDE __attribute__((target("avx512f,avx512dq"), always_inline)) static inline
#define RUN __attribute__((target("avx512f,avx512dq")))
typedef __m512 v;

// B' of F(2×2, 3×3) and F(4×4, 3×3), along one dimension: alpha values in, alpha out (Lavin and Gray 2016).
WIDE void into2(const v *d, v *t) {
  t[0] = d[0] - d[2];
  t[1] = d[1] + d[2];
  t[2] = d[2] - d[1];
  t[3] = d[1] - d[3];
}
WIDE void into4(const v *d, v *t) {
  v four = _mm512_set1_ps(4), five = _mm512_set1_ps(5), two = _mm512_set1_ps(2);
  v a = d[4] - four * d[2], b = d[3] - four * d[1], c = d[4] - d[2], e = two * (d[3] - d[1]);
  t[0] = four * d[0] - five * d[2] + d[4];
  t[1] = a + b;
  t[2] = a - b;
  t[3] = c + e;
  t[4] = c - e;
  t[5] = four * d[1] - five * d[3] + d[5];
}
// A': alpha values in, as many out as a tile is long.
WIDE void out2(const v *m, v *y) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}
WIDE void out4(const v *m, v *y) {
  v two = _mm512_set1_ps(2), four = _mm512_set1_ps(4), eight = _mm512_set1_ps(8);
  v a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + two * d;
  y[2] = a + four * c;
  y[3] = b + eight * d + m[5];
}

// G, along one dimension: three values in, alpha out.
WIDE void filter2(const v *k, v *t) {
  v half = _mm512_set1_ps(.5f), ends = half * (k[0] + k[2]), middle = half * k[1];
  t[0] = k[0];
  t[1] = ends + middle;
  t[2] = ends - middle;
  t[3] = k[2];
}
WIDE void filter4(const v *k, v *t) {
  v sixth = _mm512_set1_ps(1.f / 6), quarter = _mm512_set1_ps(.25f);
  v near = -sixth * (k[0] + k[2]), far = sixth * (quarter * k[0] + k[2]), middle = sixth * k[1];
  t[0] = quarter * k[0];
  t[1] = near - middle;
  t[2] = near + middle;
  t[3] = far + _mm512_set1_ps(.5f) * middle;
  t[4] = far - _mm512_set1_ps(.5f) * middle;
  t[5] = k[2];
}
// A, the other way: as many values in as a tile is long, alpha out.
WIDE void back2(const v *y, v *t) {
  t[0] = y[0];
  t[1] = y[0] + y[1];
  t[2] = y[0] - y[1];
  t[3] = -y[1];
}
WIDE void back4(const v *y, v *t) {
  v two = _mm512_set1_ps(2), four = _mm512_set1_ps(4);
  v even = y[0] + y[2], odd = y[1] + y[3], far = y[0] + four * y[2], steep = two * (y[1] + four * y[3]);
  t[0] = y[0];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = far + steep;
  t[4] = far - steep;
  t[5] = y[3];
}
// G', along one dimension: alpha values in, three out.
WIDE void unfilter2(const v *t, v *k) {
  v half = _mm512_set1_ps(.5f), ends = half * (t[1] + t[2]);
  k[0] = t[0] + ends;
  k[1] = half * (t[1] - t[2]);
  k[2] = ends + t[3];
}
WIDE void unfilter4(const v *t, v *k) {
  v sixth = _mm512_set1_ps(1.f / 6), quarter = _mm512_set1_ps(.25f), half = _mm512_set1_ps(.5f);
  v near = sixth * (t[1] + t[2]), far = sixth * (t[3] + t[4]);
  k[0] = quarter * (t[0] + far) - near;
  k[1] = sixth * (t[2] - t[1] + half * (t[3] - t[4]));
  k[2] = far - near + t[5];
}

WIDE void pack_learning(const float *kernel, size_t inputs, size_t outputs, const size_t m, int turned,
                        float *packed) {
  const size_t alpha = m + 2;
  int step = turned ? 9 : (int)(9 * inputs);
  __m512i lanes = _mm512_mullo_epi32(_mm512_set1_epi32(step),
                                     _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  for (size_t o = 0; o < outputs; o += 16)
    for (size_t c = 0; c < inputs; c++) {
      const float *first = kernel + 9 * (turned ? c * outputs + o : o * inputs + c);
      v half[3][6], k[3];
      for (int y = 0; y < 3; y++) {
        for (int x = 0; x < 3; x++) {
          int place = 3 * y + x;
          k[x] = _mm512_i32gather_ps(lanes, first + (turned ? 8 - place : place), 4);
        }
        if (m == 2) filter2(k, half[y]); else filter4(k, half[y]);
      }
      for (size_t j = 0; j < alpha; j++) {
        v line[6];
        for (int y = 0; y < 3; y++) k[y] = half[y][j];
        if (m == 2) filter2(k, line); else filter4(k, line);
        for (size_t i = 0; i < alpha; i++)
          _mm512_store_ps(packed + ((i * alpha + j) * outputs + o / 32 * 32) * inputs + c * 32 + o % 32, line[i]);
      }
    }
}

RUN void winograd_pack_learning(const float *kernel, size_t inputs, size_t outputs, size_t m, int turned,
                                float *packed) {
  if (m == 2)
    pack_learning(kernel, inputs, outputs, 2, turned, packed);
  else
    pack_learning(kernel, inputs, outputs, 4, turned, packed);
}

// Rows × 32 numbers of a product, in place of those in c or added to them: a's numbers lie `row` apart from row to row
// and `step` along, b's rows `b_stride`.
#define PRODUCT(ROWS)                                                                             \
  RUN static void product##ROWS(const float *a, size_t row, size_t step, const float *b,          \
                                size_t b_stride, size_t inner, int adds, float *c,                \
                                size_t c_stride) {                                                \
    v s[ROWS][2];                                                                                 \
    for (int r = 0; r < ROWS; r++)                                                                \
      for (int h = 0; h < 2; h++)                                                                 \
        s[r][h] = adds ? _mm512_loadu_ps(c + r * c_stride + 16 * h) : _mm512_setzero_ps();        \
    for (size_t k = 0; k < inner; k++) {                                                          \
      v b0 = _mm512_loadu_ps(b + k * b_stride), b1 = _mm512_loadu_ps(b + k * b_stride + 16);      \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                         \
        v x = _mm512_set1_ps(a[r * row + k * step]);                                              \
        s[r][0] = _mm512_fmadd_ps(x, b0, s[r][0]);                                                \
        s[r][1] = _mm512_fmadd_ps(x, b1, s[r][1]);                                                \
      }                                                                                           \
    }                                                                                             \
    for (int r = 0; r < ROWS; r++)                                                                \
      for (int h = 0; h < 2; h++) _mm512_storeu_ps(c + r * c_stride + 16 * h, s[r][h]);           \
  }
PRODUCT(14)
PRODUCT(7)
PRODUCT(4)
PRODUCT(2)
PRODUCT(1)

// c, rows × columns, or what is added to it: a, rows × inner, or turned, inner × rows, times b, whose columns lie in
// panels of 32 or, turned, in whole rows.
WIDE void product(const float *a, const float *b, size_t rows, size_t inner, size_t columns, const int turned,
                  float *c) {
  const size_t row = turned ? 1 : inner, step = turned ? rows : 1, b_stride = turned ? columns : 32;
  for (size_t column = 0; column < columns; column += 32) {
    const float *panel = turned ? b + column : b + column * inner;
    size_t r = 0;
#define ROWS(N) \
  for (; r + N <= rows; r += N) \
    product##N(a + r * row, row, step, panel, b_stride, inner, turned, c + r * columns + column, columns);
    ROWS(14) ROWS(7) ROWS(4) ROWS(2) ROWS(1)
#undef ROWS
  }
}
RUN static void products(const float *a, const float *b, size_t rows, size_t inner, size_t columns, float *c) {
  product(a, b, rows, inner, columns, 0, c);
}
RUN static void turned_products(const float *a, const float *b, size_t inner, size_t rows, size_t columns, float *c) {
  product(a, b, rows, inner, columns, 1, c);
}

// B' of the maps' tiles from `first` on: for every point of a tile, block × inputs.
WIDE void read_tiles(const winograd_shape *s, size_t m, const float *in, size_t first, size_t count, size_t block,
                     float *input) {
  const size_t alpha = m + 2, tiles_y = (s->rows + m - 1) / m, tiles_x = (s->columns + m - 1) / m;
  for (size_t t = 0; t < count; t++) {
    size_t tile = first + t, n = tile / (tiles_y * tiles_x), ty = tile / tiles_x % tiles_y, tx = tile % tiles_x;
    ptrdiff_t top = (ptrdiff_t)(ty * m) - (ptrdiff_t)s->padding, left = (ptrdiff_t)(tx * m) - (ptrdiff_t)s->padding;
    const float *map = in + n * s->map_rows * s->map_columns * s->inputs;
    for (size_t c = 0; c < s->inputs; c += 16) {
      v d[6][6], u[6][6];
      for (size_t i = 0; i < alpha; i++) {
        ptrdiff_t y = top + (ptrdiff_t)i;
        int row_is_there = y >= 0 && y < (ptrdiff_t)s->map_rows;
        v line[6];
        for (size_t j = 0; j < alpha; j++) {
          ptrdiff_t x = left + (ptrdiff_t)j;
          line[j] = row_is_there && x >= 0 && x < (ptrdiff_t)s->map_columns
                        ? _mm512_loadu_ps(map + ((size_t)y * s->map_columns + (size_t)x) * s->inputs + c)
                        : _mm512_setzero_ps();
        }
        if (m == 2) into2(line, d[i]); else into4(line, d[i]);
      }
      for (size_t j = 0; j < alpha; j++) {
        v line[6], turned[6];
        for (size_t i = 0; i < alpha; i++) line[i] = d[i][j];
        if (m == 2) into2(line, turned); else into4(line, turned);
        for (size_t i = 0; i < alpha; i++) u[i][j] = turned[i];
      }
      for (size_t i = 0; i < alpha; i++)
        for (size_t j = 0; j < alpha; j++)
          _mm512_storeu_ps(input + ((i * alpha + j) * block + t) * s->inputs + c, u[i][j]);
    }
  }
}

WIDE void run(const winograd_shape *s, size_t m, const float *in, const float *weights, const float *bias,
              const float *added, int relu, float *out, float *scratch) {
  const size_t alpha = m + 2, points = alpha * alpha;
  const size_t tiles_y = (s->rows + m - 1) / m, tiles_x = (s->columns + m - 1) / m;
  const size_t all = s->batch * tiles_y * tiles_x, block = winograd_block(s, m);
  float *input = scratch, *output = scratch + points * block * s->inputs;
  for (size_t first = 0; first < all; first += block) {
    size_t count = all - first < block ? all - first : block;
    read_tiles(s, m, in, first, count, block, input);
    for (size_t p = 0; p < points; p++)
      products(input + p * block * s->inputs, weights + p * s->inputs * s->outputs, count, s->inputs, s->outputs,
               output + p * block * s->outputs);
    for (size_t t = 0; t < count; t++) {
      size_t tile = first + t, n = tile / (tiles_y * tiles_x), ty = tile / tiles_x % tiles_y, tx = tile % tiles_x;
      size_t height = s->rows - ty * m < m ? s->rows - ty * m : m, width = s->columns - tx * m < m ? s->columns - tx * m : m;
      for (size_t c = 0; c < s->outputs; c += 16) {
        v half[4][6];
        for (size_t j = 0; j < alpha; j++) {
          v line[6], y[4];
          for (size_t i = 0; i < alpha; i++)
            line[i] = _mm512_loadu_ps(output + ((i * alpha + j) * block + t) * s->outputs + c);
          if (m == 2) out2(line, y); else out4(line, y);
          for (size_t i = 0; i < m; i++) half[i][j] = y[i];
        }
        v offset = bias ? _mm512_loadu_ps(bias + c) : _mm512_setzero_ps();
        for (size_t i = 0; i < height; i++) {
          v y[4];
          if (m == 2) out2(half[i], y); else out4(half[i], y);
          for (size_t j = 0; j < width; j++) {
            size_t at = ((n * s->rows + ty * m + i) * s->columns + tx * m + j) * s->outputs + c;
            v value = y[j] + offset;
            if (added) value += _mm512_loadu_ps(added + at);
            if (relu) value = _mm512_max_ps(value, _mm512_setzero_ps());
            _mm512_storeu_ps(out + at, value);
          }
        }
      }
    }
  }
}

RUN void winograd_run(const winograd_shape *s, size_t m, const float *in, const float *weights, const float *bias,
                      const float *added, int relu, float *out, float *scratch) {
  // One copy of the code for each tile.
  if (m == 2)
    run(s, 2, in, weights, bias, added, relu, out, scratch);
  else
    run(s, 4, in, weights, bias, added, relu, out, scratch);
}

// A of a gradient's tiles from `first` on, zero beyond the border: for every point of a tile, block × outputs.
WIDE void read_gradient_tiles(const winograd_shape *s, size_t m, const float *gradient, size_t first, size_t count,
                              size_t block, float *output) {
  const size_t alpha = m + 2, tiles_y = (s->rows + m - 1) / m, tiles_x = (s->columns + m - 1) / m;
  for (size_t t = 0; t < count; t++) {
    size_t tile = first + t, n = tile / (tiles_y * tiles_x), ty = tile / tiles_x % tiles_y, tx = tile % tiles_x;
    const float *map = gradient + n * s->rows * s->columns * s->outputs;
    for (size_t c = 0; c < s->outputs; c += 16) {
      v half[4][6];
      for (size_t i = 0; i < m; i++) {
        v line[4];
        for (size_t j = 0; j < m; j++) {
          size_t y = ty * m + i, x = tx * m + j;
          line[j] = y < s->rows && x < s->columns ? _mm512_loadu_ps(map + (y * s->columns + x) * s->outputs + c)
                                                  : _mm512_setzero_ps();
        }
        if (m == 2) back2(line, half[i]); else back4(line, half[i]);
      }
      for (size_t j = 0; j < alpha; j++) {
        v line[4], turned[6];
        for (size_t i = 0; i < m; i++) line[i] = half[i][j];
        if (m == 2) back2(line, turned); else back4(line, turned);
        for (size_t i = 0; i < alpha; i++)
          _mm512_storeu_ps(output + ((i * alpha + j) * block + t) * s->outputs + c, turned[i]);
      }
    }
  }
}

WIDE void weights(const winograd_shape *s, size_t m, const float *in, const float *gradient, float *kernel,
                  float *scratch) {
  const size_t alpha = m + 2, points = alpha * alpha, pairs = s->inputs * s->outputs;
  const size_t all = s->batch * ((s->rows + m - 1) / m) * ((s->columns + m - 1) / m);
  const size_t block = winograd_weights_block(s, m);
  float *sums = scratch, *input = sums + points * pairs, *output = input + points * block * s->inputs;
  for (size_t i = 0; i < points * pairs; i++) sums[i] = 0;
  for (size_t first = 0; first < all; first += block) {
    size_t count = all - first < block ? all - first : block;
    read_tiles(s, m, in, first, count, block, input);
    read_gradient_tiles(s, m, gradient, first, count, block, output);
    for (size_t p = 0; p < points; p++)
      turned_products(input + p * block * s->inputs, output + p * block * s->outputs, count, s->inputs, s->outputs,
                      sums + p * pairs);
  }
  __m512i lanes = _mm512_mullo_epi32(_mm512_set1_epi32((int)(9 * s->inputs)),
                                     _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  for (size_t o = 0; o < s->outputs; o += 16)
    for (size_t c = 0; c < s->inputs; c++) {
      v half[3][6];
      for (size_t j = 0; j < alpha; j++) {
        v line[6], k[3];
        for (size_t i = 0; i < alpha; i++)
          line[i] = _mm512_loadu_ps(sums + (i * alpha + j) * pairs + c * s->outputs + o);
        if (m == 2) unfilter2(line, k); else unfilter4(line, k);
        for (int y = 0; y < 3; y++) half[y][j] = k[y];
      }
      for (int y = 0; y < 3; y++) {
        v k[3];
        if (m == 2) unfilter2(half[y], k); else unfilter4(half[y], k);
        for (int x = 0; x < 3; x++)
          _mm512_i32scatter_ps(kernel + 9 * (o * s->inputs + c) + 3 * y + x, lanes, k[x], 4);
      }
    }
}

RUN void winograd_weights(const winograd_shape *s, size_t m, const float *in, const float *gradient, float *kernel,
                          float *scratch) {
  if (m == 2)
    weights(s, 2, in, gradient, kernel, scratch);
  else
    weights(s, 4, in, gradient, kernel, scratch);
}
#else
int winograd_is_supported(void) { return 0; }

void winograd_run(const winograd_shape *s, size_t m, const float *in, const float *weights, const float *bias,
                  const float *added, int relu, float *out, float *scratch) {
  (void)s, (void)m, (void)in, (void)weights, (void)bias, (void)added, (void)relu, (void)out, (void)scratch;
}

void winograd_pack_learning(const float *kernel, size_t inputs, size_t outputs, size_t m, int turned, float *packed) {
  (void)kernel, (void)inputs, (void)outputs, (void)m, (void)turned, (void)packed;
}

void winograd_weights(const winograd_shape *s, size_t m, const float *in, const float *gradient, float *kernel,
                      float *scratch) {
  (void)s, (void)m, (void)in, (void)gradient, (void)kernel, (void)scratch;
}
#endif

// Tiles at a time: as many as keep transformed input and output in the second cache, but enough to make up for
// fetching the weights from further away each time. A multiple of 14, the rows that a product takes at once.
static size_t winograd_block(const winograd_shape *s, size_t m) {
  size_t points = (m + 2) * (m + 2), each = points * (s->inputs + s->outputs) * sizeof(float);
  size_t weights = points * s->inputs * s->outputs * sizeof(float);
  size_t least = weights > (4 << 20) ? 56 : 28, fits = (1 << 20) / each / 14 * 14;
  return fits > least ? fits : least;
}

// The same where sums over all tiles are wanted: more, since every block reads and writes the sums once.
static size_t winograd_weights_block(const winograd_shape *s, size_t m) {
  size_t each = (m + 2) * (m + 2) * (s->inputs + s->outputs) * sizeof(float), fits = (4 << 20) / each;
  return fits > 96 ? fits : 96;
}

size_t winograd_weights_scratch(const winograd_shape *s, size_t m) {
  return (m + 2) * (m + 2) * (s->inputs * s->outputs + winograd_weights_block(s, m) * (s->inputs + s->outputs));
}

size_t winograd_scratch(const winograd_shape *s, size_t m) {
  return (m + 2) * (m + 2) * winograd_block(s, m) * (s->inputs + s->outputs);
}

void winograd_pack(const float *kernel, size_t inputs, size_t outputs, size_t m, float *packed) {
  static const double g2[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
  static const double g4[6][3] = {{1. / 4, 0, 0},          {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6},
                                  {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}};
  const double(*g)[3] = m == 2 ? g2 : g4;
  size_t alpha = m + 2;
  for (size_t o = 0; o < outputs; o++)
    for (size_t c = 0; c < inputs; c++) {
      const float *k = kernel + (o * inputs + c) * 9;
      for (size_t i = 0; i < alpha; i++)
        for (size_t j = 0; j < alpha; j++) {
          double sum = 0;
          for (int y = 0; y < 3; y++)
            for (int x = 0; x < 3; x++) sum += g[i][y] * g[j][x] * k[y * 3 + x];
          packed[((i * alpha + j) * outputs + o / 32 * 32) * inputs + c * 32 + o % 32] = (float)sum;
        }
    }
}
