// head.c: the head of a listener's answer, read a byte at a time: its status, and whether it promises metadata.

#include "head.h"

#include <ctype.h>
#include <string.h>

static const char end[] = "\r\n\r\n";
static const char icy_header[] = "\nicy-metaint:";

static void match_icy(struct head *head, uint8_t byte) {
    if (head->icy_matched == sizeof icy_header - 1) return;
    bool fits = tolower(byte) == icy_header[head->icy_matched];
    head->icy_matched = (uint8_t)(fits ? head->icy_matched + 1 : byte == '\n');
}

size_t head_skip(struct head *head, const uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        if (head->status_count < sizeof head->status - 1) head->status[head->status_count++] = (char)bytes[index];
        match_icy(head, bytes[index]);
        bool fits = bytes[index] == (uint8_t)end[head->end_matched];
        head->end_matched = (uint8_t)(fits ? head->end_matched + 1 : bytes[index] == '\r');
        if (head_is_whole(head)) return index + 1;
    }
    return count;
}

bool head_is_whole(const struct head *head) {
    return head->end_matched == sizeof end - 1;
}

bool head_is_as_asked(const struct head *head, bool icy) {
    bool has_metadata = head->icy_matched == sizeof icy_header - 1;
    return strstr(head->status, " 200") != NULL && has_metadata == icy;
}
