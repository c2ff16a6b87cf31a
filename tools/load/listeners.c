// listeners.c: N raw or ICY listeners that throw away what they receive, and count it, in one process.

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fanout.h"
#include "frame.h"
#include "generator.h"
#include "head.h"

static const char usage[] =
    "usage: listeners HOST PORT PATH [--count N] [--icy] [--offsets FIRST,LAST] [--burst BYTES] [--settle MS]\n"
    "                 [--peek BYTES]\n"
    "PATH may hold %d, which is replaced by offsets spread evenly from FIRST to LAST. READY is printed when every\n"
    "listener has its head and BYTES of audio, and MS later. --peek reads that much of each receive and looks for\n"
    "the stamps of `sources` in it. Reads `start` and `stop` on standard input, and then prints one line of JSON.";

enum { opening_at_once = 64, events_at_once = 1024, scratch_size = 65536, discard_size = 1 << 20 };

/// A listener comes after this much silence to the next part.
static const uint64_t pause_ns = 200000000;

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_CLOSED };

struct listener {
    int fd;
    enum phase phase;
    struct head head;
    bool has_burst;
    uint64_t body;
    uint64_t body_at_start;
    uint64_t received_ns;
};

static struct {
    const char *host, *path;
    int port;
    bool icy;
    long count, first_offset, last_offset, burst, settle, peek;
} options = {.count = 1, .burst = 1, .settle = 2000};

static struct listener *listeners;
static struct fanout fanout;
static struct samples latencies;
static uint8_t scratch[scratch_size];
static int poll_fd;
static long opened, opening, bursts, refused, lost;
static char refusal[13];
static bool is_measuring;
static uint64_t started_ns;

static long offset_of(long index) {
    if (options.count < 2) return options.first_offset;
    return options.first_offset + (options.last_offset - options.first_offset) * index / (options.count - 1);
}

static void send_request(struct listener *listener, long index) {
    char path[512], request[768];
    const char *place = strstr(options.path, "%d");
    if (place == NULL) {
        snprintf(path, sizeof path, "%s", options.path);
    } else {
        int before = (int)(place - options.path);
        snprintf(path, sizeof path, "%.*s%ld%s", before, options.path, offset_of(index), place + 2);
    }
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: bench\r\n%s\r\n", path,
        options.host, options.icy ? "Icy-MetaData: 1\r\n" : "");
    if (send(listener->fd, request, (size_t)length, MSG_NOSIGNAL) != length) die("cannot send a listener's request");
}

static void close_listener(struct listener *listener) {
    if (listener->phase == PHASE_HEAD) opening--;
    if (listener->has_burst) {
        lost++;
    } else {
        refused++;
    }
    listener->phase = PHASE_CLOSED;
    reset_and_close(listener->fd);
}

static void open_listener(long index) {
    struct listener *listener = &listeners[index];
    listener->phase = PHASE_HEAD;
    listener->fd = connect_to(options.host, options.port, false);
    if (listener->fd < 0) die("cannot connect a listener");
    // The request follows when the socket can be written; from then on only reading matters.
    struct epoll_event event = {.events = EPOLLOUT, .data.u64 = (uint64_t)index};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener->fd, &event) != 0) die("cannot watch a listener");
    opened++;
    opening++;
}

static void finish_connecting(struct listener *listener, long index) {
    int reason = 0;
    socklen_t size = sizeof reason;
    getsockopt(listener->fd, SOL_SOCKET, SO_ERROR, &reason, &size);
    if (reason != 0) return close_listener(listener);
    send_request(listener, index);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)index};
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, listener->fd, &event);
}

static void count_body(struct listener *listener, size_t count) {
    listener->body += count;
    if (!listener->has_burst && listener->body >= (uint64_t)options.burst) {
        listener->has_burst = true;
        bursts++;
    }
}

/// Notes the stamps of what one receive brought: a latency for each frame, and where a part begins its first.
static void note_stamps(struct listener *listener, const uint8_t *bytes, size_t count, uint64_t now) {
    struct stamp stamp;
    bool begins_part = now - listener->received_ns >= pause_ns;
    for (size_t offset = 0; stamp_next(bytes, count, &offset, &stamp);) {
        if (!is_measuring || stamp.sent_ns < started_ns || stamp.sent_ns > now) continue;
        samples_add(&latencies, now - stamp.sent_ns);
        if (begins_part) fanout_note(&fanout, stamp.number, now);
        begins_part = false;
    }
}

