// What a trial loads into the program (LD_PRELOAD): counts the system calls that concern the trial's folder, does
// something at a chosen one, and may bend the clocks.
//
//   TORTURE_FOLDER   absolute; only calls about paths below it, and descriptors opened there, count
//   TORTURE_COUNTS   file of the struct `shared`, which outlives the program however it ends
//   TORTURE_CALL     name of a call as in `names`, or `any`; TORTURE_NUMBER: which one of them, from 1
//   TORTURE_ACTION   fail:ERRNO, short (half of the bytes), signal:NUMBER, truncate, replace, move
//   TORTURE_LASTING  1: fail at all later calls too, as a disk that stays full does
//   TORTURE_TARGET   what `move` moves to TARGET.moved
//   TORTURE_SPEED    how much faster all clocks run
//   TORTURE_JUMP     by how many seconds the wall clock jumps: TORTURE_JUMP_AT seconds of the bent clock after the start,
//                    or 20 after as many checkpoints as TORTURE_JUMP_AFTER says, on the way to the next one
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum call { OPEN, READ, PREAD, WRITE, PWRITE, FSYNC, CLOSE, FTRUNCATE, FSTAT, STAT, RENAME, UNLINK, RMDIR, MKDIR, FLOCK,
  MMAP, OPENDIR, READDIR, REALPATH, LINK, FCHMOD, DUP, LSEEK, PIPE, GLOB, FTS_OPEN, FTS_READ, GETCWD, READLINK, CALLS };
static const char *const names[CALLS] = { "open", "read", "pread", "write", "pwrite", "fsync", "close", "ftruncate",
  "fstat", "stat", "rename", "unlink", "rmdir", "mkdir", "flock", "mmap", "opendir", "readdir", "realpath", "link",
  "fchmod", "dup", "lseek", "pipe", "glob", "fts_open", "fts_read", "getcwd", "readlink" };
enum { NOTHING, FAIL, SHORT, TRUNCATE, REPLACE, MOVE, SIGNAL };

// As Tests/Torture/preload.py reads it.
struct shared {
  unsigned long long total, counts[32], checkpoints, fired;
  char hit[512];
};
static struct shared own, *shared = &own;
static char folder[PATH_MAX], target[PATH_MAX];
static size_t folder_length;
static int wanted_call = -2, action, argument, lasting;
static unsigned long long wanted_number;
static unsigned char watched[65536];
static double speed = 1, jump, jump_at = 1e300, jump_after = 1e300;
static struct timespec starts[16];

// The library's own function of a name, which ours stands before.
#define REAL(type, name) ({ static void *real; if (!real) real = dlsym(RTLD_NEXT, name); (type)real; })
typedef int of_two(const char *, const char *), of_file(int);
// Our own calls are not the program's.
static __thread int is_ours;

static int real_open(const char *path, int flags, int mode) {
  return REAL(int (*)(const char *, int, ...), "open64")(path, flags, mode);
}

static double number(const char *name, double otherwise) {
  const char *text = getenv(name);
  return text ? atof(text) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
  for (int clock = 0; clock < 16; clock++)
    REAL(int (*)(clockid_t, struct timespec *), "clock_gettime")(clock, &starts[clock]);
  speed = number("TORTURE_SPEED", 1);
  jump = number("TORTURE_JUMP", 0);
  jump_at = number("TORTURE_JUMP_AT", 1e300);
  jump_after = number("TORTURE_JUMP_AFTER", 1e300);
  const char *text = getenv("TORTURE_FOLDER");
  if (!text) return;
  snprintf(folder, sizeof folder, "%s", text);
  snprintf(target, sizeof target, "%s", getenv("TORTURE_TARGET") ?: "");
  if ((text = getenv("TORTURE_COUNTS"))) {
    int file = real_open(text, O_RDWR | O_CLOEXEC, 0);
    void *memory = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0 && memory != MAP_FAILED) shared = memory;
  }
  if ((text = getenv("TORTURE_CALL"))) {
    if (!strcmp(text, "any")) wanted_call = -1;
    for (int call = 0; call < CALLS; call++)
      if (!strcmp(text, names[call])) wanted_call = call;
  }
  wanted_number = number("TORTURE_NUMBER", 0);
  lasting = number("TORTURE_LASTING", 0);
  text = getenv("TORTURE_ACTION") ?: "";
  const char *colon = strchr(text, ':');
  argument = colon ? atoi(colon + 1) : 0;
  action = !strncmp(text, "fail", 4) ? FAIL : !strcmp(text, "short") ? SHORT : !strcmp(text, "truncate") ? TRUNCATE
    : !strcmp(text, "replace") ? REPLACE : !strcmp(text, "move") ? MOVE : !strncmp(text, "signal", 6) ? SIGNAL : NOTHING;
  folder_length = strlen(folder);
}

