/*
 * Loaded before libc: what a process writes below POWER_CUT_DIR and has not fsynced is taken back when the file that
 * POWER_CUT_TRIGGER names appears, as a disk that loses its power forgets it; then the process is killed. Writes go to
 * the file at once, so that reading needs no help, and what they replaced is kept in memory until an fsync.
 *
 * Of each write that was not fsynced every sector of 512 bytes is kept or lost by chance, in any order, as drives do;
 * with POWER_CUT_ALL all of it is lost. Names that were made, moved or removed are lost likewise until their folder is
 * fsynced. Bytes taken back are added up in POWER_CUT_REPORT.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
enum kind { WRITE, TRUNCATE, CREATE, RENAME, UNLINK };

/* One step that the disk may forget; `old` is what it replaced, up to the size before. */
struct step {
  enum kind kind;
  unsigned long number;
  dev_t dev;
  ino_t ino; /* the file, or the folder of a name */
  int fd;
  off_t at, size_before;
  size_t length, old_length;
  char *old, *new;
  char *from, *to, *saved;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct step *steps;
static size_t count, capacity;
static unsigned long last_number;
static const char *dir, *trigger, *report;
static size_t dir_length;
static int lose_all;
/* One descriptor a file, never closed: closing any descriptor of a file gives up the locks that SQLite has on it. */
static struct { dev_t dev; ino_t ino; int fd; } held[4096];
static size_t held_count;
static char saved_dir[4096];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) {
  return dir && strncmp(path, dir, dir_length) == 0 && (path[dir_length] == '/' || path[dir_length] == 0);
}

static int tracked(int fd) {
  char link[64], path[4096];
  if (!dir) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return below(path) && !strstr(path, "-shm");
}

static int own_descriptor(int fd, const struct stat *st) {
  char link[64];
  for (size_t i = 0; i < held_count; i++)
    if (held[i].dev == st->st_dev && held[i].ino == st->st_ino) return held[i].fd;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int own = REAL(open)(link, O_RDWR | O_CLOEXEC);
  if (own < 0 || held_count == sizeof held / sizeof *held) abort();
  held[held_count].dev = st->st_dev;
  held[held_count].ino = st->st_ino;
  held[held_count++].fd = own;
  return own;
}

static struct step *add(enum kind kind, dev_t dev, ino_t ino) {
  if (count == capacity) steps = realloc(steps, (capacity = capacity * 2 + 1024) * sizeof *steps);
  struct step *step = &steps[count++];
  memset(step, 0, sizeof *step);
  step->kind = kind;
  step->number = ++last_number;
  step->dev = dev;
  step->ino = ino;
  return step;
}

/* Called with the lock held, before the file changes. */
static void remember(enum kind kind, int fd, off_t at, const char *new, size_t length) {
  struct stat st;
  if (fstat(fd, &st) || !S_ISREG(st.st_mode)) return;
  struct step *step = add(kind, st.st_dev, st.st_ino);
  step->fd = own_descriptor(fd, &st);
  step->at = at;
  step->size_before = st.st_size;
  step->length = length;
  off_t end = kind == TRUNCATE ? st.st_size : at + (off_t)length;
  if (end > st.st_size) end = st.st_size;
  if (end > at) {
    step->old_length = end - at;
    step->old = malloc(step->old_length);
    if (pread(step->fd, step->old, step->old_length, at) != (ssize_t)step->old_length) abort();
  }
  if (new) memcpy(step->new = malloc(length + 1), new, length);
}

