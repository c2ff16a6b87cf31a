// sources.c: N Icecast sources that send stamped, silent CBR MP3 frames in real time, or as fast as they are read.

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "generator.h"

static const char usage[] =
    "usage: sources HOST PORT MOUNT [--count N] [--password X] [--kilobits K] [--flood BYTES]\n"
    "MOUNT may hold %d for the source's number. --flood sends BYTES as fast as they are read, from one source,\n"
    "and prints SENT BYTES fifty times. Reads `start` and `stop` on standard input.";

struct source {
    int fd;
    uint64_t frames;     // handed to the kernel, whole
    size_t unsent;       // bytes of the current frame still to send
    bool is_lost;
    uint8_t frame[FRAME_MAX];
};

static struct {
    const char *host, *mount, *password;
    int port;
    long count, kilobits, flood;
} options = {.password = "bench", .count = 1, .kilobits = 128};

static struct source *sources;
static size_t size;
static uint64_t bytes_sent, latest_ns;

static void encode_base64(const char *text, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t count = strlen(text);
    for (size_t index = 0; index < count; index += 3) {
        unsigned group = 0;
        for (size_t byte = index; byte < index + 3; byte++) {
            group = group << 8 | (byte < count ? (unsigned char)text[byte] : 0u);
        }
        for (int digit = 3; digit >= 0; digit--, group >>= 6) out[digit] = digits[group & 63];
        out += 4;
    }
    *out = '\0';
    for (size_t padding = (3 - count % 3) % 3; padding > 0; padding--) out[-(ptrdiff_t)padding] = '=';
}

static void expect_acceptance(int fd) {
    char answer[2048];
    size_t count = 0;
    while (count < sizeof answer - 1) {
        ssize_t got = recv(fd, answer + count, sizeof answer - 1 - count, 0);
        if (got <= 0) die("the server closed a source before it answered");
        count += (size_t)got;
        answer[count] = '\0';
        if (strstr(answer, "\r\n\r\n") != NULL) break;
    }
    errno = 0;
    answer[strcspn(answer, "\r\n")] = '\0';
    if (strstr(answer, " 200") == NULL) {
        fprintf(stderr, "a source was refused: %s\n", answer);
        exit(1);
    }
}

static void format_mount(char *out, size_t capacity, long number) {
    const char *place = strstr(options.mount, "%d");
    if (place == NULL) {
        snprintf(out, capacity, "%s", options.mount);
    } else {
        snprintf(out, capacity, "%.*s%ld%s", (int)(place - options.mount), options.mount, number, place + 2);
    }
}

static void open_source(struct source *source, long number) {
    char mount[256], credentials[256], encoded[512], request[1536];
    format_mount(mount, sizeof mount, number);
    snprintf(credentials, sizeof credentials, "source:%s", options.password);
    encode_base64(credentials, encoded);
    int length = snprintf(request, sizeof request,
        "SOURCE %s HTTP/1.0\r\nAuthorization: Basic %s\r\nContent-Type: audio/mpeg\r\nUser-Agent: bench\r\n"
        "ice-name: bench\r\nice-bitrate: %ld\r\n\r\n", mount, encoded, options.kilobits);
    source->fd = connect_to(options.host, options.port, true);
    if (source->fd < 0) die("cannot connect a source");
    // Little may wait in our own socket: what has been sent is then what the server has read.
    int capacity = 65536;
    struct timeval patience = {.tv_sec = 20};
    setsockopt(source->fd, SOL_SOCKET, SO_SNDBUF, &capacity, sizeof capacity);
    setsockopt(source->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(source->fd, request, (size_t)length, MSG_NOSIGNAL) != length) die("cannot send a source's head");
    expect_acceptance(source->fd);
    frame_fill(source->frame, options.kilobits);
}

static void send_what_is_left(struct source *source, int flags) {
    ssize_t sent = send(source->fd, source->frame + size - source->unsent, source->unsent, MSG_NOSIGNAL | flags);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) source->is_lost = true;
        return;
    }
    source->unsent -= (size_t)sent;
    bytes_sent += (uint64_t)sent;
    if (source->unsent == 0) source->frames++;
}

