// The kernels that are compiled once for every instruction level: their results, names, parameters and arguments.

#ifndef PENUMBRA_LEVELS_H
#define PENUMBRA_LEVELS_H
#include "convolutions.h"
#include "kernels.h"

#define KERNELS(X)                                                                                                    \
  X(void, moments, (const float *x, size_t pixels, size_t channels, const float *shift, float *sum, float *squares),  \
    (x, pixels, channels, shift, sum, squares))                                                                       \
  X(void, scale_offset,                                                                                               \
    (const float *x, const float *residual, size_t pixels, size_t channels, const float *scale, const float *offset,  \
     int relu, float *y),                                                                                             \
    (x, residual, pixels, channels, scale, offset, relu, y))                                                          \
  X(void, gradient_moments,                                                                                           \
    (const float *gradient, const float *y, const float *x, size_t pixels, size_t channels, const float *mean,        \
     float *sum, float *product),                                                                                     \
    (gradient, y, x, pixels, channels, mean, sum, product))                                                           \
  X(void, gradient_input,                                                                                             \
    (const float *gradient, const float *y, const float *x, size_t pixels, size_t channels, const float *a,           \
     const float *b, const float *c0, float *dx, float *masked),                                                      \
    (gradient, y, x, pixels, channels, a, b, c0, dx, masked))                                                         \
  X(void, add, (const float *x, size_t count, float *y), (x, count, y))                                               \
  X(void, adam,                                                                                                       \
    (const float *gradient, size_t count, float scale, float rate, float beta1, float beta2, float epsilon,           \
     float decay, float correction1, float correction2, float *first, float *second, float *weight),                  \
    (gradient, count, scale, rate, beta1, beta2, epsilon, decay, correction1, correction2, first, second, weight))    \
  X(double, cross_entropy,                                                                                            \
    (const float *logits, const unsigned char *labels, size_t pixels, size_t classes, float factor, float *gradient), \
    (logits, labels, pixels, classes, factor, gradient))                                                              \
  X(void, enlarge_row,                                                                                                \
    (const float *above, const float *below, float share, size_t cells, const int *before, const float *shares,       \
     size_t step, size_t pixels, size_t channels, float *row, float *y),                                              \
    (above, below, share, cells, before, shares, step, pixels, channels, row, y))                                     \
  X(void, enlarge_row_gradient,                                                                                       \
    (const float *gradient, float share, size_t cells, const int *before, const float *shares, size_t step,           \
     size_t pixels, size_t channels, float *row, float *above, float *below),                                         \
    (gradient, share, cells, before, shares, step, pixels, channels, row, above, below))                              \
  X(void, clip, (const float *x, size_t count, float most, float *y), (x, count, most, y))                            \
  X(void, clip_gradient, (const float *gradient, const float *y, size_t count, float most, float *dx),                \
    (gradient, y, count, most, dx))                                                                                   \
  X(void, maximum, (const float *x, size_t count, float *y), (x, count, y))                                           \
  X(void, maximum_gradient,                                                                                           \
    (const float *gradient, const float *best, const float *x, size_t count, float *open, float *dx),                 \
    (gradient, best, x, count, open, dx))                                                                             \
  X(void, to_bfloat16, (const float *x, size_t count, void *out), (x, count, out))                                    \
  X(void, multiply_adds, (size_t count, float *out), (count, out))                                                    \
  X(size_t, convolution_packed, (const convolution_shape *s), (s))                                                    \
  X(void, convolution_pack, (const convolution_shape *s, const float *kernel, float *packed), (s, kernel, packed))    \
  X(size_t, convolution_scratch, (const convolution_shape *s), (s))                                                   \
  X(void, convolution_run,                                                                                            \
    (const convolution_shape *s, const float *in, const float *packed, const float *bias, const float *added,         \
     float limit, float *out, float *scratch),                                                                        \
    (s, in, packed, bias, added, limit, out, scratch))                                                                \
  X(void, depthwise_run,                                                                                              \
    (const convolution_shape *s, const float *in, const float *kernel, const float *bias, float limit, float *out,    \
     float *scratch),                                                                                                 \
    (s, in, kernel, bias, limit, out, scratch))                                                                       \
  X(void, depthwise_gradient,                                                                                         \
    (const convolution_shape *s, const float *in, const float *kernel, const float *gradient, float *in_gradient,     \
     float *kernel_gradient, float *scratch),                                                                         \
    (s, in, kernel, gradient, in_gradient, kernel_gradient, scratch))                                                 \
  X(int, winograd_suits, (size_t inputs, size_t outputs), (inputs, outputs))                                          \
  X(size_t, winograd_packed, (size_t inputs, size_t outputs, size_t m), (inputs, outputs, m))                         \
  X(void, winograd_pack, (const float *kernel, size_t inputs, size_t outputs, size_t m, float *packed),               \
    (kernel, inputs, outputs, m, packed))                                                                             \
  X(void, winograd_pack_learning,                                                                                     \
    (const float *kernel, size_t inputs, size_t outputs, size_t m, int turned, float *packed),                        \
    (kernel, inputs, outputs, m, turned, packed))                                                                     \
  X(size_t, winograd_scratch, (const convolution_shape *s, size_t m), (s, m))                                         \
  X(void, winograd_run,                                                                                               \
    (const convolution_shape *s, size_t m, const float *in, const float *weights, const float *bias,                  \
     const float *added, float limit, float *out, float *scratch),                                                    \
    (s, m, in, weights, bias, added, limit, out, scratch))                                                             \
  X(void, winograd_weights,                                                                                           \
    (const convolution_shape *s, size_t m, const float *in, const float *gradient, float *kernel, float *scratch),    \
    (s, m, in, gradient, kernel, scratch))                                                                            \
  X(size_t, winograd_weights_scratch, (const convolution_shape *s, size_t m), (s, m))

typedef struct {
  size_t lanes;
#define FIELD(result, name, parameters, arguments) result(*name) parameters;
  KERNELS(FIELD)
#undef FIELD
} kernel_table;

extern const kernel_table kernel_baseline, kernel_avx2, kernel_avx512;

#endif
