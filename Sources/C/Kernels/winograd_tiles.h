// Convolutions of 3×3 by Winograd's minimal filtering (Lavin and Gray 2016): a tile of m × m results takes
// (m + 2)² multiplications for every pair of channels instead of 9 m². Blocks of tiles are transformed, multiplied
// with the transformed weights, one product for each point of the tile, and transformed back, within the cache.
// Included by level_*.c after product.h.

static size_t winograd_block(const convolution_shape *s, size_t m);
static size_t winograd_weights_block(const convolution_shape *s, size_t m);

// Floats from one point's weights to the next point's: a cache line more than there are, since points that were a large
// power of two apart would share a few lines of every cache.
INLINE size_t weights_apart(size_t inputs, size_t outputs) { return inputs * outputs + 16; }

static size_t winograd_packed(size_t inputs, size_t outputs, size_t m) {
  return (m + 2) * (m + 2) * weights_apart(inputs, outputs);
}

INLINE void pack_learning(const float *kernel, size_t inputs, size_t outputs, const size_t m, int turned,
                        float *packed) {
  const size_t alpha = m + 2;
  const size_t step = turned ? 9 : 9 * inputs;
  for (size_t o = 0; o < outputs; o += LANES)
    for (size_t c = 0; c < inputs; c++) {
      const float *first = kernel + 9 * (turned ? c * outputs + o : o * inputs + c);
      v half[3][8], k[3];
      for (int y = 0; y < 3; y++) {
        UNROLL for (int x = 0; x < 3; x++) {
          int place = 3 * y + x;
          k[x] = gather(first + (turned ? 8 - place : place), step);
        }
        filter(m, k, half[y]);
      }
      for (size_t j = 0; j < alpha; j++) {
        v line[8];
        UNROLL for (int y = 0; y < 3; y++) k[y] = half[y][j];
        filter(m, k, line);
        UNROLL for (size_t i = 0; i < alpha; i++)
          store(packed + (i * alpha + j) * weights_apart(inputs, outputs) + o / PANEL * PANEL * inputs + c * PANEL +
                    o % PANEL,
                line[i]);
      }
    }
}

static void winograd_pack_learning(const float *kernel, size_t inputs, size_t outputs, size_t m, int turned,
                                float *packed) {
  if (m == 2)
    pack_learning(kernel, inputs, outputs, 2, turned, packed);
  else if (m == 4)
    pack_learning(kernel, inputs, outputs, 4, turned, packed);
  else
    pack_learning(kernel, inputs, outputs, 6, turned, packed);
}

// Floats from one tile's numbers to the next: tiles that were a large power of two apart would share a few lines of the
// first cache.
INLINE size_t tile_row(size_t channels) { return channels + (channels % 128 == 0 ? 16 : 0); }
// Floats from one point's tiles to the next point's, for the same reason an odd number of cache lines.
INLINE size_t point_apart(size_t block, size_t channels) { return ((block * tile_row(channels) + 15) / 16 | 1) * 16; }

// B' of one tile, whose pixels lie `down` and `across` floats apart from `map` on, or where `pixels` says.
INLINE void read_tile(const float *map, size_t down, size_t across, const float *const *pixels, const size_t m,
                      size_t channels, float *to, size_t point) {
  const size_t alpha = m + 2;
  for (size_t c = 0; c < channels; c += LANES) {
    v d[8][8];
    UNROLL for (size_t i = 0; i < alpha; i++) {
      v line[8];
      UNROLL for (size_t j = 0; j < alpha; j++)
        line[j] = load((pixels ? pixels[i * alpha + j] : map + i * down + j * across) + c);
      into(m, line, d[i]);
    }
    UNROLL for (size_t j = 0; j < alpha; j++) {
      v line[8], turned[8];
      UNROLL for (size_t i = 0; i < alpha; i++) line[i] = d[i][j];
      into(m, line, turned);
      UNROLL for (size_t i = 0; i < alpha; i++) store(to + (i * alpha + j) * point + c, turned[i]);
    }
  }
}

