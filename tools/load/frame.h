// frame.h: valid, silent CBR MP3 frames at 48 kHz that carry when they were sent and which one they are.

#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// 1152 samples at 48 kHz: every frame lasts 24 ms, and 40 of them fill a part of 0.96 s.
#define FRAME_NS 24000000u

/// A frame of 320 kbit/s, the largest there is.
#define FRAME_MAX 960

/// The magic word, the number and the time of sending, the last two as 16 hexadecimal digits.
#define STAMP_SIZE 40

/// What a frame says about itself.
struct stamp {
    uint64_t number;
    uint64_t sent_ns;
};

/// The size of a frame at a bit rate in kbit/s; 0 if MPEG-1 Layer III has no such rate.
size_t frame_size(long kilobits);

/// Writes a frame without a stamp into `frame`, which holds `frame_size` bytes.
void frame_fill(uint8_t *frame, long kilobits);

/// Stamps a filled frame.
void frame_stamp(uint8_t *frame, struct stamp stamp);

/// Finds the next whole stamp at or after `*offset` and moves `*offset` past it.
bool stamp_next(const uint8_t *bytes, size_t count, size_t *offset, struct stamp *stamp);

#endif
