// For processors with AVX-512: 32 registers of sixteen floats.
#define TABLE kernel_avx512
#define LANES 16
#define FUSED
#define MOST_ROWS 14
#define EACH_ROWS(X) X(14) X(7) X(4) X(2) X(1)
#include "levels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#include "level_body.h"
#pragma clang attribute pop
#endif