// B' of the maps' tiles from `first` on: for every point of a tile, block × inputs. `zeros` are as many as inputs.
INLINE void read_tiles(const convolution_shape *s, const size_t m, const float *in, size_t first, size_t count,
                       size_t block, const float *zeros, float *input) {
  const size_t alpha = m + 2, tiles_y = (s->rows + m - 1) / m, tiles_x = (s->columns + m - 1) / m;
  const size_t row = tile_row(s->inputs), line = s->map_columns * s->inputs;
  for (size_t t = 0; t < count; t++) {
    size_t tile = first + t, n = tile / (tiles_y * tiles_x), ty = tile / tiles_x % tiles_y, tx = tile % tiles_x;
    ptrdiff_t top = (ptrdiff_t)(ty * m) - (ptrdiff_t)s->padding, left = (ptrdiff_t)(tx * m) - (ptrdiff_t)s->padding;
    const float *map = in + n * s->map_rows * line;
    float *to = input + t * row;
    if (top >= 0 && left >= 0 && top + (ptrdiff_t)alpha <= (ptrdiff_t)s->map_rows &&
        left + (ptrdiff_t)alpha <= (ptrdiff_t)s->map_columns) {
      read_tile(map + (size_t)top * line + (size_t)left * s->inputs, line, s->inputs, NULL, m, s->inputs, to,
                point_apart(block, s->inputs));
      continue;
    }
    const float *pixels[64];
    UNROLL for (size_t i = 0; i < alpha; i++)
      UNROLL for (size_t j = 0; j < alpha; j++) {
        ptrdiff_t y = top + (ptrdiff_t)i, x = left + (ptrdiff_t)j;
        int is_there = y >= 0 && y < (ptrdiff_t)s->map_rows && x >= 0 && x < (ptrdiff_t)s->map_columns;
        pixels[i * alpha + j] = is_there ? map + (size_t)y * line + (size_t)x * s->inputs : zeros;
      }
    read_tile(NULL, 0, 0, pixels, m, s->inputs, to, point_apart(block, s->inputs));
  }
}

// Stores a value `at` floats from `to`, what is `added` there added first.
INLINE void put(v value, const float *added, size_t at, float limit, float *to) {
  if (added) value += load(added + at);
  store(to + at, limited(value, limit));
}

INLINE void run(const convolution_shape *s, size_t m, const float *in, const float *weights, const float *bias,
              const float *added, float limit, float *out, float *scratch) {
  const size_t alpha = m + 2, points = alpha * alpha;
  const size_t tiles_y = (s->rows + m - 1) / m, tiles_x = (s->columns + m - 1) / m;
  const size_t all = s->batch * tiles_y * tiles_x, block = winograd_block(s, m);
  const size_t in_row = tile_row(s->inputs), out_row = tile_row(s->outputs);
  const size_t in_point = point_apart(block, s->inputs), out_point = point_apart(block, s->outputs);
  float *zeros = scratch, *input = zeros + s->inputs, *output = input + points * in_point;
  memset(zeros, 0, s->inputs * sizeof *zeros);
  for (size_t first = 0; first < all; first += block) {
    size_t count = all - first < block ? all - first : block;
    read_tiles(s, m, in, first, count, block, zeros, input);
    for (size_t p = 0; p < points; p++)
      products(input + p * in_point, in_row, weights + p * weights_apart(s->inputs, s->outputs), count, s->inputs,
               s->outputs, output + p * out_point, out_row);
    for (size_t t = 0; t < count; t++) {
      size_t tile = first + t, n = tile / (tiles_y * tiles_x), ty = tile / tiles_x % tiles_y, tx = tile % tiles_x;
      size_t height = s->rows - ty * m < m ? s->rows - ty * m : m;
      size_t width = s->columns - tx * m < m ? s->columns - tx * m : m;
      for (size_t c = 0; c < s->outputs; c += LANES) {
        v half[6][8];
        UNROLL for (size_t j = 0; j < alpha; j++) {
          v line[8], y[6];
          UNROLL for (size_t i = 0; i < alpha; i++)
            line[i] = load(output + (i * alpha + j) * out_point + t * out_row + c);
          out_of(m, line, y);
          UNROLL for (size_t i = 0; i < m; i++) half[i][j] = y[i];
        }
        v offset = bias ? load(bias + c) : (v)0;
        float *to = out + ((n * s->rows + ty * m) * s->columns + tx * m) * s->outputs + c;
        const float *plus = added ? added + (to - out) : NULL;
        // Loops of a known length are unrolled; few tiles reach over the border.
        if (height == m && width == m)
          UNROLL for (size_t i = 0; i < m; i++) {
            v y[6];
            out_of(m, half[i], y);
            UNROLL for (size_t j = 0; j < m; j++) put(y[j] + offset, plus, (i * s->columns + j) * s->outputs, limit, to);
          }
        else
          for (size_t i = 0; i < height; i++) {
            v y[6];
            out_of(m, half[i], y);
            for (size_t j = 0; j < width; j++) put(y[j] + offset, plus, (i * s->columns + j) * s->outputs, limit, to);
          }
      }
    }
  }
}

