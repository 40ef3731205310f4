#ifndef PENUMBRA_CONVOLUTIONS_H
#define PENUMBRA_CONVOLUTIONS_H
#include <stddef.h>

/// A convolution over maps [batch, map_rows, map_columns, inputs], which gives [batch, rows, columns, outputs]: windows
/// of side × side pixels, one every `stride` pixels; `padding` rows and columns of zeros are around the maps.
typedef struct {
  size_t batch, map_rows, map_columns, inputs, outputs, rows, columns, side, stride, padding;
} convolution_shape;

// MARK: As products of windows and weights, for any shape

/// The floats that packed weights take.
size_t kernel_convolution_packed(const convolution_shape *s);

/// Weights [outputs, inputs, side, side] as the product reads them.
void kernel_convolution_pack(const convolution_shape *s, const float *kernel, float *packed);

/// The floats that kernel_convolution_run needs to work in.
size_t kernel_convolution_scratch(const convolution_shape *s);

/// The convolution, plus bias and added (of the result's shape) where they are not null, then kept within
/// 0…limit where the limit is not 0: infinity for a ReLU, 6 for a ReLU6.
/// Results do not depend on the batch, nor on which part of a map they are computed in.
void kernel_convolution_run(const convolution_shape *s, const float *in, const float *packed, const float *bias,
                            const float *added, float limit, float *out, float *scratch);

// MARK: Channel by channel

/// A depthwise convolution: every channel by its own window of weights [inputs, side, side], plus bias where it is not
/// null, then kept within 0…limit where the limit is not 0; `outputs` is `inputs`. Windows may reach beyond the map on
/// any side, where it is zero. Results do not depend on which part of a map they are computed in.
void kernel_depthwise_run(const convolution_shape *s, const float *in, const float *kernel, const float *bias,
                          float limit, float *out, float *scratch);

/// Gradients of a depthwise convolution: with respect to its maps (not wanted where null), and to its weights.
void kernel_depthwise_gradient(const convolution_shape *s, const float *in, const float *kernel,
                               const float *gradient, float *in_gradient, float *kernel_gradient, float *scratch);

/// The floats that both need to work in.
size_t kernel_depthwise_scratch(const convolution_shape *s);

// MARK: By Winograd's filtering, for windows of 3×3 and stride 1

/// Whether so many channels can be computed so at this level: inputs fill vectors, outputs pairs of them.
int kernel_winograd_suits(size_t inputs, size_t outputs);

/// The floats that transformed weights take.
size_t kernel_winograd_packed(size_t inputs, size_t outputs, size_t m);

/// Weights [outputs, inputs, 3, 3] transformed for tiles of m × m results (m is 2, 4 or 6).
void kernel_winograd_pack(const float *kernel, size_t inputs, size_t outputs, size_t m, float *packed);

/// The same in 32-bit arithmetic, fast enough to be done for every batch while the weights learn. `turned`, for the
/// gradient that goes back: weights [inputs, outputs, 3, 3], every kernel by half a turn.
void kernel_winograd_pack_learning(const float *kernel, size_t inputs, size_t outputs, size_t m, int turned,
                                   float *packed);

/// The floats that kernel_winograd_run needs to work in.
size_t kernel_winograd_scratch(const convolution_shape *s, size_t m);

/// The convolution, plus bias and added (of the result's shape) where they are not null, then kept within
/// 0…limit where the limit is not 0.
/// Results do not depend on the batch, nor on which part of a map they are computed in, as long as tiles begin at the
/// same pixels.
void kernel_winograd_run(const convolution_shape *s, size_t m, const float *in, const float *weights,
                         const float *bias, const float *added, float limit, float *out, float *scratch);

/// The gradient with respect to the weights, [outputs, inputs, 3, 3], of a loss whose gradient with respect to the
/// convolution's result is given: both maps are transformed, multiplied point by point, added up over all tiles and
/// transformed back.
void kernel_winograd_weights(const convolution_shape *s, size_t m, const float *in, const float *gradient,
                             float *kernel, float *scratch);

/// The floats that kernel_winograd_weights needs to work in.
size_t kernel_winograd_weights_scratch(const convolution_shape *s, size_t m);

#endif
