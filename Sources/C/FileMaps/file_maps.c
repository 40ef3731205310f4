#include "file_maps.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 1024 };

// What the handler looks through. A map has its bounds while its end is not 0.
static struct {
  atomic_int is_taken, is_broken;
  _Atomic uintptr_t start, end;
} maps[MOST];

static struct sigaction former;

static void put_zeros(int signal, siginfo_t *info, void *context) {
  (void)context;
  int error = errno;
  uintptr_t at = (uintptr_t)info->si_addr;
  for (int i = 0; i < MOST; i++) {
    uintptr_t end = atomic_load(&maps[i].end);
    if (end == 0 || at < atomic_load(&maps[i].start) || at >= end) continue;
    atomic_store(&maps[i].is_broken, 1);
    uintptr_t page = at & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1);
    if (mmap((void *)page, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
    errno = error;
    return;
  }
  // Not ours: the same again, for whoever took the signal before.
  sigaction(signal, &former, NULL);
  errno = error;
}

static void install(void) {
  struct sigaction action = {.sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &former);
}

const void *file_map_open(int descriptor, size_t length, int *number) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  int i = 0;
  while (i < MOST && atomic_exchange(&maps[i].is_taken, 1)) i++;
  if (i == MOST) {
    errno = EMFILE;
    return NULL;
  }
  void *start = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (start == MAP_FAILED) {
    atomic_store(&maps[i].is_taken, 0);
    return NULL;
  }
  atomic_store(&maps[i].is_broken, 0);
  atomic_store(&maps[i].start, (uintptr_t)start);
  atomic_store(&maps[i].end, (uintptr_t)start + length);
  *number = i;
  return start;
}

int file_map_is_broken(int number) { return atomic_load(&maps[number].is_broken); }

void file_map_close(const void *start, size_t length, int number) {
  atomic_store(&maps[number].end, 0);
  munmap((void *)start, length);
  atomic_store(&maps[number].is_taken, 0);
}
