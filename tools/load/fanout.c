// fanout.c: how far apart the first and the last listener receive the same part.

#include "fanout.h"

#include <stdlib.h>

#include "generator.h"

void fanout_note(struct fanout *fanout, uint64_t number, uint64_t now) {
    // Nearly every note is of the newest part: search from the end.
    for (size_t index = fanout->count; index-- > 0;) {
        struct fanout_part *part = &fanout->parts[index];
        if (part->number != number) continue;
        part->listeners++;
        part->last_ns = now;
        return;
    }
    if (fanout->count == fanout_capacity) return;
    fanout->parts[fanout->count++] = (struct fanout_part){number, 1, now, now};
}

struct fanout_summary fanout_summarize(const struct fanout *fanout, uint64_t listeners) {
    struct fanout_summary summary = {0};
    struct samples spreads = {0};
    for (size_t index = 1; index + 1 < fanout->count; index++) {
        const struct fanout_part *part = &fanout->parts[index];
        if (part->listeners == listeners) {
            samples_add(&spreads, part->last_ns - part->first_ns);
        } else {
            summary.incomplete++;
        }
    }
    samples_sort(&spreads);
    summary.parts = spreads.count;
    summary.median_ms = samples_at(&spreads, 0.5);
    summary.max_ms = samples_at(&spreads, 1);
    free(spreads.values);
    return summary;
}
