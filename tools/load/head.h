// head.h: the head of a listener's answer, read a byte at a time: its status, and whether it promises metadata.

#ifndef HEAD_H
#define HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// As much of a head as matters; zeros are the beginning.
struct head {
    char status[13];      // "HTTP/1.x NNN", or "ICY 200 OK"
    uint8_t status_count;
    uint8_t end_matched;  // bytes of the blank line that ends the head
    uint8_t icy_matched;  // bytes of the header that promises metadata
};

/// Passes the head's bytes; returns how many of `count` they were.
size_t head_skip(struct head *head, const uint8_t *bytes, size_t count);

/// Whether the blank line has come.
bool head_is_whole(const struct head *head);

/// Whether the answer is 200, and is ICY if that was asked for: else it is a raw listener that would be measured.
bool head_is_as_asked(const struct head *head, bool icy);

#endif
