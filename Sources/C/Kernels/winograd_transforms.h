// The transforms of Winograd's minimal filtering for tiles of 2, 4 and 6 results along each side.
// Included by level_*.c.

// B' of F(2×2, 3×3), F(4×4, 3×3) and F(6×6, 3×3), the last with the points 0, ±1, ±2 and ±1/2, along one dimension:
// alpha values in, alpha out (Lavin and Gray 2016).
INLINE void into2(const v *d, v *t) {
  t[0] = d[0] - d[2];
  t[1] = d[1] + d[2];
  t[2] = d[2] - d[1];
  t[3] = d[1] - d[3];
}
INLINE void into4(const v *d, v *t) {
  v four = (v)(4), five = (v)(5), two = (v)(2);
  v a = d[4] - four * d[2], b = d[3] - four * d[1], c = d[4] - d[2], e = two * (d[3] - d[1]);
  t[0] = four * d[0] - five * d[2] + d[4];
  t[1] = a + b;
  t[2] = a - b;
  t[3] = c + e;
  t[4] = c - e;
  t[5] = four * d[1] - five * d[3] + d[5];
}
INLINE void into6(const v *d, v *t) {
  v a = d[2] - (v)4.25f * d[4] + d[6], b = d[1] - (v)4.25f * d[3] + d[5];
  v c = (v).25f * d[2] - (v)1.25f * d[4] + d[6], e = (v).5f * d[1] - (v)2.5f * d[3] + (v)2 * d[5];
  v f = (v)4 * d[2] - (v)5 * d[4] + d[6], g = (v)2 * d[1] - (v)2.5f * d[3] + (v).5f * d[5];
  t[0] = d[0] - d[6] + (v)5.25f * (d[4] - d[2]);
  t[1] = a + b;
  t[2] = a - b;
  t[3] = c + e;
  t[4] = c - e;
  t[5] = f + g;
  t[6] = f - g;
  t[7] = d[7] - d[1] + (v)5.25f * (d[3] - d[5]);
}
INLINE void into(size_t m, const v *d, v *t) {
  if (m == 2) into2(d, t); else if (m == 4) into4(d, t); else into6(d, t);
}
// A': alpha values in, as many out as a tile is long.
INLINE void out2(const v *m, v *y) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}
INLINE void out4(const v *m, v *y) {
  v two = (v)(2), four = (v)(4), eight = (v)(8);
  v a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + two * d;
  y[2] = a + four * c;
  y[3] = b + eight * d + m[5];
}
INLINE void out6(const v *m, v *y) {
  v a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4], e = m[5] + m[6], f = m[5] - m[6];
  y[0] = m[0] + a + c + e;
  y[1] = b + (v)2 * d + (v).5f * f;
  y[2] = a + (v)4 * c + (v).25f * e;
  y[3] = b + (v)8 * d + (v).125f * f;
  y[4] = a + (v)16 * c + (v).0625f * e;
  y[5] = b + (v)32 * d + (v).03125f * f + m[7];
}
INLINE void out_of(size_t m, const v *d, v *y) {
  if (m == 2) out2(d, y); else if (m == 4) out4(d, y); else out6(d, y);
}

