// generator.c: what the load generators share: clock, connecting, samples, and the talk with tools/bench.

#define _GNU_SOURCE
#include "generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

_Noreturn void die(const char *sentence) {
    if (errno != 0) {
        fprintf(stderr, "%s: %s\n", sentence, strerror(errno));
    } else {
        fprintf(stderr, "%s\n", sentence);
    }
    exit(1);
}

void prepare_process(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

long parse_number(const char *option, const char *text) {
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0) {
        fprintf(stderr, "%s wants a whole number, not '%s'\n", option, text);
        exit(2);
    }
    return value;
}

int connect_to(const char *host, int port, bool blocking) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = 0;
        die("the host must be an IPv4 address");
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (fd < 0) return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

void reset_and_close(int fd) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
}

enum command read_command(void) {
    char line[64];
    ssize_t count = read(STDIN_FILENO, line, sizeof line);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return COMMAND_NONE;
    if (count <= 0) return COMMAND_STOP;
    if (memmem(line, (size_t)count, "stop", 4) != NULL) return COMMAND_STOP;
    if (memmem(line, (size_t)count, "start", 5) != NULL) return COMMAND_START;
    return COMMAND_NONE;
}

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

void samples_add(struct samples *samples, uint64_t value) {
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 4096 : samples->capacity * 2;
        samples->values = realloc(samples->values, samples->capacity * sizeof *samples->values);
        if (samples->values == NULL) die("no memory for samples");
    }
    samples->values[samples->count++] = value;
}

static int compare_values(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void samples_sort(struct samples *samples) {
    if (samples->count > 0) qsort(samples->values, samples->count, sizeof *samples->values, compare_values);
}

double samples_at(const struct samples *samples, double fraction) {
    if (samples->count == 0) return 0;
    size_t index = (size_t)(fraction * (double)(samples->count - 1) + 0.5);
    return (double)samples->values[index] / 1e6;
}