static void send_due_frames(struct source *source, uint64_t due_frames, uint64_t due_ns) {
    while (!source->is_lost && source->frames < due_frames) {
        uint64_t now = now_ns();
        if (source->unsent == 0) {
            frame_stamp(source->frame, (struct stamp){.number = source->frames, .sent_ns = now});
            source->unsent = size;
        }
        send_what_is_left(source, MSG_DONTWAIT);
        if (source->unsent > 0) {
            // The server does not read: this source runs late until it does.
            uint64_t late = now > due_ns ? now - due_ns : 0;
            late += (due_frames - source->frames - 1) * FRAME_NS;
            if (late > latest_ns) latest_ns = late;
            return;
        }
    }
}

static void report(uint64_t started) {
    long lost = 0;
    for (long index = 0; index < options.count; index++) lost += sources[index].is_lost;
    double seconds = (double)(now_ns() - started) / 1e9;
    say("{\"sources\":%ld,\"seconds\":%.4f,\"bytes\":%llu,\"lost\":%ld,\"late_ms\":%.1f}", options.count, seconds,
        (unsigned long long)bytes_sent, lost, (double)latest_ns / 1e6);
}

static bool wait_until(uint64_t due, uint64_t *started) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (true) {
        uint64_t now = now_ns();
        uint64_t left = due > now ? due - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
        if (ppoll(&input, 1, &timeout, NULL) <= 0) return true;
        enum command command = read_command();
        if (command == COMMAND_STOP) return false;
        if (command == COMMAND_START) {
            bytes_sent = latest_ns = 0;
            *started = now_ns();
            say("STARTED");
        }
    }
}

/// Frames are due in one fixed cycle: the sources are spread evenly over the 24 ms of a frame.
static void pace(void) {
    uint64_t began = now_ns(), started = began, count = (uint64_t)options.count;
    for (uint64_t turn = 0;; turn++) {
        uint64_t index = turn % count;
        uint64_t due = began + turn / count * FRAME_NS + index * FRAME_NS / count;
        if ((due > now_ns() || index == 0) && !wait_until(due, &started)) break;
        send_due_frames(&sources[index], turn / count + 1, due);
    }
    report(started);
}

static void flood(void) {
    uint64_t total = (uint64_t)options.flood, said = 0;
    struct source *source = &sources[0];
    while (!source->is_lost && bytes_sent < total) {
        if (source->unsent == 0) {
            frame_stamp(source->frame, (struct stamp){.number = source->frames, .sent_ns = now_ns()});
            source->unsent = size;
        }
        send_what_is_left(source, 0);
        if (bytes_sent * 50 / total > said) {
            said = bytes_sent * 50 / total;
            say("SENT %llu", (unsigned long long)bytes_sent);
        }
    }
    errno = 0;
    if (source->is_lost) die("the server closed the source");
    while (read_command() != COMMAND_STOP) continue;
}

static void parse_options(int count, char **arguments) {
    static const struct option known[] = {
        {"count", required_argument, NULL, 'n'},   {"password", required_argument, NULL, 'p'},
        {"kilobits", required_argument, NULL, 'k'}, {"flood", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
        case 'n': options.count = parse_number("--count", optarg); break;
        case 'p': options.password = optarg; break;
        case 'k': options.kilobits = parse_number("--kilobits", optarg); break;
        case 'f': options.flood = parse_number("--flood", optarg); break;
        default: errno = 0; die(usage);
        }
    }
    size = frame_size(options.kilobits);
    errno = 0;
    if (count - optind != 3 || options.count == 0 || size == 0) die(usage);
    options.host = arguments[optind];
    options.port = (int)parse_number("PORT", arguments[optind + 1]);
    options.mount = arguments[optind + 2];
}

int main(int count, char **arguments) {
    parse_options(count, arguments);
    prepare_process();
    sources = calloc((size_t)options.count, sizeof *sources);
    if (sources == NULL) die("no memory for the sources");
    for (long index = 0; index < options.count; index++) open_source(&sources[index], index);
    say("READY");
    if (options.flood > 0) {
        flood();
    } else {
        pace();
    }
    return 0;
}