// G, along one dimension: three values in, alpha out.
INLINE void filter2(const v *k, v *t) {
  v half = (v)(.5f), ends = half * (k[0] + k[2]), middle = half * k[1];
  t[0] = k[0];
  t[1] = ends + middle;
  t[2] = ends - middle;
  t[3] = k[2];
}
INLINE void filter4(const v *k, v *t) {
  v sixth = (v)(1.f / 6), quarter = (v)(.25f);
  v near = -sixth * (k[0] + k[2]), far = sixth * (quarter * k[0] + k[2]), middle = sixth * k[1];
  t[0] = quarter * k[0];
  t[1] = near - middle;
  t[2] = near + middle;
  t[3] = far + (v)(.5f) * middle;
  t[4] = far - (v)(.5f) * middle;
  t[5] = k[2];
}
INLINE void filter6(const v *k, v *t) {
  v ends = (v)(-2.f / 9) * (k[0] + k[2]), middle = (v)(-2.f / 9) * k[1];
  v c = (v)(1.f / 90) * k[0] + (v)(2.f / 45) * k[2], d = (v)(1.f / 45) * k[1];
  v e = (v)(32.f / 45) * k[0] + (v)(8.f / 45) * k[2], f = (v)(16.f / 45) * k[1];
  t[0] = k[0];
  t[1] = ends + middle;
  t[2] = ends - middle;
  t[3] = c + d;
  t[4] = c - d;
  t[5] = e + f;
  t[6] = e - f;
  t[7] = k[2];
}
INLINE void filter(size_t m, const v *k, v *t) {
  if (m == 2) filter2(k, t); else if (m == 4) filter4(k, t); else filter6(k, t);
}
// A, the other way: as many values in as a tile is long, alpha out.
INLINE void back2(const v *y, v *t) {
  t[0] = y[0];
  t[1] = y[0] + y[1];
  t[2] = y[0] - y[1];
  t[3] = -y[1];
}
INLINE void back4(const v *y, v *t) {
  v two = (v)(2), four = (v)(4);
  v even = y[0] + y[2], odd = y[1] + y[3], far = y[0] + four * y[2], steep = two * (y[1] + four * y[3]);
  t[0] = y[0];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = far + steep;
  t[4] = far - steep;
  t[5] = y[3];
}
INLINE void back6(const v *y, v *t) {
  v even = y[0] + y[2] + y[4], odd = y[1] + y[3] + y[5];
  v far = y[0] + (v)4 * y[2] + (v)16 * y[4], steep = (v)2 * y[1] + (v)8 * y[3] + (v)32 * y[5];
  v near = y[0] + (v).25f * y[2] + (v).0625f * y[4], flat = (v).5f * y[1] + (v).125f * y[3] + (v).03125f * y[5];
  t[0] = y[0];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = far + steep;
  t[4] = far - steep;
  t[5] = near + flat;
  t[6] = near - flat;
  t[7] = y[5];
}
INLINE void back(size_t m, const v *y, v *t) {
  if (m == 2) back2(y, t); else if (m == 4) back4(y, t); else back6(y, t);
}
// G', along one dimension: alpha values in, three out.
INLINE void unfilter2(const v *t, v *k) {
  v half = (v)(.5f), ends = half * (t[1] + t[2]);
  k[0] = t[0] + ends;
  k[1] = half * (t[1] - t[2]);
  k[2] = ends + t[3];
}
INLINE void unfilter4(const v *t, v *k) {
  v sixth = (v)(1.f / 6), quarter = (v)(.25f), half = (v)(.5f);
  v near = sixth * (t[1] + t[2]), far = sixth * (t[3] + t[4]);
  k[0] = quarter * (t[0] + far) - near;
  k[1] = sixth * (t[2] - t[1] + half * (t[3] - t[4]));
  k[2] = far - near + t[5];
}
INLINE void unfilter6(const v *t, v *k) {
  v a = (v)(2.f / 9) * (t[1] + t[2]), c = (v)(1.f / 90) * (t[3] + t[4]), e = (v)(8.f / 45) * (t[5] + t[6]);
  k[0] = t[0] - a + c + (v)4 * e;
  k[1] = (v)(1.f / 45) * (t[3] - t[4]) + (v)(16.f / 45) * (t[5] - t[6]) - (v)(2.f / 9) * (t[1] - t[2]);
  k[2] = (v)4 * c + e - a + t[7];
}
INLINE void unfilter(size_t m, const v *t, v *k) {
  if (m == 2) unfilter2(t, k); else if (m == 4) unfilter4(t, k); else unfilter6(t, k);
}
