// fanout.h: how far apart the first and the last listener receive the same part.

#ifndef FANOUT_H
#define FANOUT_H

#include <stddef.h>
#include <stdint.h>

enum { fanout_capacity = 512 };

/// One part on its way, named by the number of its first frame.
struct fanout_part {
    uint64_t number;
    uint64_t listeners;
    uint64_t first_ns;
    uint64_t last_ns;
};

/// The parts seen while measuring, in the order in which their first listener had them.
struct fanout {
    struct fanout_part parts[fanout_capacity];
    size_t count;
};

/// What came of it: parts that every listener had, parts that not every one had, and the spread of the former.
struct fanout_summary {
    size_t parts;
    size_t incomplete;
    double median_ms;
    double max_ms;
};

/// Notes that one listener received the part that begins with frame `number`.
void fanout_note(struct fanout *fanout, uint64_t number, uint64_t now);

/// Sums up, without the first and the last part: measuring may have begun or ended in the midst of them.
struct fanout_summary fanout_summarize(const struct fanout *fanout, uint64_t listeners);

#endif
