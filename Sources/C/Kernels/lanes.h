// Vectors of LANES floats in the compiler's own notation. Included by level_*.c, which define LANES, and FUSED where
// one instruction multiplies and adds.

typedef float v __attribute__((ext_vector_type(LANES), aligned(4)));

#define INLINE __attribute__((always_inline)) static inline
// For loops of a few steps over vectors: unrolled, the vectors stay in registers.
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE v load(const float *from) { return *(const v *)from; }
INLINE void store(float *to, v x) { *(v *)to = x; }
INLINE v above_zero(v x) { return x > 0 ? x : (v)0; }
// Kept within 0…limit; as it is where the limit is 0.
INLINE v limited(v x, float limit) {
  if (!(limit > 0)) return x;
  v zero_up = above_zero(x), most = (v)limit;
  return zero_up < most ? zero_up : most;
}
INLINE v multiply_add(v a, v b, v c) {
#ifdef FUSED
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
// Numbers that lie `step` apart.
INLINE v gather(const float *from, size_t step) {
  v x;
  UNROLL for (int i = 0; i < LANES; i++) x[i] = from[i * step];
  return x;
}
INLINE void scatter(float *to, size_t step, v x) {
  UNROLL for (int i = 0; i < LANES; i++) to[i * step] = x[i];
}
