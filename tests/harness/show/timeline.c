#include "show/timeline.h"

#include "show/columns.h"
#include "stage/peer.h"
#include "stage/program.h"
#include "show/rows.h"
#include "base/style.h"

#include <string.h>

enum {
    ROWS_HEAD = 11,
    ROWS_TAIL = 13,
    PERIOD_MAX = 6,
    REPEATS_MIN = 3,
};

// True if a reader need not see both: the peer in focus is always told apart.
static bool is_alike(const struct row *a, const struct row *b, bool by_peer,
                     int focus)
{
    bool same_peer = a->peer == b->peer ||
                     (!by_peer && a->peer != focus && b->peer != focus);
    return a->shape == b->shape && same_peer;
}

// How often the PERIOD rows from FIRST on are repeated right behind them.
static size_t repeats(const struct rows *rows, size_t first, size_t period,
                      bool by_peer, int focus)
{
    size_t count = 0;
    for (size_t at = first + period; at + period <= rows->count; at += period) {
        for (size_t i = 0; i < period; i++)
            if (!is_alike(&rows->row[at + i], &rows->row[first + i], by_peer,
                          focus))
                return count;
        count++;
    }
    return count;
}

// Replaces repeated rounds by the first of them and a row that counts them.
static void fold(struct rows *rows, bool by_peer, int focus)
{
    size_t to = 0;
    for (size_t from = 0; from < rows->count;) {
        size_t best = 0, period = 1;
        for (size_t p = 1; p <= PERIOD_MAX; p++) {
            size_t count = repeats(rows, from, p, by_peer, focus);
            if (count >= REPEATS_MIN && count * p > best * period) {
                best = count;
                period = p;
            }
        }
        memmove(&rows->row[to], &rows->row[from], period * sizeof *rows->row);
        to += period;
        from += period;
        if (best > 0) {
            rows->row[to++] = (struct row){.folded = best};
            from += best * period;
        }
    }
    rows->count = to;
}

static void print_gap(FILE *out, size_t count, const char *what)
{
    fprintf(out, "          %s%s %zu %s%s\n", style_colour(DIM),
            style_either("…", "..."), count, what, style_colour(PLAIN));
}

static void print_rows(FILE *out, const struct rows *rows,
                       const struct columns *columns, const struct view *view,
                       size_t from, size_t to)
{
    for (size_t i = from; i < to && i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (row->folded > 0) {
            print_gap(out, row->folded, "more rounds like this");
        } else if (row->left_out > 0) {
            print_gap(out, row->left_out, "calls not kept");
        } else {
            if (view->turns && row->waits)
                fputc('\n', out);
            columns_print_row(out, columns, row);
        }
    }
}

// A peer is a client of the program, or one of its connections to the grader.
static const char *name_of_peers(const struct stage *stage)
{
    for (const struct peer *peer = stage->peers; peer != NULL;
         peer = peer->next) {
        if (peer->server != NULL)
            return "conn.";
        // A client's server, and strangers.
        if (peer->datagrams != NULL && peer->program != NULL &&
            peer->program->address.v4.sin_port == 0)
            return "peer";
    }
    return "client";
}

void timeline_print(FILE *out, struct stage *stage, const struct view *view)
{
    struct rows *rows = rows_of(stage, view->waits_for);
    if (rows == NULL || rows->count == 0) {
        rows_free(rows);
        return;
    }
    struct columns columns =
        columns_for(rows, view->focus, name_of_peers(stage));
    columns_print_head(out, &columns);
    bool whole = style_current()->verbose || view->turns;
    if (!style_current()->verbose)
        fold(rows, columns_tell_peers_apart(&columns), view->focus);
    size_t limit = ROWS_HEAD + ROWS_TAIL;
    if (whole || rows->count <= limit + 1) {
        print_rows(out, rows, &columns, view, 0, rows->count);
    } else {
        print_rows(out, rows, &columns, view, 0, ROWS_HEAD);
        print_gap(out, rows->count - limit,
                  "rows left out: VERBOSE=1 shows them");
        print_rows(out, rows, &columns, view, rows->count - ROWS_TAIL,
                   rows->count);
    }
    rows_free(rows);
}
