// generator.h: what the load generators share: clock, connecting, samples, and the talk with tools/bench.

#ifndef GENERATOR_H
#define GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A growing list of durations, in nanoseconds.
struct samples {
    uint64_t *values;
    size_t count;
    size_t capacity;
};

/// What the reader of our standard output asks for, one word a line on standard input.
enum command { COMMAND_NONE, COMMAND_START, COMMAND_STOP };

/// The monotonic clock, the same in every process of one machine: stamps are compared across processes.
uint64_t now_ns(void);

/// Ends the process with a sentence, and the reason of errno where there is one.
_Noreturn void die(const char *sentence);

/// Raises the limit of open files as far as allowed, and ends this process when its parent ends.
void prepare_process(void);

/// A number from the command line, or the end of the process with the option's name.
long parse_number(const char *option, const char *text);

/// Connects to host:port; a non-blocking socket may still be connecting. Returns -1 on failure.
int connect_to(const char *host, int port, bool blocking);

/// Resets the connection: nothing stays in TIME_WAIT, so that the next round finds its ports free.
void reset_and_close(int fd);

/// Reads a command from standard input; its end is COMMAND_STOP. Waits only if standard input is blocking.
enum command read_command(void);

/// Prints one line and flushes it, for a reader that waits for it.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Appends a value.
void samples_add(struct samples *samples, uint64_t value);

/// Sorts the values: once, before `samples_at`.
void samples_sort(struct samples *samples);

/// The value at a fraction (0...1) of the sorted list, in milliseconds; 0 for an empty list.
double samples_at(const struct samples *samples, double fraction);

#endif