static char *real_getcwd(char *place, size_t size) { return REAL(char *(*)(char *, size_t), "getcwd")(place, size); }

static int below(const char *path) {
  if (!folder_length || is_ours || !path || !*path) return 0;
  char whole[PATH_MAX];
  if (*path != '/') {
    if (!real_getcwd(whole, sizeof whole)) return 0;
    size_t length = strlen(whole);
    snprintf(whole + length, sizeof whole - length, "/%s", path);
    path = whole;
  }
  return !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length])
    && !strstr(path, "/../");
}

static int below_at(int at, const char *path) {
  if (!path || *path == '/' || at == AT_FDCWD) return below(path);
  return at >= 0 && at < 65536 && watched[at];
}

static int is_watched(int file) { return folder_length && !is_ours && file >= 0 && file < 65536 && watched[file]; }

static void name_of(int file, char *name, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, name, size - 1);
  name[length > 0 ? length : 0] = 0;
}

// Counts a call, and tells what is to be done at it. Errors come in place of the call, changes of files after it.
static int at(enum call call, int file, const char *path) {
  __atomic_add_fetch(&shared->total, 1, __ATOMIC_RELAXED);
  unsigned long long here = __atomic_add_fetch(&shared->counts[call], 1, __ATOMIC_RELAXED);
  if (wanted_call == -1) here = __atomic_load_n(&shared->total, __ATOMIC_RELAXED);
  if (wanted_call != -1 && wanted_call != (int)call) return NOTHING;
  if (!wanted_number || here < wanted_number || (here > wanted_number && !lasting)) return NOTHING;
  int error = errno;
  if (!__atomic_fetch_add(&shared->fired, 1, __ATOMIC_RELAXED)) {
    char name[PATH_MAX] = "";
    if (!path) name_of(file, name, sizeof name);
    snprintf(shared->hit, sizeof shared->hit, "%s %.480s", names[call], path ? path : name);
  }
  errno = error;
  if (action == SIGNAL) kill(getpid(), argument);
  if (action == MOVE) {
    char moved[PATH_MAX + 8];
    snprintf(moved, sizeof moved, "%s.moved", target);
    REAL(of_two *, "rename")(target, moved);
    errno = error;
  }
  if (action == FAIL) errno = argument;
  return action;
}

// Shortens a file, or puts other bytes in its place as an editor does: a new file that takes the name.
static void change(int todo, int file, const char *path) {
  if (todo != TRUNCATE && todo != REPLACE) return;
  int error = errno;
  is_ours = 1;
  char name[PATH_MAX], other[PATH_MAX + 8];
  if (path) snprintf(name, sizeof name, "%s", path);
  else name_of(file, name, sizeof name);
  struct stat status;
  if (!stat(name, &status) && S_ISREG(status.st_mode)) {
    if (todo == TRUNCATE) {
      (void)!truncate(name, status.st_size / 2);
    } else {
      snprintf(other, sizeof other, "%s.other", name);
      int new = real_open(other, O_WRONLY | O_CREAT | O_TRUNC, 0644);
      for (int i = 0; i < 1000; i++) (void)!write(new, "changed\n", 8);
      close(new);
      rename(other, name);
    }
  }
  is_ours = 0;
  errno = error;
}

