#include "show/columns.h"

#include "base/style.h"

#include <stdlib.h>
#include <string.h>

enum {
    TIME_WIDTH = 10,
    GRADER_WIDTH = 22,
    CALL_WIDTH = 29,
    CALL_WIDEST = 36,
    NARROW = 10,
    WIDE = 15,
    NAME_WIDTH = 8, // so much of a call is left of what it was told
    LINE_WIDTH = 5, // " :123"
};

// Writes TEXT into WIDTH columns: fills them up, or cuts the text.
static void put(FILE *out, const char *text, size_t width)
{
    size_t columns = style_columns(text);
    bool cut = columns > width;
    size_t room = cut && width > 0 ? width - 1 : width, used = 0;
    for (; *text != '\0'; text++) {
        bool begins = ((unsigned char)*text & 0xc0) != 0x80;
        if (begins && used == room)
            break;
        used += begins;
        fputc(*text, out);
    }
    if (cut)
        fputs(style_either("…", "~"), out);
    for (used += cut; used < width; used++)
        fputc(' ', out);
}

// Where a call's arguments end, and what it answered, or that it has not yet,
// begins; NULL if nothing is behind them.
static const char *find_result(const char *text)
{
    static const char *const begins[] = {") = ", "): ", ") …", ") ..."};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof begins / sizeof *begins && found == NULL; i++)
        found = strstr(text, begins[i]);
    return found;
}

// Writes a call into WIDTH columns. If it must be cut, its result stays: what
// it was told is less telling than what it answered.
static void put_call(FILE *out, const char *text, size_t width)
{
    const char *result = find_result(text);
    if (style_columns(text) <= width || result == NULL ||
        style_columns(result) + NAME_WIDTH > width) {
        put(out, text, width);
        return;
    }
    char head[128];
    snprintf(head, sizeof head, "%.*s", (int)(result - text), text);
    put(out, head, width - style_columns(result));
    fputs(result, out);
}

// "send 5 B ----->" for what leaves the grader, "<----- 5 B" for what comes.
static void put_arrow(FILE *out, const char *text, int direction, size_t width)
{
    size_t columns = style_columns(text);
    if (direction == 0 || columns + 2 > width) {
        put(out, text, width);
        return;
    }
    if (direction > 0)
        fprintf(out, "%s ", text);
    else
        fputs(style_either("◀", "<"), out);
    for (size_t i = columns + 2; i < width; i++)
        fputs(style_either("─", "-"), out);
    if (direction > 0)
        fputs(style_either("▶", ">"), out);
    else
        fprintf(out, " %s", text);
}

static bool has_lane(const struct columns *columns, int peer)
{
    for (int i = 0; i < columns->lanes; i++)
        if (columns->peer[i] == peer)
            return true;
    return false;
}

// Gives each peer a lane; returns false if there are too many of them.
static bool add_lanes(struct columns *columns, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        int peer = rows->row[i].peer;
        if (peer == 0 || has_lane(columns, peer))
            continue;
        if (columns->lanes == LANES)
            return false;
        int at = columns->lanes++;
        for (; at > 0 && columns->peer[at - 1] > peer; at--)
            columns->peer[at] = columns->peer[at - 1];
        columns->peer[at] = peer;
    }
    return true;
}

static void choose_lanes(struct columns *columns, const struct rows *rows,
                         int focus)
{
    columns->lane_width = NARROW;
    if (add_lanes(columns, rows)) {
        if (columns->lanes < 2)
            columns->lanes = 0;
        return;
    }
    columns->lanes = 2;
    columns->lane_width = WIDE;
    columns->peer[0] = focus != 0 ? focus : columns->peer[0];
    columns->peer[1] = 0;
}

// How many columns stand before the program's.
static int width_before(const struct columns *columns)
{
    if (columns->lanes == 0)
        return TIME_WIDTH + GRADER_WIDTH + 1;
    return TIME_WIDTH + columns->lanes * (columns->lane_width + 1);
}

// How wide the call and its place may be; the file's name goes above all if it
// does not fit beside each.
static void choose_source(struct columns *columns, const struct rows *rows)
{
    size_t longest = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (columns->file == NULL && rows->row[i].file[0] != '\0')
            columns->file = rows->row[i].file;
        if (style_columns(rows->row[i].file) > longest)
            longest = style_columns(rows->row[i].file);
    }
    int used = width_before(columns);
    columns->call_width = CALL_WIDTH;
    if (used + CALL_WIDTH + LINE_WIDTH + (int)longest <= STYLE_WIDTH &&
        columns->lanes == 0)
        columns->file = NULL;
    else
        columns->call_width = STYLE_WIDTH - used - LINE_WIDTH;
    if (columns->call_width > CALL_WIDEST)
        columns->call_width = CALL_WIDEST;
}