static void winograd_run(const convolution_shape *s, size_t m, const float *in, const float *weights, const float *bias,
                      const float *added, float limit, float *out, float *scratch) {
  // One copy of the code for each tile.
  if (m == 2)
    run(s, 2, in, weights, bias, added, limit, out, scratch);
  else if (m == 4)
    run(s, 4, in, weights, bias, added, limit, out, scratch);
  else
    run(s, 6, in, weights, bias, added, limit, out, scratch);
}

// A of a gradient's tiles from `first` on, zero beyond the border: for every point of a tile, block × outputs.
INLINE void read_gradient_tiles(const convolution_shape *s, size_t m, const float *gradient, size_t first, size_t count,
                              size_t block, float *output) {
  const size_t alpha = m + 2, tiles_y = (s->rows + m - 1) / m, tiles_x = (s->columns + m - 1) / m;
  for (size_t t = 0; t < count; t++) {
    size_t tile = first + t, n = tile / (tiles_y * tiles_x), ty = tile / tiles_x % tiles_y, tx = tile % tiles_x;
    const float *map = gradient + n * s->rows * s->columns * s->outputs;
    for (size_t c = 0; c < s->outputs; c += LANES) {
      v half[6][8];
      UNROLL for (size_t i = 0; i < m; i++) {
        v line[6];
        UNROLL for (size_t j = 0; j < m; j++) {
          size_t y = ty * m + i, x = tx * m + j;
          line[j] = y < s->rows && x < s->columns ? load(map + (y * s->columns + x) * s->outputs + c)
                                                  : (v)0;
        }
        back(m, line, half[i]);
      }
      UNROLL for (size_t j = 0; j < alpha; j++) {
        v line[6], turned[8];
        UNROLL for (size_t i = 0; i < m; i++) line[i] = half[i][j];
        back(m, line, turned);
        UNROLL for (size_t i = 0; i < alpha; i++)
          store(output + (i * alpha + j) * point_apart(block, s->outputs) + t * tile_row(s->outputs) + c, turned[i]);
      }
    }
  }
}

INLINE void weights(const convolution_shape *s, size_t m, const float *in, const float *gradient, float *kernel,
                  float *scratch) {
  const size_t alpha = m + 2, points = alpha * alpha, pairs = weights_apart(s->inputs, s->outputs);
  const size_t all = s->batch * ((s->rows + m - 1) / m) * ((s->columns + m - 1) / m);
  const size_t block = winograd_weights_block(s, m);
  const size_t in_row = tile_row(s->inputs), out_row = tile_row(s->outputs);
  float *sums = scratch, *zeros = sums + points * pairs, *input = zeros + s->inputs;
  const size_t in_point = point_apart(block, s->inputs), out_point = point_apart(block, s->outputs);
  float *output = input + points * in_point;
  memset(zeros, 0, s->inputs * sizeof *zeros);
  for (size_t i = 0; i < points * pairs; i++) sums[i] = 0;
  for (size_t first = 0; first < all; first += block) {
    size_t count = all - first < block ? all - first : block;
    read_tiles(s, m, in, first, count, block, zeros, input);
    read_gradient_tiles(s, m, gradient, first, count, block, output);
    for (size_t p = 0; p < points; p++)
      turned_products(input + p * in_point, in_row, output + p * out_point, out_row, count, s->inputs,
                      s->outputs, sums + p * pairs);
  }
  for (size_t o = 0; o < s->outputs; o += LANES)
    for (size_t c = 0; c < s->inputs; c++) {
      v half[3][8];
      UNROLL for (size_t j = 0; j < alpha; j++) {
        v line[8], k[3];
        UNROLL for (size_t i = 0; i < alpha; i++)
          line[i] = load(sums + (i * alpha + j) * pairs + c * s->outputs + o);
        unfilter(m, line, k);
        UNROLL for (int y = 0; y < 3; y++) half[y][j] = k[y];
      }
      UNROLL for (int y = 0; y < 3; y++) {
        v k[3];
        unfilter(m, half[y], k);
        UNROLL for (int x = 0; x < 3; x++)
          scatter(kernel + 9 * (o * s->inputs + c) + 3 * y + x, 9 * s->inputs, k[x]);
      }
    }
}

