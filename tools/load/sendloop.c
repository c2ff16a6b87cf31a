// sendloop.c: the bare peer: accepts listeners and sends each the same 0.96 s of audio every 0.96 s, one send() each.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "generator.h"

enum { frames_per_part = 40, max_connections = 65536 };

static const uint64_t part_ns = (uint64_t)frames_per_part * FRAME_NS;
static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\n";

static int connections[max_connections];
static size_t connection_count;
static unsigned long short_sends;
static uint8_t part[frames_per_part * FRAME_MAX];
static size_t frame_bytes, part_size;
static uint64_t frames_sent;

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 4096) != 0) die("cannot listen");
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) die("cannot read the port");
    say("{\"ready\":true,\"port\":%d}", ntohs(address.sin_port));
    return fd;
}

static void accept_all(int listening) {
    while (connection_count < max_connections) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        // The request is not read: this loop costs what the kernel's sending costs, and nothing else.
        if (send(fd, head, sizeof head - 1, MSG_NOSIGNAL) == (ssize_t)sizeof head - 1) {
            connections[connection_count++] = fd;
        } else {
            close(fd);
        }
    }
}

static void stamp_part(void) {
    uint64_t now = now_ns();
    for (size_t index = 0; index < frames_per_part; index++) {
        frame_stamp(part + index * frame_bytes, (struct stamp){.number = frames_sent++, .sent_ns = now});
    }
}

static void send_part_to_all(void) {
    stamp_part();
    for (size_t index = 0; index < connection_count;) {
        ssize_t sent = send(connections[index], part, part_size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            close(connections[index]);
            connections[index] = connections[--connection_count];
            continue;
        }
        if (sent != (ssize_t)part_size && short_sends++ == 0) fprintf(stderr, "a listener was too slow\n");
        index++;
    }
}

static void serve(int listening) {
    struct epoll_event event = {.events = EPOLLIN};
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listening, &event) != 0) die("cannot wait for connections");
    uint64_t next = now_ns() + part_ns;
    while (true) {
        uint64_t now = now_ns();
        if (now >= next) {
            send_part_to_all();
            next += part_ns;
            continue;
        }
        int milliseconds = (int)((next - now + 999999) / 1000000);
        if (epoll_wait(poll, &event, 1, milliseconds) > 0) accept_all(listening);
    }
}

int main(int count, char **arguments) {
    long kilobits = count > 1 ? parse_number("the bit rate", arguments[1]) : 128;
    frame_bytes = frame_size(kilobits);
    errno = 0;
    if (frame_bytes == 0) die("usage: sendloop [KILOBITS], a bit rate of MPEG-1 Layer III");
    prepare_process();
    for (size_t index = 0; index < frames_per_part; index++) frame_fill(part + index * frame_bytes, kilobits);
    part_size = frames_per_part * frame_bytes;
    serve(listen_on_loopback());
}
