// All kernels of one level. Included by level_*.c, which define TABLE, LANES, MOST_ROWS and EACH_ROWS, and FUSED where
// one instruction multiplies and adds.

#include "levels.h"

#include <math.h>
#include <string.h>

// Checks of all arithmetic on pointers make these compile for minutes; AddressSanitizer sees where they lead.
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
// clang-format off: functions of this level alone may use its instructions.
#include "lanes.h"
#include "passes.h"
#include "product.h"
#include "depthwise.h"
#include "winograd_transforms.h"
#include "winograd_tiles.h"

static void multiply_adds(size_t count, float *out) {
  v sums[12], factor, offset = (v)1e-3f;
  for (int i = 0; i < LANES; i++) factor[i] = 0.999f + 1e-6f * i;
  for (int i = 0; i < 12; i++) sums[i] = offset * (float)i;
  for (size_t n = 0; n < count; n++)
    for (int i = 0; i < 12; i++) sums[i] = multiply_add(sums[i], factor, offset);
  for (int i = 1; i < 12; i++) sums[0] += sums[i];
  store(out, sums[0]);
}

#pragma clang attribute pop

#define ENTRY(result, name, parameters, arguments) .name = name,
const kernel_table TABLE = {.lanes = LANES, KERNELS(ENTRY)};
