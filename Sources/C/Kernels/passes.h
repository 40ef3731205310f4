// Passes over feature maps that memory speed bounds: plain loops, compiled once for every instruction level.
// Included by level_*.c.

static void moments(const float *restrict x, size_t pixels, size_t channels, const float *restrict shift,
                         float *restrict sum, float *restrict squares) {
  memset(sum, 0, channels * sizeof(float));
  memset(squares, 0, channels * sizeof(float));
  size_t p = 0;
  for (; p + 4 <= pixels; p += 4) {
    const float *row = x + p * channels;
    for (size_t c = 0; c < channels; c++) {
      float d0 = row[c] - shift[c], d1 = row[channels + c] - shift[c];
      float d2 = row[2 * channels + c] - shift[c], d3 = row[3 * channels + c] - shift[c];
      sum[c] += (d0 + d1) + (d2 + d3);
      squares[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
    }
  }
  for (; p < pixels; p++)
    for (size_t c = 0; c < channels; c++) {
      float d = x[p * channels + c] - shift[c];
      sum[c] += d;
      squares[c] += d * d;
    }
}

static void scale_offset(const float *restrict x, const float *restrict residual, size_t pixels,
                              size_t channels, const float *restrict scale, const float *restrict offset,
                              int relu, float *restrict y) {
  const float floor = relu ? 0 : -INFINITY;
  for (size_t p = 0; p < pixels; p++) {
    const float *row = x + p * channels;
    float *out = y + p * channels;
    if (residual) {
      const float *extra = residual + p * channels;
      for (size_t c = 0; c < channels; c++) {
        float v = row[c] * scale[c] + offset[c] + extra[c];
        out[c] = v > floor ? v : floor;
      }
    } else {
      for (size_t c = 0; c < channels; c++) {
        float v = row[c] * scale[c] + offset[c];
        out[c] = v > floor ? v : floor;
      }
    }
  }
}

static void gradient_moments(const float *restrict gradient, const float *restrict y,
                                  const float *restrict x, size_t pixels, size_t channels,
                                  const float *restrict mean, float *restrict sum, float *restrict product) {
  memset(sum, 0, channels * sizeof(float));
  memset(product, 0, channels * sizeof(float));
  for (size_t p = 0; p < pixels; p++) {
    const float *g = gradient + p * channels, *v = x + p * channels;
    if (y) {
      const float *out = y + p * channels;
      for (size_t c = 0; c < channels; c++) {
        float d = out[c] > 0 ? g[c] : 0;
        sum[c] += d;
        product[c] += d * (v[c] - mean[c]);
      }
    } else {
      for (size_t c = 0; c < channels; c++) {
        sum[c] += g[c];
        product[c] += g[c] * (v[c] - mean[c]);
      }
    }
  }
}

static void gradient_input(const float *restrict gradient, const float *restrict y,
                                const float *restrict x, size_t pixels, size_t channels,
                                const float *restrict a, const float *restrict b, const float *restrict c0,
                                float *restrict dx, float *restrict masked) {
  for (size_t p = 0; p < pixels; p++) {
    const float *g = gradient + p * channels, *v = x + p * channels;
    const float *out = y ? y + p * channels : NULL;
    float *to = dx + p * channels;
    if (out && masked) {
      float *keep = masked + p * channels;
      for (size_t c = 0; c < channels; c++) {
        float d = out[c] > 0 ? g[c] : 0;
        keep[c] = d;
        to[c] = a[c] * d + b[c] * v[c] + c0[c];
      }
    } else if (out) {
      for (size_t c = 0; c < channels; c++) {
        float d = out[c] > 0 ? g[c] : 0;
        to[c] = a[c] * d + b[c] * v[c] + c0[c];
      }
    } else {
      for (size_t c = 0; c < channels; c++) to[c] = a[c] * g[c] + b[c] * v[c] + c0[c];
    }
  }
}

static void add(const float *restrict x, size_t count, float *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] += x[i];
}

static void adam(const float *restrict gradient, size_t count, float scale, float rate, float beta1,
                      float beta2, float epsilon, float decay, float correction1, float correction2,
                      float *restrict first, float *restrict second, float *restrict weight) {
  for (size_t i = 0; i < count; i++) {
    float g = scale * gradient[i];
    float m = first[i] = beta1 * first[i] + (1 - beta1) * g;
    float v = second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    weight[i] -= rate * (m * correction1 / (sqrtf(v * correction2) + epsilon) + decay * weight[i]);
  }
}

// e^x for x ≤ 0 to seven digits, in operations that a compiler can do on many numbers at once.
static inline float fast_exp(float x) {
  x = x < -87 ? -87 : x;
  float t = x * 1.44269504089f;
  float whole = (float)(int)(t - 0.5f);
  float f = (t - whole) * 0.69314718056f;
  float p = 1 + f * (1 + f * (0.5f + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f * (1.0f / 720))))));
  union { int i; float f; } scale = {((int)whole + 127) << 23};
  return p * scale.f;
}

