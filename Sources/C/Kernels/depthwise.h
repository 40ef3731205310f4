// Convolutions of every channel by itself. Included by level_*.c.
//
// Every number of a result is one chain of additions in the order of the window, whatever part of a map it is in.

// The rows or columns of a window, the first at `start`, that a map of `length` has.
typedef struct {
  size_t from, to;
} taps;

INLINE taps taps_within(ptrdiff_t start, size_t side, size_t length) {
  ptrdiff_t left = (ptrdiff_t)length - start;
  size_t from = start < 0 ? (size_t)-start : 0, to = left < 0 ? 0 : (size_t)left < side ? (size_t)left : side;
  return (taps){from < to ? from : to, to};
}

// Weights [channels, places] as [places, channels].
static void turn(const float *from, size_t channels, size_t places, float *to) {
  for (size_t c = 0; c < channels; c++)
    for (size_t p = 0; p < places; p++) to[p * channels + c] = from[c * places + p];
}

static void depthwise_run(const convolution_shape *s, const float *in, const float *kernel, const float *bias,
                          float limit, float *out, float *scratch) {
  const size_t channels = s->inputs, line = s->map_columns * channels;
  turn(kernel, channels, s->side * s->side, scratch);
  for (size_t n = 0; n < s->batch; n++)
    for (size_t y = 0; y < s->rows; y++) {
      const ptrdiff_t top = (ptrdiff_t)(y * s->stride) - (ptrdiff_t)s->padding;
      const taps down = taps_within(top, s->side, s->map_rows);
      for (size_t x = 0; x < s->columns; x++, out += channels) {
        const ptrdiff_t left = (ptrdiff_t)(x * s->stride) - (ptrdiff_t)s->padding;
        const taps across = taps_within(left, s->side, s->map_columns);
        const ptrdiff_t corner =
            (ptrdiff_t)(n * s->map_rows * line) + top * (ptrdiff_t)line + left * (ptrdiff_t)channels;
        size_t c = 0;
        // Two vectors at a time hide the time that a sum waits for the one before.
        for (; c + 2 * LANES <= channels; c += 2 * LANES) {
          v sum0 = (v)0, sum1 = (v)0;
          for (size_t dy = down.from; dy < down.to; dy++)
            for (size_t dx = across.from; dx < across.to; dx++) {
              const float *pixel = in + (corner + (ptrdiff_t)(dy * line + dx * channels + c));
              const float *weight = scratch + (dy * s->side + dx) * channels + c;
              sum0 = multiply_add(load(pixel), load(weight), sum0);
              sum1 = multiply_add(load(pixel + LANES), load(weight + LANES), sum1);
            }
          if (bias) sum0 += load(bias + c), sum1 += load(bias + c + LANES);
          store(out + c, limited(sum0, limit));
          store(out + c + LANES, limited(sum1, limit));
        }
        while (c < channels) {
          // The last vector may repeat channels of the one before.
          if (channels >= LANES && c + LANES > channels) c = channels - LANES;
          v sum = (v)0;
          if (channels >= LANES) {
            for (size_t dy = down.from; dy < down.to; dy++)
              for (size_t dx = across.from; dx < across.to; dx++)
                sum = multiply_add(load(in + (corner + (ptrdiff_t)(dy * line + dx * channels + c))),
                                   load(scratch + (dy * s->side + dx) * channels + c), sum);
            if (bias) sum += load(bias + c);
            store(out + c, limited(sum, limit));
            c += LANES;
          } else {
            for (size_t dy = down.from; dy < down.to; dy++)
              for (size_t dx = across.from; dx < across.to; dx++)
                sum = multiply_add((v)in[corner + (ptrdiff_t)(dy * line + dx * channels + c)],
                                   (v)scratch[(dy * s->side + dx) * channels + c], sum);
            if (bias) sum += (v)bias[c];
            out[c] = limited(sum, limit)[0];
            c++;
          }
        }
      }
    }
}

static void depthwise_gradient(const convolution_shape *s, const float *in, const float *kernel,
                               const float *gradient, float *in_gradient, float *kernel_gradient, float *scratch) {
  const size_t channels = s->inputs, line = s->map_columns * channels, places = s->side * s->side;
  float *weights = scratch, *sums = scratch + places * channels;
  turn(kernel, channels, places, weights);
  memset(sums, 0, places * channels * sizeof *sums);
  if (in_gradient) memset(in_gradient, 0, s->batch * s->map_rows * line * sizeof *in_gradient);
  for (size_t n = 0; n < s->batch; n++)
    for (size_t y = 0; y < s->rows; y++) {
      const ptrdiff_t top = (ptrdiff_t)(y * s->stride) - (ptrdiff_t)s->padding;
      const taps down = taps_within(top, s->side, s->map_rows);
      for (size_t x = 0; x < s->columns; x++, gradient += channels) {
        const ptrdiff_t left = (ptrdiff_t)(x * s->stride) - (ptrdiff_t)s->padding;
        const taps across = taps_within(left, s->side, s->map_columns);
        const ptrdiff_t corner =
            (ptrdiff_t)(n * s->map_rows * line) + top * (ptrdiff_t)line + left * (ptrdiff_t)channels;
        for (size_t dy = down.from; dy < down.to; dy++)
          for (size_t dx = across.from; dx < across.to; dx++) {
            const ptrdiff_t at = corner + (ptrdiff_t)(dy * line + dx * channels);
            const float *restrict pixel = in + at, *restrict slope = gradient;
            const float *restrict weight = weights + (dy * s->side + dx) * channels;
            float *restrict sum = sums + (dy * s->side + dx) * channels;
            for (size_t c = 0; c < channels; c++) sum[c] += pixel[c] * slope[c];
            if (!in_gradient) continue;
            float *restrict back = in_gradient + at;
            for (size_t c = 0; c < channels; c++) back[c] += weight[c] * slope[c];
          }
      }
    }
  for (size_t c = 0; c < channels; c++)
    for (size_t p = 0; p < places; p++) kernel_gradient[c * places + p] = sums[p * channels + c];
}
