#include "levels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// -1 until a kernel runs or somebody limits it.
static _Atomic int level = -1;

int kernel_processor_level(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return KERNEL_BASELINE;
  int is_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return is_wide ? KERNEL_AVX512 : KERNEL_AVX2;
#else
  return KERNEL_BASELINE;
#endif
}

static const char *const names[] = {"baseline", "avx2", "avx512"};

// What PENUMBRA_ISA asks for, at most what the processor has; whoever parses the command line refuses other words.
static int wanted_level(void) {
  int most = kernel_processor_level();
  const char *wanted = getenv("PENUMBRA_ISA");
  for (int i = 0; wanted && i < most; i++)
    if (strcmp(wanted, names[i]) == 0) return i;
  return most;
}

int kernel_level(void) {
  int known = atomic_load_explicit(&level, memory_order_relaxed);
  if (known >= 0) return known;
  int none = -1;
  atomic_compare_exchange_strong(&level, &none, wanted_level());
  return atomic_load(&level);
}

int kernel_limit_level(int wanted) {
  int none = -1, most = kernel_processor_level();
  int limited = wanted < most ? wanted : most;
  return atomic_compare_exchange_strong(&level, &none, limited) || none == limited;
}

static const kernel_table *table(void) {
#if defined(__x86_64__)
  int known = kernel_level();
  return known == KERNEL_AVX512 ? &kernel_avx512 : known == KERNEL_AVX2 ? &kernel_avx2 : &kernel_baseline;
#else
  return &kernel_baseline;
#endif
}

size_t kernel_lanes(void) { return table()->lanes; }

int kernel_has_bfloat16(void) {
#if defined(__x86_64__)
  return kernel_level() == KERNEL_AVX512 && __builtin_cpu_supports("avx512bf16") != 0;
#else
  return 0;
#endif
}

size_t kernel_cache(void) {
  static _Atomic size_t bytes = 0;
  size_t known = atomic_load_explicit(&bytes, memory_order_relaxed);
  if (known > 0) return known;
  long told = sysconf(_SC_LEVEL2_CACHE_SIZE);
  known = told >= 1 << 18 && told <= 1 << 24 ? (size_t)told : 1 << 19;
  atomic_store(&bytes, known);
  return known;
}

#define CALL_void
#define CALL_int return
#define CALL_double return
#define CALL_size_t return
#define WRAPPER(result, name, parameters, arguments) \
  result kernel_##name parameters { CALL_##result table()->name arguments; }
KERNELS(WRAPPER)

size_t kernel_depthwise_scratch(const convolution_shape *s) { return 2 * s->side * s->side * s->inputs; }
