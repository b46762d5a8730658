// The report for a person. What matters most stands last, where it is seen: a
// terminal has 24 lines.

#include "grader/report.h"

#include "explain/hints.h"
#include "base/safe.h"
#include "base/style.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *tick(enum outcome outcome)
{
    switch (outcome) {
    case PASSED: return style_either("✓", "ok  ");
    case FAILED: return style_either("✗", "FAIL");
    case NOT_RUN:
    case LATER: return style_either("–", "--  ");
    case UNFINISHED: break;
    }
    return style_either("?", "?   ");
}

static enum colour colour_of(enum outcome outcome)
{
    return outcome == PASSED ? GREEN : outcome == FAILED ? RED : YELLOW;
}

void report_begin(struct report *report)
{
    fprintf(report->out, "\n%s%s%s  %s\n\n", style_colour(BOLD),
            graded_lesson.name, style_colour(PLAIN), graded_lesson.title);
    if (!report->traced)
        fprintf(report->out, "  ptrace(2) is refused here, so there is no "
                             "timeline, and checks that need\n  rare weather "
                             "are not run.\n\n");
}

bool report_needs(const struct verdict *verdict, char todo[TODO_SIZE])
{
    const struct explanation *explanation = &verdict->explanation;
    if (verdict->outcome != FAILED ||
        strcmp(explanation->detector, "open_todo") != 0)
        return false;
    const char *at = strstr(explanation->text, "TODO ");
    return at != NULL && sscanf(at, "TODO %7[0-9.]", todo) == 1;
}

static void count_failure(struct report *report, const struct check *check,
                          const struct verdict *verdict)
{
    if (report->failures++ > 0)
        return;
    report->first_failure = check;
    report->first_verdict = verdict;
}

void report_count(struct report *report, const struct check *check,
                  const struct verdict *verdict)
{
    char todo[TODO_SIZE];
    report->max_points += check->points;
    if (report_needs(verdict, todo))
        report->needy++;
    else if (verdict->outcome == PASSED)
        report->points += check->points;
    else if (verdict->outcome == NOT_RUN)
        report->not_run++;
    else if (verdict->outcome == LATER)
        report->later++;
    else if (verdict->outcome == UNFINISHED)
        report->unknown++;
    else
        count_failure(report, check, verdict);
}

// Writes a line with a mark at its right end.
static void print_marked(FILE *out, enum outcome outcome, const char *text,
                         const char *mark)
{
    fprintf(out, "  %s%s%s %s", style_colour(colour_of(outcome)), tick(outcome),
            style_colour(PLAIN), text);
    if (*mark == '\0') {
        fputc('\n', out);
        return;
    }
    size_t column = 3 + style_columns(tick(outcome)) + style_columns(text);
    for (; column + strlen(mark) + 1 < STYLE_WIDTH - 1; column++)
        fputc(' ', out);
    fprintf(out, " %s\n", mark);
}

static void print_title(const struct report *report, const struct check *check,
                        enum outcome outcome)
{
    char mark[32];
    if (outcome == PASSED)
        snprintf(mark, sizeof mark, "%d", check->points);
    else if (outcome == FAILED)
        snprintf(mark, sizeof mark, "0/%d", check->points);
    else
        snprintf(mark, sizeof mark, "%s",
                 outcome == LATER     ? "(later)"
                 : outcome == NOT_RUN ? "(not run)"
                                      : "(not graded)");
    print_marked(report->out, outcome, check->promise, mark);
}