static void winograd_weights(const convolution_shape *s, size_t m, const float *in, const float *gradient,
                             float *kernel, float *scratch) {
  if (m == 2)
    weights(s, 2, in, gradient, kernel, scratch);
  else if (m == 4)
    weights(s, 4, in, gradient, kernel, scratch);
  else
    weights(s, 6, in, gradient, kernel, scratch);
}

// Tiles at a time: as many as keep one point's input and output in the second cache where weights are many, since
// every block fetches them anew, and all points' where they are few. A multiple of the rows of a product.
static size_t winograd_block(const convolution_shape *s, size_t m) {
  const size_t points = (m + 2) * (m + 2), each = (tile_row(s->inputs) + tile_row(s->outputs)) * sizeof(float);
  const size_t weights = points * s->inputs * s->outputs * sizeof(float);
  const size_t all = s->batch * ((s->rows + m - 1) / m) * ((s->columns + m - 1) / m);
  size_t most = weights > 2 * kernel_cache() ? kernel_cache() / 2 / each : kernel_cache() / 2 / (points * each);
  if (most < 28) most = 28;
  // As few blocks as that allows, of about one size.
  size_t blocks = (all + most - 1) / most, least = (all + blocks - 1) / blocks;
  return (least + MOST_ROWS - 1) / MOST_ROWS * MOST_ROWS;
}

// The same where sums over all tiles are wanted: more, since every block reads and writes the sums once.
static size_t winograd_weights_block(const convolution_shape *s, size_t m) {
  size_t each = (m + 2) * (m + 2) * (s->inputs + s->outputs) * sizeof(float), fits = 2 * kernel_cache() / each;
  return fits > 96 ? fits : 96;
}

static size_t winograd_weights_scratch(const convolution_shape *s, size_t m) {
  size_t block = winograd_weights_block(s, m), each = point_apart(block, s->inputs) + point_apart(block, s->outputs);
  return (m + 2) * (m + 2) * (weights_apart(s->inputs, s->outputs) + each) + s->inputs;
}

static size_t winograd_scratch(const convolution_shape *s, size_t m) {
  size_t block = winograd_block(s, m);
  return (m + 2) * (m + 2) * (point_apart(block, s->inputs) + point_apart(block, s->outputs)) + s->inputs;
}

static int winograd_suits(size_t inputs, size_t outputs) { return inputs % LANES == 0 && outputs % PANEL == 0; }

static void winograd_pack(const float *kernel, size_t inputs, size_t outputs, size_t m, float *packed) {
  static const double g2[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
  static const double g4[6][3] = {{1. / 4, 0, 0},          {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6},
                                  {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}};
  static const double g6[8][3] = {{1, 0, 0},
                                  {-2. / 9, -2. / 9, -2. / 9},
                                  {-2. / 9, 2. / 9, -2. / 9},
                                  {1. / 90, 1. / 45, 2. / 45},
                                  {1. / 90, -1. / 45, 2. / 45},
                                  {32. / 45, 16. / 45, 8. / 45},
                                  {32. / 45, -16. / 45, 8. / 45},
                                  {0, 0, 1}};
  const double(*g)[3] = m == 2 ? g2 : m == 4 ? g4 : g6;
  size_t alpha = m + 2;
  for (size_t o = 0; o < outputs; o++)
    for (size_t c = 0; c < inputs; c++) {
      const float *k = kernel + (o * inputs + c) * 9;
      for (size_t i = 0; i < alpha; i++)
        for (size_t j = 0; j < alpha; j++) {
          double sum = 0;
          for (int y = 0; y < 3; y++)
            for (int x = 0; x < 3; x++) sum += g[i][y] * g[j][x] * k[y * 3 + x];
          size_t point = (i * alpha + j) * weights_apart(inputs, outputs);
          packed[point + o / PANEL * PANEL * inputs + c * PANEL + o % PANEL] = (float)sum;
        }
    }
}