static void receive_head(struct listener *listener) {
    ssize_t got = recv(listener->fd, scratch, sizeof scratch, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return close_listener(listener);
    size_t skipped = head_skip(&listener->head, scratch, (size_t)got);
    if (!head_is_whole(&listener->head)) return;
    if (!head_is_as_asked(&listener->head, options.icy)) {
        memcpy(refusal, listener->head.status, sizeof refusal);
        return close_listener(listener);
    }
    listener->phase = PHASE_BODY;
    opening--;
    count_body(listener, (size_t)got - skipped);
}

static void receive_body(struct listener *listener) {
    uint64_t now = options.peek > 0 ? now_ns() : 0;
    if (options.peek > 0) {
        ssize_t got = recv(listener->fd, scratch, (size_t)options.peek, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return close_listener(listener);
        if (got < 0) return;
        note_stamps(listener, scratch, (size_t)got, now);
        listener->received_ns = now;
        count_body(listener, (size_t)got);
        if (got < options.peek) return;
    }
    // MSG_TRUNC on TCP throws the bytes away where they are: receiving costs no copy.
    ssize_t got = recv(listener->fd, NULL, discard_size, MSG_TRUNC | MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return close_listener(listener);
    if (got > 0) count_body(listener, (size_t)got);
}

static void start_measuring(void) {
    for (long index = 0; index < options.count; index++) listeners[index].body_at_start = listeners[index].body;
    lost = 0;
    is_measuring = true;
    started_ns = now_ns();
    say("STARTED");
}

static void report(void) {
    double seconds = (double)(now_ns() - started_ns) / 1e9;
    struct samples counts = {0};
    uint64_t bytes = 0;
    for (long index = 0; index < options.count; index++) {
        uint64_t body = listeners[index].body - listeners[index].body_at_start;
        bytes += body;
        samples_add(&counts, body);
    }
    samples_sort(&counts);
    samples_sort(&latencies);
    struct fanout_summary spread = fanout_summarize(&fanout, (uint64_t)options.count);
    // `samples_at` divides by a million; these are bytes.
    say("{\"listeners\":%ld,\"seconds\":%.4f,\"bytes\":%llu,\"rate_min\":%.0f,\"rate_median\":%.0f,\"lost\":%ld,"
        "\"stamps\":%zu,\"latency_ms\":[%.2f,%.2f,%.2f],\"parts\":%zu,\"parts_missed\":%zu,"
        "\"spread_ms\":[%.2f,%.2f]}", options.count, seconds, (unsigned long long)bytes,
        samples_at(&counts, 0) * 1e6 / seconds, samples_at(&counts, 0.5) * 1e6 / seconds, lost,
        latencies.count, samples_at(&latencies, 0.5), samples_at(&latencies, 0.95), samples_at(&latencies, 1),
        spread.parts, spread.incomplete, spread.median_ms, spread.max_ms);
}

static void serve_events(int milliseconds, bool *is_over) {
    struct epoll_event events[events_at_once];
    // While it measures it never sleeps: on loopback the sender pays for waking a sleeping receiver, and how often it
    // would have to depends on its pace. No network card charges that, and no subject should be.
    int count = epoll_wait(poll_fd, events, events_at_once, is_measuring ? 0 : milliseconds);
    for (int index = 0; index < count; index++) {
        uint64_t number = events[index].data.u64;
        if (number == UINT64_MAX) {
            enum command command = read_command();
            if (command == COMMAND_START) start_measuring();
            if (command == COMMAND_STOP) *is_over = true;
            continue;
        }
        struct listener *listener = &listeners[number];
        if (listener->phase == PHASE_CLOSED) continue;
        if (events[index].events & EPOLLOUT) {
            finish_connecting(listener, (long)number);
        } else if (listener->phase == PHASE_HEAD) {
            receive_head(listener);
        } else {
            receive_body(listener);
        }
    }
}

/// A window in which some are missing would be measured as if all were there.
static void refuse_to_measure(void) {
    fprintf(stderr, "%ld of %ld listeners were not served%s%s%s\n", refused, options.count,
        options.icy ? " with ICY metadata" : "", refusal[0] == '\0' ? "" : ", one was answered ", refusal);
    exit(1);
}

static void run(void) {
    uint64_t ready_at = 0;
    bool is_over = false, is_ready = false;
    while (!is_over) {
        while (opened < options.count && opening < opening_at_once) open_listener(opened);
        serve_events(100, &is_over);
        if (is_ready || bursts + refused < options.count) continue;
        if (refused > 0) refuse_to_measure();
        if (ready_at == 0) ready_at = now_ns() + (uint64_t)options.settle * 1000000;
        is_ready = now_ns() >= ready_at;
        if (is_ready) say("READY");
    }
    report();
}

static void parse_offsets(const char *text) {
    char *end = NULL;
    options.first_offset = strtol(text, &end, 10);
    if (*end != ',') die(usage);
    options.last_offset = parse_number("--offsets", end + 1);
}

static void parse_options(int count, char **arguments) {
    static const struct option known[] = {
        {"count", required_argument, NULL, 'n'},  {"icy", no_argument, NULL, 'i'},
        {"offsets", required_argument, NULL, 'o'}, {"burst", required_argument, NULL, 'b'},
        {"settle", required_argument, NULL, 's'},  {"peek", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    errno = 0;
    for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
        case 'n': options.count = parse_number("--count", optarg); break;
        case 'i': options.icy = true; break;
        case 'o': parse_offsets(optarg); break;
        case 'b': options.burst = parse_number("--burst", optarg); break;
        case 's': options.settle = parse_number("--settle", optarg); break;
        case 'p': options.peek = parse_number("--peek", optarg); break;
        default: errno = 0; die(usage);
        }
    }
    if (count - optind != 3 || options.count == 0 || options.peek > scratch_size) die(usage);
    options.host = arguments[optind];
    options.port = (int)parse_number("PORT", arguments[optind + 1]);
    options.path = arguments[optind + 2];
}

int main(int count, char **arguments) {
    parse_options(count, arguments);
    prepare_process();
    listeners = calloc((size_t)options.count, sizeof *listeners);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event input = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    if (listeners == NULL || poll_fd < 0) die("cannot start");
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0) die("standard input must be a pipe");
    run();
    // Resets, so that no port of this round is left waiting in the next.
    for (long index = 0; index < options.count; index++) {
        if (listeners[index].phase != PHASE_CLOSED) reset_and_close(listeners[index].fd);
    }
    return 0;
}