enum { CROSS_ENTROPY_BLOCK = 16 };

// Loops over pixels inside loops over classes: sums of single pixels would wait for their own last addition.
__attribute__((always_inline)) static inline double block_cross_entropy(
    const float *restrict x, const unsigned char *restrict labels, size_t pixels, size_t classes, float factor,
    float *restrict g) {
  float largest[CROSS_ENTROPY_BLOCK], total[CROSS_ENTROPY_BLOCK] = {0};
  for (size_t p = 0; p < pixels; p++) largest[p] = x[p * classes];
  for (size_t c = 1; c < classes; c++)
    for (size_t p = 0; p < pixels; p++) {
      float v = x[p * classes + c];
      largest[p] = v > largest[p] ? v : largest[p];
    }
  for (size_t p = 0; p < pixels; p++)
    for (size_t c = 0; c < classes; c++) g[p * classes + c] = x[p * classes + c] - largest[p];
  for (size_t i = 0; i < pixels * classes; i++) g[i] = fast_exp(g[i]);
  for (size_t c = 0; c < classes; c++)
    for (size_t p = 0; p < pixels; p++) total[p] += g[p * classes + c];
  double loss = 0;
  for (size_t p = 0; p < pixels; p++) {
    size_t label = labels[p];
    loss += logf(total[p]) + largest[p] - x[p * classes + label];
    float share = factor / total[p];
    for (size_t c = 0; c < classes; c++) g[p * classes + c] *= share;
    g[p * classes + label] -= factor;
  }
  return loss;
}

static double cross_entropy(const float *restrict logits, const unsigned char *restrict labels,
                                 size_t pixels, size_t classes, float factor, float *restrict gradient) {
  double loss = 0;
  size_t p = 0;
  for (; p + CROSS_ENTROPY_BLOCK <= pixels; p += CROSS_ENTROPY_BLOCK)
    loss += block_cross_entropy(logits + p * classes, labels + p, CROSS_ENTROPY_BLOCK, classes, factor,
                          gradient + p * classes);
  return loss + block_cross_entropy(logits + p * classes, labels + p, pixels - p, classes, factor,
                              gradient + p * classes);
}

static void enlarge_row(const float *restrict above, const float *restrict below, float share, size_t cells,
                             const int *restrict before, const float *restrict shares, size_t step,
                             size_t pixels, size_t channels, float *restrict row, float *restrict y) {
  for (size_t i = 0; i < cells * channels; i++) row[i] = above[i] * (1 - share) + below[i] * share;
  for (size_t p = 0; p < pixels; p++) {
    const float *left = row + (size_t)before[p] * channels, *right = left + step * channels;
    float *out = y + p * channels;
#pragma clang loop interleave(disable)
    for (size_t c = 0; c < channels; c++) out[c] = left[c] * (1 - shares[p]) + right[c] * shares[p];
  }
}

static void enlarge_row_gradient(const float *restrict gradient, float share, size_t cells,
                                      const int *restrict before, const float *restrict shares, size_t step,
                                      size_t pixels, size_t channels, float *restrict row, float *above,
                                      float *below) {
  memset(row, 0, cells * channels * sizeof *row);
  for (size_t p = 0; p < pixels; p++) {
    const float *g = gradient + p * channels;
    float *left = row + (size_t)before[p] * channels, *right = left + step * channels;
    for (size_t c = 0; c < channels; c++) left[c] += g[c] * (1 - shares[p]);
    for (size_t c = 0; c < channels; c++) right[c] += g[c] * shares[p];
  }
  for (size_t i = 0; i < cells * channels; i++) above[i] += row[i] * (1 - share);
  for (size_t i = 0; i < cells * channels; i++) below[i] += row[i] * share;
}

static void clip(const float *restrict x, size_t count, float most, float *restrict y) {
  for (size_t i = 0; i < count; i++) {
    float v = x[i] > 0 ? x[i] : 0;
    y[i] = v < most ? v : most;
  }
}

static void clip_gradient(const float *restrict gradient, const float *restrict y, size_t count, float most,
                          float *restrict dx) {
  for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0 && y[i] < most ? gradient[i] : 0;
}

static void maximum(const float *restrict x, size_t count, float *restrict y) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

static void maximum_gradient(const float *restrict gradient, const float *restrict best,
                                  const float *restrict x, size_t count, float *restrict open,
                                  float *restrict dx) {
  for (size_t i = 0; i < count; i++) {
    float takes = x[i] == best[i] ? open[i] : 0;
    dx[i] += takes * gradient[i];
    open[i] -= takes;
  }
}

static void to_bfloat16(const float *restrict x, size_t count, void *out) {
  unsigned short *restrict to = out;
  for (size_t i = 0; i < count; i++) {
    unsigned bits;
    memcpy(&bits, x + i, 4);
    unsigned rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    // What is no number stays none: rounding could make it infinite.
    to[i] = (unsigned short)((bits & 0x7FFFFFFF) > 0x7F800000 ? bits >> 16 | 0x40 : rounded);
  }
}

