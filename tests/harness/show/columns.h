// columns: how a timeline's width is shared: the time, one column a peer or
// for all of them, the program's call, and where it stands.

#ifndef COLUMNS_H
#define COLUMNS_H

#include "show/rows.h"

#include <stdbool.h>
#include <stdio.h>

enum { LANES = 3 };

struct columns {
    int lanes;       // 0: one wide column, for a single peer
    int peer[LANES]; // whose they are; the last may be 0: all others
    int lane_width, call_width;
    const char *file; // the program's source, when its name stands only above
    const char *who;  // what a peer is
};

// Finds out how to lay out these rows, for a person who wants to know of the
// peer FOCUS most, each peer being a WHO ("client"). The result points into the
// rows.
struct columns columns_for(const struct rows *rows, int focus, const char *who);

// True if each peer has a column of its own.
bool columns_tell_peers_apart(const struct columns *columns);

void columns_print_head(FILE *out, const struct columns *columns);
void columns_print_row(FILE *out, const struct columns *columns,
                       const struct row *row);

#endif
