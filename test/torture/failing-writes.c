/*
 * Loaded before libc: of the writes below FAIL_DIR those numbered FAIL_FROM up to FAIL_TO fail with FAIL_ERRNO, as on a
 * disk that is full for a while or gives up. FAIL_REPORT gets the number of all writes when the process ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long writes;
static const char *dir;
static size_t dir_length;
static long from, upto;
static int with;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fails(int fd) {
  char link[64], path[4096];
  if (!dir) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  if (strncmp(path, dir, dir_length) != 0) return 0;
  long number = atomic_fetch_add(&writes, 1);
  if (number < from || number >= upto) return 0;
  errno = with;
  return 1;
}

#define FAILING(fd, call) return fails(fd) ? -1 : call

ssize_t write(int fd, const void *b, size_t n) { FAILING(fd, REAL(write)(fd, b, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { FAILING(fd, REAL(pwrite)(fd, b, n, at)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { FAILING(fd, REAL(pwrite64)(fd, b, n, at)); }
ssize_t writev(int fd, const struct iovec *v, int n) { FAILING(fd, REAL(writev)(fd, v, n)); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) { FAILING(fd, REAL(pwritev)(fd, v, n, at)); }
ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at) { FAILING(fd, REAL(pwritev64)(fd, v, n, at)); }
int ftruncate(int fd, off_t size) { FAILING(fd, REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off64_t size) { FAILING(fd, REAL(ftruncate64)(fd, size)); }
int fallocate(int fd, int mode, off_t at, off_t n) { FAILING(fd, REAL(fallocate)(fd, mode, at, n)); }
int fsync(int fd) { FAILING(fd, REAL(fsync)(fd)); }
int fdatasync(int fd) { FAILING(fd, REAL(fdatasync)(fd)); }

__attribute__((destructor)) static void end(void) {
  const char *report = getenv("FAIL_REPORT");
  if (!dir || !report) return;
  dir = NULL;
  FILE *out = fopen(report, "w");
  if (out) fprintf(out, "%ld\n", atomic_load(&writes)), fclose(out);
}

__attribute__((constructor)) static void start(void) {
  const char *where = getenv("FAIL_DIR");
  if (!where) return;
  from = atol(getenv("FAIL_FROM") ? getenv("FAIL_FROM") : "0");
  upto = atol(getenv("FAIL_TO") ? getenv("FAIL_TO") : "0");
  with = getenv("FAIL_ERRNO") ? atoi(getenv("FAIL_ERRNO")) : ENOSPC;
  dir_length = strlen(where);
  dir = where;
}