// Writes a text that may be long, broken between words, its further lines as
// far in as the first, where the line has already come to.
static void print_words(FILE *out, size_t indent, const char *text)
{
    size_t column = indent;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        char word[SUMMARY_SIZE];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        size_t columns = style_columns(word);
        if (column > indent && column + 1 + columns > STYLE_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fputs(word, out);
        column += columns;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

static void print_summary(FILE *out, const char *label, const char *text)
{
    fprintf(out, "      %-10s", label);
    print_words(out, 16, text);
}

// Writes lines, the last of which may have been cut off.
static void print_lines(FILE *out, const char *text)
{
    size_t length = strlen(text);
    fputs(text, out);
    if (length > 0 && text[length - 1] != '\n')
        fputc('\n', out);
}

// True if both say the same, apart from numbers, and from what is one of a
// thing or several.
static bool differ_in_numbers(const char *one, const char *other)
{
    for (;;) {
        if (isdigit((unsigned char)*one) && isdigit((unsigned char)*other)) {
            one += strspn(one, "0123456789.");
            other += strspn(other, "0123456789.");
        } else if (*one != *other && *one == 's') {
            one++;
        } else if (*one != *other && *other == 's') {
            other++;
        } else if (*one != *other || *one == '\0') {
            return *one == *other;
        } else {
            one++, other++;
        }
    }
}

// The failures so far that this one is like; NULL if there is none.
static struct alike *find_alike(struct report *report,
                                const struct verdict *verdict)
{
    const struct explanation *new = &verdict->explanation;
    for (size_t i = 0; i < report->kinds; i++) {
        const struct explanation *old = &report->alike[i].first->explanation;
        if (strcmp(new->detector, old->detector) == 0 &&
            differ_in_numbers(new->text, old->text))
            return &report->alike[i];
    }
    return NULL;
}

static void add_failure(struct report *report, const struct check *check,
                        const struct verdict *verdict)
{
    struct alike *alike = find_alike(report, verdict);
    if (alike != NULL && !style_current()->verbose) {
        alike->more++;
        alike->points += check->points;
        return; // to be said once, at the end
    }
    print_title(report, check, FAILED);
    const struct verdict *last =
        report->kinds == 0 ? NULL : report->alike[report->kinds - 1].first;
    bool same = last != NULL &&
                strcmp(last->expected, verdict->expected) == 0 &&
                strcmp(last->got, verdict->got) == 0;
    if (report->kinds < KINDS_MAX)
        report->alike[report->kinds++] =
            (struct alike){.check = check, .first = verdict};
    if (same || last == NULL)
        return; // as the one above; or told in full at the end
    print_summary(report->out, "expected", verdict->expected);
    print_summary(report->out, "got", verdict->got);
}

static void mark_needs(char mark[64], const char *todo)
{
    snprintf(mark, 64, "(later: needs TODO %s)", todo);
}

// What is still to be written can't be right yet, and is not wrong.
static void add_waiting(struct report *report, const struct check *check,
                        const char *todo)
{
    char mark[64];
    size_t i = 0;
    while (i < report->todos && strcmp(report->waiting[i].todo, todo) != 0)
        i++;
    bool known = i < report->todos;
    if (!known && i < KINDS_MAX)
        strcpy(report->waiting[report->todos++].todo, todo);
    if (i < KINDS_MAX)
        report->waiting[i].checks++;
    if (known && !style_current()->verbose)
        return; // to be said once, at the end
    mark_needs(mark, todo);
    size_t columns = style_columns(check->promise) + strlen(mark);
    bool fits = columns + 5 + style_columns(tick(LATER)) < STYLE_WIDTH;
    print_marked(report->out, LATER, check->promise, fits ? mark : "");
    if (!fits)
        fprintf(report->out, "%*s\n", STYLE_WIDTH - 1, mark);
}

void report_check(struct report *report, const struct check *check,
                  const struct verdict *verdict)
{
    char todo[TODO_SIZE];
    report_count(report, check, verdict);
    if (report_needs(verdict, todo)) {
        add_waiting(report, check, todo);
        return;
    }
    if (verdict->outcome == FAILED) {
        add_failure(report, check, verdict);
        return;
    }
    print_title(report, check, verdict->outcome);
    if (verdict->outcome == UNFINISHED)
        print_summary(report->out, "because",
                      verdict->got[0] == '\0' ? "the check's process is gone"
                                              : verdict->got);
    if (verdict->outcome == NOT_RUN && strcmp(verdict->got, NEEDS_TRACER) != 0)
        print_summary(report->out, "because", verdict->got);
}

// One line for all that failed in a way that is known already.
static void print_more(const struct report *report)
{
    for (size_t i = 0; i < report->kinds; i++) {
        const struct alike *alike = &report->alike[i];
        if (alike->more == 0)
            continue;
        char line[256], mark[32];
        int length = snprintf(line, sizeof line, "%zu more fail%s the same way",
                              alike->more, alike->more == 1 ? "s" : "");
        // Which, if that is to be said: as much of it as there is room for.
        enum { ROOM = STYLE_WIDTH - 50 };
        bool fits = strlen(alike->check->promise) <= ROOM;
        if (report->kinds > 1)
            snprintf(line + length, sizeof line - (size_t)length,
                     " as \"%.*s%s\"", ROOM, alike->check->promise,
                     fits ? "" : style_either("…", "..."));
        snprintf(mark, sizeof mark, "0/%d", alike->points);
        print_marked(report->out, FAILED, line, mark);
    }
}

static void print_waiting(const struct report *report)
{
    for (size_t i = 0; i < report->todos; i++) {
        const struct waiting *waiting = &report->waiting[i];
        if (waiting->checks < 2 || style_current()->verbose)
            continue;
        char line[32], mark[64];
        snprintf(line, sizeof line, "%zu more", waiting->checks - 1);
        mark_needs(mark, waiting->todo);
        print_marked(report->out, LATER, line, mark);
    }
}

static void print_warnings(const struct report *report)
{
    enum { SHOWN = 3 };
    size_t count = 0;
    if (report->warnings == NULL || *report->warnings == '\0')
        return;
    fputs("\n  The compiler warned:\n", report->out);
    for (const char *line = report->warnings; *line != '\0'; count++) {
        size_t length = strcspn(line, "\n");
        char *copy = count < SHOWN ? strndup(line, length) : NULL;
        char *safe = copy == NULL ? NULL : safe_text(copy);
        if (safe != NULL) {
            fputs("    ", report->out);
            print_words(report->out, 4, safe);
        }
        free(safe);
        free(copy);
        line += length + (line[length] == '\n');
    }
    if (count > SHOWN)
        fprintf(report->out, "    and %zu more\n", count - SHOWN);
}

static void print_failure(const struct report *report)
{
    const struct check *check = report->alike[0].check;
    const struct verdict *verdict = report->alike[0].first;
    FILE *out = report->out;
    fputc('\n', out);
    print_title(report, check, FAILED);
    fputc('\n', out);
    print_summary(out, "expected", verdict->expected);
    print_summary(out, "got", verdict->got);
    fputc('\n', out);
    if (verdict->ran[0] != '\0')
        fprintf(out, "  ran: %s\n\n", verdict->ran);
    if (verdict->difference[0] != '\0') {
        print_lines(out, verdict->difference);
        fputc('\n', out);
    }
    print_lines(out, verdict->timeline);
    print_warnings(report);
    fputc('\n', out);
    style_wrap(out, verdict->explanation.text);
    fprintf(out,
            "\n  hint:  make hint\n"
            "  again: make check LESSON=%.2s CASE=%s SEED=%" PRIu64,
            graded_lesson.name, check->id, report->seed);
    if (report->from != NULL) {
        fputs(" FROM=", out);
        safe_write_word(out, report->from);
    }
    fputc('\n', out);
}

static void print_count(FILE *out, size_t count, const char *what)
{
    if (count > 0)
        fprintf(out, ", %zu check%s %s", count, count == 1 ? "" : "s", what);
}

void report_end(struct report *report)
{
    print_more(report);
    print_waiting(report);
    fprintf(report->out, "\n  %s%d of %d points%s",
            style_colour(report->points == report->max_points ? GREEN : BOLD),
            report->points, report->max_points, style_colour(PLAIN));
    print_count(report->out, report->not_run, "not run");
    print_count(report->out, report->later, "left until the others pass");
    print_count(report->out, report->unknown, "that could not be graded");
    fputs("\n", report->out);
    if (report->kinds > 0) {
        print_failure(report);
        return;
    }
    print_warnings(report);
    if (report->todos > 0) {
        fputc('\n', report->out);
        style_wrap(report->out, "No check has failed. Those that are left need "
                                "what is still to be written: go on with the "
                                "first TODO that is open.");
    }
}

void report_hint(FILE *out, const struct check *check, const char *cause,
                 int step)
{
    const struct ladder *ladder = cause == NULL ? NULL : hints_for(cause);
    int shown = step == 0 ? 1 : step;
    fprintf(out, "%s\n\n", check->promise);
    style_wrap(out, ladder == NULL ? check->hint : ladder->steps[shown - 1]);
    if (ladder == NULL) {
        if (shown > 1) // it has been said before
            fputs("\n  (there is no other)\n", out);
        return;
    }
    fprintf(out, "\n  (%d of %d%s)\n", shown, HINT_STEPS,
            shown < HINT_STEPS ? "; make hint again for the next" : "");
}

void report_error(FILE *out, const char *why)
{
    fprintf(out, "This machine can't grade: %s.\n", why);
}
