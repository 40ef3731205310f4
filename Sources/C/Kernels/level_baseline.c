// What every x86-64 processor runs.
#define TABLE kernel_baseline
#define LANES 4
#define MOST_ROWS 6
#define EACH_ROWS(X) X(6) X(4) X(2) X(1)
#include "level_body.h"
