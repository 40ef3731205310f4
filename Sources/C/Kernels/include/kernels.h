#ifndef PENUMBRA_KERNELS_H
#define PENUMBRA_KERNELS_H
#include <stddef.h>

// Passes over feature maps that memory speed bounds, convolutions, and what the processor is. They are in C because
// only there one source can be compiled for several instruction levels and chosen from when the program starts.
// Maps are pixels × channels, the channels of a pixel side by side.

/// Levels of the instruction set, each with all that the one before has.
enum { KERNEL_BASELINE, KERNEL_AVX2, KERNEL_AVX512 };

/// The highest level that this processor has: AVX2 with FMA, or AVX-512 (F, BW, DQ, VL).
int kernel_processor_level(void);

/// The level that the kernels run at: the processor's, or a lower one that kernel_limit_level or the environment
/// variable PENUMBRA_ISA (baseline, avx2, avx512) named before the first kernel ran.
int kernel_level(void);

/// Keeps the kernels to a level, at most the processor's. Returns 0 when kernels of another level have run already.
int kernel_limit_level(int level);

/// The floats of a vector at the level that the kernels run at.
size_t kernel_lanes(void);

/// The bytes of the second cache of one processor core.
size_t kernel_cache(void);

/// sum[c] and squares[c]: totals of (x - shift[c]) and of its square over all pixels.
void kernel_moments(const float *x, size_t pixels, size_t channels, const float *shift, float *sum,
                    float *squares);

/// y = x · scale[c] + offset[c] (+ residual when not null), then, if asked, max(·, 0).
void kernel_scale_offset(const float *x, const float *residual, size_t pixels, size_t channels,
                         const float *scale, const float *offset, int relu, float *y);

/// Where y is not null, gradient is taken as 0 at y = 0 (the derivative of the ReLU that made y).
/// sum[c] and product[c]: totals of the gradient and of gradient · (x - mean[c]).
void kernel_gradient_moments(const float *gradient, const float *y, const float *x, size_t pixels,
                             size_t channels, const float *mean, float *sum, float *product);

/// dx = a[c] · gradient + b[c] · x + c0[c], the gradient masked by y as above and, where asked, kept in masked.
void kernel_gradient_input(const float *gradient, const float *y, const float *x, size_t pixels,
                           size_t channels, const float *a, const float *b, const float *c0, float *dx,
                           float *masked);

/// y += x.
void kernel_add(const float *x, size_t count, float *y);

/// One step of Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay along scale · gradient; the
/// corrections are 1 / (1 - beta^step).
void kernel_adam(const float *gradient, size_t count, float scale, float rate, float beta1, float beta2,
                 float epsilon, float decay, float correction1, float correction2, float *first,
                 float *second, float *weight);

/// Cross-entropy of softmax(logits) against labels, pixel by pixel: the total loss; gradient[p, c] becomes
/// factor · (softmax - one-hot).
double kernel_cross_entropy(const float *logits, const unsigned char *labels, size_t pixels, size_t classes,
                            float factor, float *gradient);

/// One row of a map enlarged along x and y: the rows above and below it, of which the lower has `share`, then
/// for every pixel the cell before it and the one `step` (0 or 1) further, which has shares[p]. `row` is room
/// for a row of cells.
void kernel_enlarge_row(const float *above, const float *below, float share, size_t cells, const int *before,
                        const float *shares, size_t step, size_t pixels, size_t channels, float *row, float *y);

/// Adds what one row of the enlarged map's gradient says of the two rows it was made from, which may be the same.
void kernel_enlarge_row_gradient(const float *gradient, float share, size_t cells, const int *before,
                                 const float *shares, size_t step, size_t pixels, size_t channels, float *row,
                                 float *above, float *below);

/// y = x kept within 0…most.
void kernel_clip(const float *x, size_t count, float most, float *y);

/// The gradient that goes back through it: 0 where y is at either end.
void kernel_clip_gradient(const float *gradient, const float *y, size_t count, float most, float *dx);

/// y = max(y, x).
void kernel_maximum(const float *x, size_t count, float *y);

/// Where x equals best and no equal was met before (open), dx takes the gradient and open becomes 0.
void kernel_maximum_gradient(const float *gradient, const float *best, const float *x, size_t count,
                             float *open, float *dx);

/// A rectangle of pixels; it may lie partly outside of the map that it belongs to.
typedef struct {
  ptrdiff_t top, left;
  size_t rows, columns;
} kernel_area;

/// Copies the pixels of `area` out of a map of map_rows × map_columns to `out`, `border` where there is no map.
/// Where window is not null, it holds the pixels of the map under window_area, which are read from there.
void kernel_cut(const float *map, size_t map_rows, size_t map_columns, size_t channels, const float *window,
                kernel_area window_area, kernel_area area, float border, float *out);

/// Rounds to bfloat16, to the nearest and ties to even: `count` numbers of 16 bits each at `out`.
void kernel_to_bfloat16(const float *x, size_t count, void *out);

/// Whether this processor multiplies bfloat16, and the level allows it.
int kernel_has_bfloat16(void);

/// Multiplies and adds `count` times in every lane of twelve vectors, and nothing else: how fast the processor can be
/// at this level. Writes as many floats as a vector has, at most 16, that nobody needs.
void kernel_multiply_adds(size_t count, float *out);

#endif
