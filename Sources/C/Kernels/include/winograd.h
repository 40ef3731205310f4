#ifndef PENUMBRA_WINOGRAD_H
#define PENUMBRA_WINOGRAD_H
#include <stddef.h>

/// A 3×3 convolution of stride 1 over maps [batch, map_rows, map_columns, inputs], which gives
/// [batch, rows, columns, outputs]; `padding` rows and columns of zeros lie around the maps.
/// inputs is a multiple of 16, outputs one of 32.
typedef struct {
  size_t batch, map_rows, map_columns, inputs, outputs, rows, columns, padding;
} winograd_shape;

/// Whether this processor has what winograd_run needs, which is AVX-512.
int winograd_is_supported(void);

/// Weights [outputs, inputs, 3, 3] transformed for tiles of m × m results (m is 2 or 4):
/// (m + 2)² · inputs · outputs floats, aligned to 64 bytes.
void winograd_pack(const float *kernel, size_t inputs, size_t outputs, size_t m, float *packed);

/// The same in 32-bit arithmetic, fast enough to be done for every batch while the weights learn. `turned`, for the
/// gradient that goes back: weights [inputs, outputs, 3, 3], every kernel by half a turn. Needs AVX-512.
void winograd_pack_learning(const float *kernel, size_t inputs, size_t outputs, size_t m, int turned, float *packed);

/// The floats that winograd_run needs to work in.
size_t winograd_scratch(const winograd_shape *s, size_t m);

/// The convolution, plus bias and added (of the result's shape) where they are not null, then, if asked, max(·, 0).
/// Results do not depend on the batch, nor on which part of a map they are worked out in, as long as tiles begin at
/// the same pixels.
void winograd_run(const winograd_shape *s, size_t m, const float *in, const float *weights, const float *bias,
                  const float *added, int relu, float *out, float *scratch);

/// The gradient with respect to the weights, [outputs, inputs, 3, 3], of a loss whose gradient with respect to the
/// convolution's result is given: both maps are transformed, multiplied point by point, added up over all tiles and
/// transformed back. Needs AVX-512.
void winograd_weights(const winograd_shape *s, size_t m, const float *in, const float *gradient, float *kernel,
                      float *scratch);

/// The floats that winograd_weights needs to work in.
size_t winograd_weights_scratch(const winograd_shape *s, size_t m);

#endif
