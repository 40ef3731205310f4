#include <cblas.h>

// LAPACK's singular values, as Fortran calls them; the library has them, its header does not.
void dgesvd_(const char *jobu, const char *jobvt, const int *m, const int *n, double *a, const int *lda, double *s,
             double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *info);
