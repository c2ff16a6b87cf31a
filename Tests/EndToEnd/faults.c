// faults.c: preloaded into the server, makes the disk under its logs fail as a control file says, while it runs.
//
// FAULTS_CONTROL names a file of lines, read anew before each operation; without it, or empty, nothing fails:
//   write ENOSPC | write EIO    writes fail
//   write short                 writes take half of what they are given
//   write torn                  every other write takes half, those between fail with ENOSPC: a disk that fills up
//   sync ENOSPC | sync EIO      fdatasync and fsync fail
//   read EIO | read short       reads fail, or return half of what they are asked for
// Only files named by digits and ".log" are meant: the store's, not the server's own log.

#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define CONTROL_MAX 256
#define VECTORS_MAX 1024

enum effect { NONE, FAIL, SHORT };

struct fault {
    enum effect effect;
    int error;
};

// The next definition of the function that this one stands before; looked up once.
#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static bool is_log(int fd) {
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return false;
    path[length] = '\0';
    const char *name = strrchr(path, '/');
    if (name == NULL || !isdigit((unsigned char)*++name)) return false;
    while (isdigit((unsigned char)*name)) name++;
    return strcmp(name, ".log") == 0;
}

// Straight to the kernel: read() here is this file's own.
static bool read_control(char *text) {
    const char *path = getenv("FAULTS_CONTROL");
    if (path == NULL) return false;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    long length = syscall(SYS_read, fd, text, CONTROL_MAX - 1);
    syscall(SYS_close, fd);
    if (length <= 0) return false;
    text[length] = '\0';
    return true;
}

static struct fault named(const char *word) {
    static atomic_uint writes;
    if (strncmp(word, "ENOSPC", 6) == 0) return (struct fault){FAIL, ENOSPC};
    if (strncmp(word, "EIO", 3) == 0) return (struct fault){FAIL, EIO};
    if (strncmp(word, "short", 5) == 0) return (struct fault){SHORT, 0};
    if (strncmp(word, "torn", 4) != 0) return (struct fault){NONE, 0};
    return atomic_fetch_add(&writes, 1) % 2 == 0 ? (struct fault){SHORT, 0} : (struct fault){FAIL, ENOSPC};
}

static struct fault fault_of(int fd, const char *operation) {
    char text[CONTROL_MAX], *rest = text;
    int before = errno;
    struct fault found = {NONE, 0};
    if (read_control(text) && is_log(fd)) {
        size_t length = strlen(operation);
        for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
            if (strncmp(line, operation, length) == 0 && line[length] == ' ') found = named(line + length + 1);
        }
    }
    errno = before;
    return found;
}

static size_t halved(size_t count) {
    return count > 1 ? count / 2 : count;
}

// Copies as many vectors as hold half of the bytes; returns how many.
static int halve(const struct iovec *vectors, int count, struct iovec *out) {
    size_t total = 0;
    for (int index = 0; index < count; index++) total += vectors[index].iov_len;
    size_t left = halved(total);
    int used = 0;
    while (used < count && used < VECTORS_MAX && left > 0) {
        out[used] = vectors[used];
        if (out[used].iov_len > left) out[used].iov_len = left;
        left -= out[used++].iov_len;
    }
    return used;
}

// What every operation on one buffer does: fails, is cut in half, or goes to the real one.
#define ONE(operation, count, call) \
    struct fault fault = fault_of(fd, operation); \
    if (fault.effect == FAIL) { errno = fault.error; return -1; } \
    if (fault.effect == SHORT) count = halved(count); \
    return call

// The same for several buffers.
#define MANY(operation, call) \
    struct iovec cut[VECTORS_MAX]; \
    struct fault fault = fault_of(fd, operation); \
    if (fault.effect == FAIL) { errno = fault.error; return -1; } \
    if (fault.effect == SHORT) { count = halve(vectors, count, cut); vectors = cut; } \
    return call

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    ONE("write", count, real(fd, bytes, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    REAL(pwrite);
    ONE("write", count, real(fd, bytes, count, offset));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    REAL(pwrite64);
    ONE("write", count, real(fd, bytes, count, offset));
}

ssize_t writev(int fd, const struct iovec *vectors, int count) {
    REAL(writev);
    MANY("write", real(fd, vectors, count));
}

ssize_t pwritev(int fd, const struct iovec *vectors, int count, off_t offset) {
    REAL(pwritev);
    MANY("write", real(fd, vectors, count, offset));
}

ssize_t pwritev64(int fd, const struct iovec *vectors, int count, off64_t offset) {
    REAL(pwritev64);
    MANY("write", real(fd, vectors, count, offset));
}

ssize_t read(int fd, void *bytes, size_t count) {
    REAL(read);
    ONE("read", count, real(fd, bytes, count));
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
    REAL(pread);
    ONE("read", count, real(fd, bytes, count, offset));
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset) {
    REAL(pread64);
    ONE("read", count, real(fd, bytes, count, offset));
}

ssize_t readv(int fd, const struct iovec *vectors, int count) {
    REAL(readv);
    MANY("read", real(fd, vectors, count));
}

ssize_t preadv(int fd, const struct iovec *vectors, int count, off_t offset) {
    REAL(preadv);
    MANY("read", real(fd, vectors, count, offset));
}

ssize_t preadv64(int fd, const struct iovec *vectors, int count, off64_t offset) {
    REAL(preadv64);
    MANY("read", real(fd, vectors, count, offset));
}

int fdatasync(int fd) {
    REAL(fdatasync);
    struct fault fault = fault_of(fd, "sync");
    if (fault.effect == FAIL) { errno = fault.error; return -1; }
    return real(fd);
}

int fsync(int fd) {
    REAL(fsync);
    struct fault fault = fault_of(fd, "sync");
    if (fault.effect == FAIL) { errno = fault.error; return -1; }
    return real(fd);
}
