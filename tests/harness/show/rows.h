// rows: the rows of a timeline, made from the trace: events in the order in
// which they took effect, a deed and the call that answers it side by side.

#ifndef ROWS_H
#define ROWS_H

#include "stage/stage.h"
#include "trace/trace.h"

#include <stddef.h>
#include <stdint.h>

struct row {
    uint64_t at_us;
    int peer;        // that it is about; 0: none, or it is not known
    bool is_deed;    // a peer's; otherwise only the program's
    bool waits;      // the program's call is select() or its kin
    char grader[32]; // what the peer did
    char brief[16];  // the same, for a narrow column
    int direction;   // 1: from the grader to the program, -1: back, 0: neither
    char program[96];
    char file[64]; // where the call stands; "": unknown
    int line;
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