static off_t position(int fd) {
  struct stat st;
  if (fcntl(fd, F_GETFL) & O_APPEND) return fstat(fd, &st) ? 0 : st.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

static char *join_vector(const struct iovec *v, int n, size_t *length) {
  *length = 0;
  for (int i = 0; i < n; i++) *length += v[i].iov_len;
  char *all = malloc(*length + 1), *to = all;
  for (int i = 0; i < n; i++) to = mempcpy(to, v[i].iov_base, v[i].iov_len);
  return all;
}

#define CHANGING(fd, remembering, call)                                                                                \
  if (!tracked(fd)) return call;                                                                                       \
  pthread_mutex_lock(&lock);                                                                                           \
  remembering;                                                                                                         \
  __typeof__(call) result = call;                                                                                      \
  int error = errno;                                                                                                   \
  pthread_mutex_unlock(&lock);                                                                                         \
  errno = error;                                                                                                       \
  return result

ssize_t write(int fd, const void *bytes, size_t n) {
  CHANGING(fd, remember(WRITE, fd, position(fd), bytes, n), REAL(write)(fd, bytes, n));
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  CHANGING(fd, remember(WRITE, fd, at, bytes, n), REAL(pwrite)(fd, bytes, n, at));
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
  CHANGING(fd, remember(WRITE, fd, at, bytes, n), REAL(pwrite64)(fd, bytes, n, at));
}

static void remember_vector(int fd, off_t at, const struct iovec *v, int n) {
  size_t length;
  char *all = join_vector(v, n, &length);
  remember(WRITE, fd, at, all, length);
  free(all);
}
ssize_t writev(int fd, const struct iovec *v, int n) {
  CHANGING(fd, remember_vector(fd, position(fd), v, n), REAL(writev)(fd, v, n));
}
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) {
  CHANGING(fd, remember_vector(fd, at, v, n), REAL(pwritev)(fd, v, n, at));
}
ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at) {
  CHANGING(fd, remember_vector(fd, at, v, n), REAL(pwritev64)(fd, v, n, at));
}
int ftruncate(int fd, off_t size) {
  CHANGING(fd, remember(TRUNCATE, fd, size, NULL, 0), REAL(ftruncate)(fd, size));
}
int ftruncate64(int fd, off64_t size) {
  CHANGING(fd, remember(TRUNCATE, fd, size, NULL, 0), REAL(ftruncate64)(fd, size));
}

/* What was done before it began is durable when it has returned. */
static int synced(int fd, int (*sync)(int)) {
  struct stat st;
  if (!tracked(fd) || fstat(fd, &st)) return sync(fd);
  pthread_mutex_lock(&lock);
  unsigned long upto = last_number;
  pthread_mutex_unlock(&lock);
  int result = sync(fd), error = errno;
  if (result == 0) {
    pthread_mutex_lock(&lock);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
      struct step *step = &steps[i];
      if (step->number > upto || step->dev != st.st_dev || step->ino != st.st_ino) {
        steps[kept++] = *step;
        continue;
      }
      if (step->saved) REAL(unlink)(step->saved);
      free(step->old), free(step->new), free(step->from), free(step->to), free(step->saved);
    }
    count = kept;
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return result;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

/* A name in the folder that holds it. */
static struct step *add_name(enum kind kind, const char *path) {
  char folder[4096];
  struct stat st;
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) *slash = 0;
  if (!slash || stat(folder, &st)) abort();
  return add(kind, st.st_dev, st.st_ino);
}

/* Another name for what would be lost, so that it can be put back. */
static char *save(const char *path) {
  char name[8192];
  snprintf(name, sizeof name, "%s/%lu", saved_dir, last_number + 1);
  return link(path, name) == 0 ? strdup(name) : NULL;
}

