// For processors with AVX2 and FMA: sixteen registers of eight floats.
#define TABLE kernel_avx2
#define LANES 8
#define FUSED
#define MOST_ROWS 6
#define EACH_ROWS(X) X(6) X(4) X(2) X(1)
#include "levels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "level_body.h"
#pragma clang attribute pop
#endif
