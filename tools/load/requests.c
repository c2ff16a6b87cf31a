// requests.c: keep-alive connections that ask for one path again and again, each as soon as it has its answer.

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "generator.h"

static const char usage[] =
    "usage: requests HOST PORT PATH [--connections N] [--gzip]\n"
    "READY is printed when every connection has had an answer. Reads `start` and `stop` on standard input, and then\n"
    "prints one line of JSON.";

enum { head_size = 4096, events_at_once = 256, discard_size = 1 << 20 };

struct connection {
    int fd;
    size_t head;        // bytes of the head collected
    uint64_t body_left; // bytes of the body still to come
    bool in_body;
    bool has_answered;
    char text[head_size + 1];
};

static struct {
    const char *host, *path;
    int port;
    bool gzip;
    long connections;
} options = {.connections = 64};

static struct connection *connections;
static char request[1024];
static size_t request_size;
static int poll_fd;
static uint64_t requests, bytes, body_size, reconnects, started_ns;
static long answered;

static void ask(struct connection *connection) {
    connection->head = 0;
    connection->in_body = false;
    if (send(connection->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) {
        if (errno != EPIPE && errno != ECONNRESET) die("cannot send a request");
    }
}

static void open_connection(struct connection *connection) {
    connection->fd = connect_to(options.host, options.port, true);
    if (connection->fd < 0) die("cannot connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0) die("cannot watch a connection");
    ask(connection);
}

static void reopen(struct connection *connection) {
    reset_and_close(connection->fd);
    if (++reconnects > 1000) {
        errno = 0;
        die("the server closes its connections");
    }
    open_connection(connection);
}

static void finish(struct connection *connection) {
    requests++;
    if (!connection->has_answered) {
        connection->has_answered = true;
        if (++answered == options.connections) say("READY");
    }
    ask(connection);
}

static void count_body(struct connection *connection, size_t count) {
    errno = 0;
    if (count > connection->body_left) die("an answer is longer than its Content-Length");
    connection->body_left -= count;
    if (connection->body_left == 0) finish(connection);
}

static void parse_head(struct connection *connection) {
    connection->text[connection->head] = '\0';
    char *end = strstr(connection->text, "\r\n\r\n");
    errno = 0;
    if (end == NULL) {
        if (connection->head == head_size) die("an answer's head is longer than 4 KiB");
        return;
    }
    size_t extra = connection->head - (size_t)(end + 4 - connection->text);
    *end = '\0';
    if (strncmp(connection->text, "HTTP/1.1 200", 12) != 0) die(connection->text);
    const char *length = strcasestr(connection->text, "\r\ncontent-length:");
    if (length == NULL) die("an answer has no Content-Length");
    if (options.gzip != (strcasestr(connection->text, "\r\ncontent-encoding: gzip") != NULL)) {
        die("an answer has not the encoding that was asked for");
    }
    body_size = strtoull(length + strlen("\r\ncontent-length:"), NULL, 10);
    bytes += body_size;
    connection->body_left = body_size;
    connection->in_body = true;
    count_body(connection, extra);
}

static void receive(struct connection *connection) {
    ssize_t got;
    if (connection->in_body) {
        // MSG_TRUNC on TCP throws the bytes away where they are: receiving costs no copy.
        got = recv(connection->fd, NULL, discard_size, MSG_TRUNC | MSG_DONTWAIT);
    } else {
        size_t room = head_size - connection->head;
        got = recv(connection->fd, connection->text + connection->head, room, MSG_DONTWAIT);
    }
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return reopen(connection);
    if (connection->in_body) return count_body(connection, (size_t)got);
    connection->head += (size_t)got;
    parse_head(connection);
}

static void start_measuring(void) {
    requests = bytes = reconnects = 0;
    started_ns = now_ns();
    say("STARTED");
}

static void report(void) {
    double seconds = (double)(now_ns() - started_ns) / 1e9;
    say("{\"requests\":%llu,\"seconds\":%.4f,\"bytes\":%llu,\"body\":%llu,\"reconnects\":%llu}",
        (unsigned long long)requests, seconds, (unsigned long long)bytes, (unsigned long long)body_size,
        (unsigned long long)reconnects);
}

static void run(void) {
    struct epoll_event events[events_at_once];
    while (true) {
        int count = epoll_wait(poll_fd, events, events_at_once, -1);
        for (int index = 0; index < count; index++) {
            struct connection *connection = events[index].data.ptr;
            if (connection != NULL) {
                receive(connection);
                continue;
            }
            enum command command = read_command();
            if (command == COMMAND_START) start_measuring();
            if (command == COMMAND_STOP) return report();
        }
    }
}

static void parse_options(int count, char **arguments) {
    static const struct option known[] = {
        {"connections", required_argument, NULL, 'n'},
        {"gzip", no_argument, NULL, 'g'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
        case 'n': options.connections = parse_number("--connections", optarg); break;
        case 'g': options.gzip = true; break;
        default: errno = 0; die(usage);
        }
    }
    errno = 0;
    if (count - optind != 3 || options.connections == 0) die(usage);
    options.host = arguments[optind];
    options.port = (int)parse_number("PORT", arguments[optind + 1]);
    options.path = arguments[optind + 2];
}

int main(int count, char **arguments) {
    parse_options(count, arguments);
    prepare_process();
    request_size = (size_t)snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n%s\r\n", options.path, options.host,
        options.gzip ? "Accept-Encoding: gzip\r\n" : "");
    connections = calloc((size_t)options.connections, sizeof *connections);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    errno = 0;
    if (connections == NULL || poll_fd < 0 || request_size >= sizeof request) die("cannot start");
    struct epoll_event input = {.events = EPOLLIN};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0) die("standard input must be a pipe");
    for (long index = 0; index < options.connections; index++) open_connection(&connections[index]);
    run();
    return 0;
}
