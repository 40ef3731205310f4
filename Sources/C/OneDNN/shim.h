#include <oneapi/dnnl/dnnl.h>

// clang ships no omp.h; this is the one function of it that is needed.
void omp_set_num_threads(int count);