static int opened(int (*real)(int, const char *, int, ...), int at, const char *path, int flags, mode_t mode) {
  int is_new = (flags & O_CREAT) && path[0] == '/' && below(path) && access(path, F_OK) != 0;
  if (!is_new && !((flags & O_TRUNC) && below(path))) return real(at, path, flags, mode);
  pthread_mutex_lock(&lock);
  int fd = real(at, path, flags & ~O_TRUNC, mode), error = errno;
  if (fd >= 0 && is_new && !strstr(path, "-shm")) add_name(CREATE, path)->to = strdup(path);
  else if (fd >= 0 && (flags & O_TRUNC)) {
    remember(TRUNCATE, fd, 0, NULL, 0);
    if (REAL(ftruncate)(fd, 0)) abort();
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

#define MODE(flags)                                                                                                    \
  mode_t mode = 0;                                                                                                     \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                             \
    va_list rest;                                                                                                      \
    va_start(rest, flags);                                                                                             \
    mode = va_arg(rest, mode_t);                                                                                       \
    va_end(rest);                                                                                                      \
  }
int open(const char *path, int flags, ...) {
  MODE(flags)
  return opened(REAL(openat), AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  return opened(REAL(openat64), AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
  MODE(flags)
  return opened(REAL(openat), at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
  MODE(flags)
  return opened(REAL(openat64), at, path, flags, mode);
}

int rename(const char *from, const char *to) {
  if (!below(from) || !below(to)) return REAL(rename)(from, to);
  pthread_mutex_lock(&lock);
  char *saved = save(to);
  int result = REAL(rename)(from, to), error = errno;
  if (result == 0) {
    struct step *step = add_name(RENAME, to);
    step->from = strdup(from), step->to = strdup(to), step->saved = saved;
  } else if (saved) REAL(unlink)(saved);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
static int removed(const char *path, int (*real)(const char *)) {
  if (!below(path) || strstr(path, "-shm")) return real(path);
  pthread_mutex_lock(&lock);
  char *saved = save(path);
  int result = real(path), error = errno;
  if (result == 0 && saved) {
    struct step *step = add_name(UNLINK, path);
    step->to = strdup(path), step->saved = saved;
  } else if (saved) REAL(unlink)(saved);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int unlink(const char *path) { return removed(path, REAL(unlink)); }
int remove(const char *path) { return removed(path, REAL(remove)); }

static int by_chance(void) { return !lose_all && (random() & 1); }

static void take_back(const struct step *step) {
  if (step->kind == WRITE || step->kind == TRUNCATE) {
    if (step->old_length && REAL(pwrite)(step->fd, step->old, step->old_length, step->at) < 0) abort();
    if (REAL(ftruncate)(step->fd, step->size_before)) abort();
  } else if (by_chance()) {
    return;
  } else if (step->kind == CREATE) {
    REAL(unlink)(step->to);
  } else {
    if (step->kind == RENAME) REAL(rename)(step->to, step->from);
    if (step->saved) REAL(rename)(step->saved, step->to);
  }
}

/* @return bytes that were lost */
static size_t redo_some(const struct step *step) {
  size_t lost = 0;
  if (step->kind == TRUNCATE && by_chance() && REAL(ftruncate)(step->fd, step->at)) abort();
  if (step->kind != WRITE) return 0;
  for (size_t i = 0; i < step->length; i += SECTOR) {
    size_t n = step->length - i < SECTOR ? step->length - i : SECTOR;
    if (!by_chance()) lost += n;
    else if (REAL(pwrite)(step->fd, step->new + i, n, step->at + i) < 0) abort();
  }
  return lost;
}

static void cut(void) {
  size_t lost = 0;
  /* Never given back: whoever writes or has just fsynced waits for it until the end. */
  pthread_mutex_lock(&lock);
  for (size_t i = count; i-- > 0;) take_back(&steps[i]);
  for (size_t i = 0; i < count; i++) lost += redo_some(&steps[i]);
  FILE *out = fopen(report, "a");
  if (out) fprintf(out, "%zu\n", lost), fclose(out);
  kill(getpid(), SIGKILL);
}

static void *watch(void *unused) {
  struct timespec moment = {0, 200000};
  while (access(trigger, F_OK) != 0) nanosleep(&moment, NULL);
  cut();
  return unused;
}

__attribute__((constructor)) static void start(void) {
  pthread_t thread;
  const char *where = getenv("POWER_CUT_DIR");
  trigger = getenv("POWER_CUT_TRIGGER");
  report = getenv("POWER_CUT_REPORT");
  if (!where || !trigger || !report) return;
  dir_length = strlen(where);
  lose_all = getenv("POWER_CUT_ALL") != NULL;
  snprintf(saved_dir, sizeof saved_dir, "%s.saved", where);
  mkdir(saved_dir, 0700);
  srandom(time(NULL) ^ getpid());
  dir = where;
  if (pthread_create(&thread, NULL, watch, NULL)) abort();
}