struct columns columns_for(const struct rows *rows, int focus, const char *who)
{
    struct columns columns = {.who = who};
    choose_lanes(&columns, rows, focus);
    choose_source(&columns, rows);
    return columns;
}

bool columns_tell_peers_apart(const struct columns *columns)
{
    return columns->lanes > 0 && columns->peer[columns->lanes - 1] != 0;
}

void columns_print_head(FILE *out, const struct columns *columns)
{
    fprintf(out, "  %6s  ", "ms");
    if (columns->lanes == 0)
        put(out, "grader", GRADER_WIDTH + 1);
    for (int i = 0; i < columns->lanes; i++) {
        char name[24] = "the others";
        if (columns->peer[i] != 0)
            snprintf(name, sizeof name, "%s %d", columns->who,
                     columns->peer[i]);
        put(out, name, (size_t)columns->lane_width + 1);
    }
    fputs("your program", out);
    if (columns->file != NULL)
        fprintf(out, ", %s", columns->file);
    fputc('\n', out);
}

static void print_lane(FILE *out, const struct columns *columns, int lane,
                       const struct row *row)
{
    size_t width = (size_t)columns->lane_width;
    bool others = columns->peer[lane] == 0;
    bool mine = others ? row->peer != 0 && !has_lane(columns, row->peer)
                       : row->peer == columns->peer[lane];
    char text[32] = "";
    if (mine && others)
        snprintf(text, sizeof text, "%d: %s", row->peer, row->brief);
    else if (mine)
        snprintf(text, sizeof text, "%s", row->brief);
    if (mine && row->is_deed) {
        put_arrow(out, text, row->direction, width);
    } else if (mine && others) {
        put(out, text, width);
    } else {
        // A call about this peer, which does nothing itself at the moment.
        for (size_t i = 0; i < width; i++)
            fputs(mine ? style_either("┄", ".") : " ", out);
    }
    fputc(' ', out);
}

static void print_grader(FILE *out, const struct columns *columns,
                         const struct row *row)
{
    if (columns->lanes == 0) {
        put_arrow(out, row->grader, row->direction, GRADER_WIDTH);
        fputc(' ', out);
        return;
    }
    // What the grader itself waits for is no peer's.
    if (row->peer == 0 && row->grader[0] != '\0' && !row->is_deed) {
        put(out, row->grader,
            (size_t)(columns->lanes * (columns->lane_width + 1)));
        return;
    }
    for (int i = 0; i < columns->lanes; i++)
        print_lane(out, columns, i, row);
}

static void print_call(FILE *out, const struct columns *columns,
                       const struct row *row)
{
    bool known = row->file[0] != '\0';
    char place[96] = "";
    bool short_form =
        columns->file != NULL && strcmp(columns->file, row->file) == 0;
    if (known)
        snprintf(place, sizeof place, " %s:%d", short_form ? "" : row->file,
                 row->line);
    // A long call may reach as far as its place leaves it room.
    size_t width = known ? (size_t)columns->call_width : 0;
    size_t most =
        (size_t)(STYLE_WIDTH - width_before(columns)) - style_columns(place);
    size_t wanted = style_columns(row->program);
    if (wanted > width)
        width = wanted;
    if (width > most)
        width = most;
    if (row->effect != CALM)
        fputs(style_colour(YELLOW), out);
    put_call(out, row->program, width);
    if (row->effect != CALM)
        fputs(style_colour(PLAIN), out);
    fputs(place, out);
}

void columns_print_row(FILE *out, const struct columns *columns,
                       const struct row *row)
{
    double ms = (double)row->at_us / 1000.0;
    fprintf(out, "  %s%6.*f%s  ", style_colour(DIM), ms < 9999.95 ? 1 : 0, ms,
            style_colour(PLAIN));
    char *text;
    size_t size;
    FILE *line = open_memstream(&text, &size);
    if (line == NULL)
        return;
    print_grader(line, columns, row);
    if (row->program[0] != '\0')
        print_call(line, columns, row);
    fclose(line);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    fprintf(out, "%.*s\n", (int)size, text);
    free(text);
}
