// rows: the rows of a timeline, made from the trace: events in the order in
// which they took effect, a deed and the call that answers it side by side.

#ifndef ROWS_H
#define ROWS_H

#include "stage.h"
#include "trace.h"

#include <stddef.h>
#include <stdint.h>

struct row {
    uint64_t at_us;
    char grader[32];
    int direction; // 1: from the grader to the program, -1: back, 0: neither
    char program[96];
    char source[80];
    enum weather_effect effect;
    bool outgoing, incoming; // the program's call sends, or receives
    uint64_t shape;          // equal for rows that differ in numbers only
    size_t folded;   // instead of all else: so many rounds are not shown
    size_t left_out; // likewise: so many calls were not kept
};

struct rows {
    size_t count;
    struct row row[];
};

// Returns the rows of the stage's trace, which the caller frees.
struct rows *rows_of(struct stage *stage, const char *waits_for);
void rows_free(struct rows *rows);

#endif