// An open of any kind.
static int opened(int at_file, const char *path, int flags, int mode) {
  int counts = below_at(at_file, path);
  int todo = counts ? at(OPEN, -1, path) : NOTHING;
  if (todo == FAIL) return -1;
  int file = REAL(int (*)(int, const char *, int, ...), "openat64")(at_file, path, flags, mode);
  if (file >= 0 && file < 65536) watched[file] = counts;
  if (file >= 0) change(todo, file, path);
  return file;
}

#define OPENING(name, first, start) \
  int name(first const char *path, int flags, ...) { \
    va_list more; \
    va_start(more, flags); \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
    va_end(more); \
    return opened(start, path, flags, mode); \
  }
#define NONE
#define FROM int at_file,
OPENING(open, NONE, AT_FDCWD)
OPENING(open64, NONE, AT_FDCWD)
OPENING(openat, FROM, at_file)
OPENING(openat64, FROM, at_file)

#define STREAM(name) \
  FILE *name(const char *path, const char *mode) { \
    int counts = below(path), todo = counts ? at(OPEN, -1, path) : NOTHING; \
    if (todo == FAIL) return NULL; \
    FILE *stream = REAL(FILE *(*)(const char *, const char *), #name)(path, mode); \
    if (stream && fileno(stream) < 65536) watched[fileno(stream)] = counts; \
    if (stream) change(todo, -1, path); \
    return stream; \
  }
STREAM(fopen)
STREAM(fopen64)

// A call about a descriptor.
#define ABOUT(result, name, kind, parameters, arguments) \
  result name parameters { \
    int todo = is_watched(file) ? at(kind, file, NULL) : NOTHING; \
    if (todo == FAIL) return -1; \
    result answer = REAL(result (*) parameters, #name) arguments; \
    change(todo, file, NULL); \
    return answer; \
  }
// The same, with bytes of which only half may come.
#define BYTES(result, name, kind, parameters, arguments) \
  result name parameters { \
    int todo = is_watched(file) ? at(kind, file, NULL) : NOTHING; \
    if (todo == FAIL) return -1; \
    if (todo == SHORT && size > 1) size /= 2; \
    result answer = REAL(result (*) parameters, #name) arguments; \
    change(todo, file, NULL); \
    return answer; \
  }
BYTES(ssize_t, read, READ, (int file, void *bytes, size_t size), (file, bytes, size))
BYTES(ssize_t, pread, PREAD, (int file, void *bytes, size_t size, off_t from), (file, bytes, size, from))
BYTES(ssize_t, pread64, PREAD, (int file, void *bytes, size_t size, off64_t from), (file, bytes, size, from))
BYTES(ssize_t, write, WRITE, (int file, const void *bytes, size_t size), (file, bytes, size))
BYTES(ssize_t, pwrite, PWRITE, (int file, const void *bytes, size_t size, off_t to), (file, bytes, size, to))
BYTES(ssize_t, pwrite64, PWRITE, (int file, const void *bytes, size_t size, off64_t to), (file, bytes, size, to))
ABOUT(off_t, lseek, LSEEK, (int file, off_t to, int from), (file, to, from))
ABOUT(off64_t, lseek64, LSEEK, (int file, off64_t to, int from), (file, to, from))
ABOUT(int, fsync, FSYNC, (int file), (file))
ABOUT(int, fdatasync, FSYNC, (int file), (file))
ABOUT(int, ftruncate, FTRUNCATE, (int file, off_t size), (file, size))
ABOUT(int, ftruncate64, FTRUNCATE, (int file, off64_t size), (file, size))
ABOUT(int, flock, FLOCK, (int file, int how), (file, how))
ABOUT(int, fchmod, FCHMOD, (int file, mode_t mode), (file, mode))
ABOUT(int, fstat, FSTAT, (int file, struct stat *status), (file, status))
ABOUT(int, fstat64, FSTAT, (int file, struct stat64 *status), (file, status))

// The descriptor is closed in any case, as Linux does it.
int close(int file) {
  int todo = is_watched(file) ? at(CLOSE, file, NULL) : NOTHING, error = errno;
  if (file >= 0 && file < 65536) watched[file] = 0;
  int answer = REAL(of_file *, "close")(file);
  if (todo != FAIL) return answer;
  errno = error;
  return -1;
}

// Another descriptor of the same file is watched as the first is: files are written through one.
int dup(int file) {
  if (is_watched(file) && at(DUP, file, NULL) == FAIL) return -1;
  int answer = REAL(of_file *, "dup")(file);
  if (answer >= 0 && answer < 65536) watched[answer] = is_watched(file);
  return answer;
}

int dup2(int file, int to) {
  if (is_watched(file) && at(DUP, file, NULL) == FAIL) return -1;
  int answer = REAL(int (*)(int, int), "dup2")(file, to);
  if (answer >= 0 && answer < 65536) watched[answer] = is_watched(file);
  return answer;
}

// Belongs to no folder, and needs descriptors as all else does.
int pipe(int ends[2]) {
  if (folder_length && !is_ours && at(PIPE, -1, "") == FAIL) return -1;
  int answer = REAL(int (*)(int *), "pipe")(ends);
  for (int end = 0; !answer && end < 2; end++)
    if (ends[end] < 65536) watched[ends[end]] = 0;
  return answer;
}

// What is mapped is read without further calls.
#define MAPPING(name) \
  void *name(void *place, size_t size, int protection, int flags, int file, off_t from) { \
    int todo = !(flags & MAP_ANONYMOUS) && is_watched(file) ? at(MMAP, file, NULL) : NOTHING; \
    if (todo == FAIL) return MAP_FAILED; \
    void *answer = REAL(void *(*)(void *, size_t, int, int, int, off_t), #name)(place, size, protection, flags, file, from); \
    change(todo, file, NULL); \
    return answer; \
  }
MAPPING(mmap)
MAPPING(mmap64)

// A call about a path.
#define PATHS(result, failed, name, kind, is_counted, parameters, arguments) \
  result name parameters { \
    int todo = is_counted ? at(kind, -1, path) : NOTHING; \
    if (todo == FAIL) return failed; \
    result answer = REAL(result (*) parameters, #name) arguments; \
    change(todo, -1, path); \
    return answer; \
  }
PATHS(int, -1, stat, STAT, below(path), (const char *path, struct stat *status), (path, status))
PATHS(int, -1, stat64, STAT, below(path), (const char *path, struct stat64 *status), (path, status))
PATHS(int, -1, lstat, STAT, below(path), (const char *path, struct stat *status), (path, status))
PATHS(int, -1, lstat64, STAT, below(path), (const char *path, struct stat64 *status), (path, status))
PATHS(int, -1, fstatat, STAT, below_at(from, path), (int from, const char *path, struct stat *status, int flags),
  (from, path, status, flags))
PATHS(int, -1, fstatat64, STAT, below_at(from, path), (int from, const char *path, struct stat64 *status, int flags),
  (from, path, status, flags))
PATHS(int, -1, access, STAT, below(path), (const char *path, int mode), (path, mode))
PATHS(int, -1, mkdir, MKDIR, below(path), (const char *path, mode_t mode), (path, mode))
PATHS(int, -1, unlink, UNLINK, below(path), (const char *path), (path))
PATHS(int, -1, unlinkat, UNLINK, below_at(from, path), (int from, const char *path, int flags), (from, path, flags))
PATHS(int, -1, rmdir, RMDIR, below(path), (const char *path), (path))
PATHS(int, -1, link, LINK, below(path), (const char *path, const char *to), (path, to))
PATHS(DIR *, NULL, opendir, OPENDIR, below(path), (const char *path), (path))
PATHS(ssize_t, -1, readlink, READLINK, below(path), (const char *path, char *to, size_t size), (path, to, size))
PATHS(char *, NULL, realpath, REALPATH, below(path), (const char *path, char *whole), (path, whole))

int rename(const char *path, const char *to) {
  if ((below(path) || below(to)) && at(RENAME, -1, to) == FAIL) return -1;
  int answer = REAL(of_two *, "rename")(path, to);
  size_t length = strlen(to);
  if (!answer && length > 11 && !strcmp(to + length - 11, ".checkpoint"))
    if (__atomic_add_fetch(&shared->checkpoints, 1, __ATOMIC_RELAXED) == jump_after) {
      struct timespec now;
      clock_gettime(CLOCK_REALTIME, &now);
      jump_at = now.tv_sec - starts[CLOCK_REALTIME].tv_sec + 20;
    }
  return answer;
}

#define READING(name, type) \
  struct type *name(DIR *stream) { \
    char path[PATH_MAX]; \
    name_of(dirfd(stream), path, sizeof path); \
    if (below(path) && at(READDIR, -1, path) == FAIL) return NULL; \
    return REAL(struct type *(*)(DIR *), #name)(stream); \
  }
READING(readdir, dirent)
READING(readdir64, dirent64)

// How Foundation removes a folder with all that is in it; what fts itself calls passes no library.
FTS *fts_open(char *const *paths, int options, int (*order)(const FTSENT **, const FTSENT **)) {
  if (below(*paths) && at(FTS_OPEN, -1, *paths) == FAIL) return NULL;
  return REAL(FTS *(*)(char *const *, int, int (*)(const FTSENT **, const FTSENT **)), "fts_open")(paths, options, order);
}

FTSENT *fts_read(FTS *stream) {
  FTSENT *entry = REAL(FTSENT *(*)(FTS *), "fts_read")(stream);
  return entry && below(entry->fts_path) && at(FTS_READ, -1, entry->fts_path) == FAIL ? NULL : entry;
}

int glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found) {
  if (below(pattern) && at(GLOB, -1, pattern) == FAIL) return errno == ENOMEM ? GLOB_NOSPACE : GLOB_ABORTED;
  return REAL(int (*)(const char *, int, int (*)(const char *, int), glob_t *), "glob")(pattern, flags, failed, found);
}

char *getcwd(char *place, size_t size) {
  return below(".") && at(GETCWD, -1, ".") == FAIL ? NULL : real_getcwd(place, size);
}

// The clocks, faster by a factor, and the wall clock set to another time at some moment.
int clock_gettime(clockid_t clock, struct timespec *now) {
  int answer = REAL(int (*)(clockid_t, struct timespec *), "clock_gettime")(clock, now);
  int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  int is_bent = is_wall || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE
    || clock == CLOCK_BOOTTIME;
  if (answer || !is_bent || (speed == 1 && !jump)) return answer;
  double passed = (now->tv_sec - starts[clock].tv_sec) + 1e-9 * (now->tv_nsec - starts[clock].tv_nsec);
  passed *= speed;
  if (is_wall && passed > jump_at) passed += jump;
  double bent = passed + 1e-9 * starts[clock].tv_nsec, whole = (double)(long long)bent - (bent < 0);
  now->tv_sec = starts[clock].tv_sec + (time_t)whole;
  now->tv_nsec = (long)((bent - whole) * 1e9);
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
  *now = (struct timeval){ exact.tv_sec, exact.tv_nsec / 1000 };
  return 0;
}

time_t time(time_t *place) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (place) *place = exact.tv_sec;
  return exact.tv_sec;
}
