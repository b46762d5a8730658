// frames: how many bytes lesson 05's decoders go through in a second; frames.sh
// builds and runs it.
//
// A buffer full of frames is decoded from its beginning to its end, many times.
// Of each message the size and the first byte are used, so that nothing can be
// left out; that alone need not look at all of its bytes. So it is also done
// with each message copied to where somebody wants it, which is what the goals
// are for. Beside it: memcpy(3) of the whole buffer.

#include "frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BUFFER = 1 << 20, // fits into most caches of the second level
    RUNS = 9,         // of which the best counts
    RUN_MS = 40,
};

static unsigned char frames[BUFFER], copy[BUFFER];
static volatile uint64_t used; // the compiler has to work out what goes here

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Fills the buffer with frames of such messages, as many as fit. Returns how
// many bytes that are.
static size_t fill(enum framing framing, size_t message_size)
{
    static unsigned char message[FRAME_LENGTH_MAX], frame[FRAME_MAX];
    memset(message, 'm', sizeof message);
    size_t size = frame_encode(framing, message, message_size, frame), filled;
    for (filled = 0; filled + size <= BUFFER; filled += size)
        memcpy(frames + filled, frame, size);
    return filled;
}

// Decodes all that is in the buffer. Returns how many frames that are.
static size_t decode(enum framing framing, size_t size, bool copies)
{
    struct frame frame;
    size_t count = 0;
    uint64_t sum = 0;
    for (size_t at = 0; at < size; at += frame.consumed, count++) {
        if (frame_decode(framing, frames + at, size - at, &frame) != FRAME_DONE)
            abort();
        sum += frame.size + frame.message[0];
        if (copies)
            memcpy(copy + at, frame.message, frame.size);
    }
    used += sum;
    return count;
}

enum way { DECODES, DECODES_AND_COPIES, COPIES, WAYS };

static void go_through(enum way way, enum framing framing, size_t size)
{
    if (way == COPIES) {
        memcpy(copy, frames, size);
        used += copy[used % size];
    } else
        decode(framing, size, way == DECODES_AND_COPIES);
}

// Bytes in a second, in one run.
static double run(enum way way, enum framing framing, size_t size)
{
    double start = now(), end;
    size_t rounds = 0;
    do {
        for (int i = 0; i < 16; i++, rounds++)
            go_through(way, framing, size);
        end = now();
    } while (end - start < RUN_MS / 1e3);
    return (double)rounds * (double)size / (end - start);
}

// GOAL: megabytes in a second that should be reached; 0: none.
static void measure(const char *name, enum framing framing, size_t message_size,
                    double goal)
{
    size_t size = fill(framing, message_size);
    double best[WAYS] = {0};
    for (int i = 0; i < RUNS; i++)
        for (int way = 0; way < WAYS; way++) {
            double rate = run((enum way)way, framing, size);
            best[way] = rate > best[way] ? rate : best[way];
        }
    double each = (double)size / (double)decode(framing, size, false);
    double reached = best[DECODES_AND_COPIES] / 1e6;
    printf("%s: decoded and copied out %.0f MB/s", name, reached);
    if (goal > 0)
        printf(", target at least %.0f: %s", goal,
               reached >= goal ? "met" : "missed");
    printf("\n    memcpy of the same bytes %.0f MB/s; decoded alone %.1f ns a "
           "frame, of %.0f bytes\n",
           best[COPIES] / 1e6, 1e9 * each / best[DECODES], each);
}

int main(void)
{
    measure("length, messages of 64 KiB", FRAMING_LENGTH, 65536, 1000);
    measure("line, of 64 bytes", FRAMING_LINE, 63, 150);
    measure("fixed, of 32 bytes", FRAMING_FIXED, 20, 0);
    return EXIT_SUCCESS;
}
