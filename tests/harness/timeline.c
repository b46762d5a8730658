#include "timeline.h"

#include "format.h"
#include "rows.h"
#include "style.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRADER_WIDTH = 22,
    CALL_WIDTH = 29,
    ROWS_HEAD = 11,
    ROWS_TAIL = 13,
    PERIOD_MAX = 6,
    REPEATS_MIN = 3,
};

static void pad(FILE *out, const char *text, size_t width)
{
    size_t columns = style_columns(text);
    fputs(text, out);
    for (; columns < width; columns++)
        fputc(' ', out);
}

// "send 5 B ----->" for what leaves the grader, "<----- 5 B" for what comes.
static void print_arrow(FILE *out, const struct row *row)
{
    if (row->grader[0] == '\0' || row->direction == 0) {
        pad(out, row->grader, GRADER_WIDTH);
        return;
    }
    size_t dashes = GRADER_WIDTH - 2 - style_columns(row->grader);
    if (style_columns(row->grader) + 2 > GRADER_WIDTH)
        dashes = 0;
    if (row->direction > 0)
        fprintf(out, "%s ", row->grader);
    else
        fputs(style_either("◀", "<"), out);
    for (size_t i = 0; i < dashes; i++)
        fputs(style_either("─", "-"), out);
    if (row->direction > 0)
        fputs(style_either("▶", ">"), out);
    else
        fprintf(out, " %s", row->grader);
}

static void print_row(FILE *out, const struct row *row)
{
    fprintf(out, "  %s%6.1f%s  ", style_colour(DIM),
            (double)row->at_us / 1000.0, style_colour(PLAIN));
    print_arrow(out, row);
    if (row->program[0] != '\0') {
        fputc(' ', out);
        if (row->effect != CALM)
            fputs(style_colour(YELLOW), out);
        pad(out, row->program, row->source[0] == '\0' ? 0 : CALL_WIDTH);
        if (row->effect != CALM)
            fputs(style_colour(PLAIN), out);
        if (row->source[0] != '\0')
            fprintf(out, " %s", row->source);
    }
    fputc('\n', out);
}

// How often the PERIOD rows from FIRST on are repeated right behind them.
static size_t repeats(const struct rows *rows, size_t first, size_t period)
{
    size_t count = 0;
    for (size_t at = first + period; at + period <= rows->count; at += period) {
        for (size_t i = 0; i < period; i++)
            if (rows->row[at + i].shape != rows->row[first + i].shape)
                return count;
        count++;
    }
    return count;
}

// Replaces repeated rounds by the first of them and a row that counts them.
static void fold(struct rows *rows)
{
    size_t to = 0;
    for (size_t from = 0; from < rows->count;) {
        size_t best = 0, period = 1;
        for (size_t p = 1; p <= PERIOD_MAX; p++) {
            size_t count = repeats(rows, from, p);
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

static void print_rows(FILE *out, const struct rows *rows, size_t from,
                       size_t to)
{
    for (size_t i = from; i < to && i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (row->folded > 0)
            fprintf(out, "          %s%s %zu more rounds like this%s\n",
                    style_colour(DIM), style_either("…", "..."), row->folded,
                    style_colour(PLAIN));
        else if (row->left_out > 0)
            fprintf(out, "          %s%s %zu calls not kept%s\n",
                    style_colour(DIM), style_either("…", "..."), row->left_out,
                    style_colour(PLAIN));
        else
            print_row(out, row);
    }
}

void timeline_print(FILE *out, struct stage *stage, const char *waits_for)
{
    struct rows *rows = rows_of(stage, waits_for);
    if (rows == NULL || rows->count == 0) {
        rows_free(rows);
        return;
    }
    fprintf(out, "  %6s  ", "ms");
    pad(out, "grader", GRADER_WIDTH);
    fputs(" your program\n", out);
    if (!style_current()->verbose)
        fold(rows);
    size_t limit = ROWS_HEAD + ROWS_TAIL;
    if (style_current()->verbose || rows->count <= limit + 1) {
        print_rows(out, rows, 0, rows->count);
    } else {
        print_rows(out, rows, 0, ROWS_HEAD);
        fprintf(out,
                "          %s%s %zu rows left out: VERBOSE=1 shows them%s\n",
                style_colour(DIM), style_either("…", "..."),
                rows->count - limit, style_colour(PLAIN));
        print_rows(out, rows, rows->count - ROWS_TAIL, rows->count);
    }
    rows_free(rows);
}
