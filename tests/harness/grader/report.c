#include "grader/report.h"

#include "base/safe.h"
#include "base/style.h"

#include <inttypes.h>
#include <jansson.h>
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

void report_count(struct report *report, const struct check *check,
                  const struct verdict *verdict)
{
    report->max_points += check->points;
    if (verdict->outcome == PASSED)
        report->points += check->points;
    else if (verdict->outcome == NOT_RUN)
        report->not_run++;
    else if (verdict->outcome == LATER)
        report->later++;
    else if (verdict->outcome == UNFINISHED)
        report->unknown++;
    else if (report->failures++ == 0)
        report->first_failure = check;
}

static void print_title(const struct report *report, const struct check *check,
                        enum outcome outcome)
{
    char mark[32];
    fprintf(report->out, "  %s%s%s %s", style_colour(colour_of(outcome)),
            tick(outcome), style_colour(PLAIN), check->promise);
    if (outcome == PASSED)
        snprintf(mark, sizeof mark, "%d", check->points);
    else if (outcome == FAILED)
        snprintf(mark, sizeof mark, "0/%d", check->points);
    else
        snprintf(mark, sizeof mark, "%s",
                 outcome == LATER     ? "(later)"
                 : outcome == NOT_RUN ? "(not run)"
                                      : "(not graded)");
    size_t column =
        3 + style_columns(tick(outcome)) + style_columns(check->promise);
    for (; column + strlen(mark) + 1 < STYLE_WIDTH - 1; column++)
        fputc(' ', report->out);
    fprintf(report->out, " %s\n", mark);
}

// Writes a line that may be long, broken between words, its further lines as
// far in as the first.
static void print_summary(FILE *out, const char *label, const char *text)
{
    enum { INDENT = 16 };
    size_t column = INDENT;
    fprintf(out, "      %-10s", label);
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        char word[SUMMARY_SIZE];
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        size_t columns = style_columns(word);
        if (column > INDENT && column + 1 + columns > STYLE_WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            column = INDENT;
        } else if (column > INDENT) {
            fputc(' ', out);
            column++;
        }
        fputs(word, out);
        column += columns;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

// Writes lines, the last of which may have been cut off.
static void print_lines(FILE *out, const char *text)
{
    size_t length = strlen(text);
    fputs(text, out);
    if (length > 0 && text[length - 1] != '\n')
        fputc('\n', out);
}

static void print_failure(FILE *out, const struct verdict *verdict)
{
    if (verdict->ran[0] != '\0')
        fprintf(out, "  ran: %s\n\n", verdict->ran);
    if (verdict->difference[0] != '\0') {
        print_lines(out, verdict->difference);
        fputc('\n', out);
    }
    print_lines(out, verdict->timeline);
    fputc('\n', out);
    style_wrap(out, verdict->explanation.text);
}

void report_check(struct report *report, const struct check *check,
                  const struct verdict *verdict)
{
    bool first = report->failures == 0;
    report_count(report, check, verdict);
    print_title(report, check, verdict->outcome);
    if (verdict->outcome == UNFINISHED)
        print_summary(report->out, "because",
                      verdict->got[0] == '\0' ? "the check's process is gone"
                                              : verdict->got);
    if (verdict->outcome == NOT_RUN && strcmp(verdict->got, NEEDS_TRACER) != 0)
        print_summary(report->out, "because", verdict->got);
    if (verdict->outcome != FAILED)
        return;
    bool same = !first &&
                strcmp(report->shown->expected, verdict->expected) == 0 &&
                strcmp(report->shown->got, verdict->got) == 0;
    report->shown = verdict;
    if (same)
        return; // as the one above
    fputs(first ? "\n" : "", report->out);
    print_summary(report->out, "expected", verdict->expected);
    print_summary(report->out, "got", verdict->got);
    if (!first)
        return;
    fputc('\n', report->out);
    print_failure(report->out, verdict);
    fprintf(report->out,
            "  hint:  make hint\n"
            "  again: make check LESSON=%.2s CASE=%s SEED=%" PRIu64 "\n\n",
            graded_lesson.name, check->id, report->seed);
}

void report_end(struct report *report)
{
    fprintf(report->out, "\n  %s%d of %d points%s",
            style_colour(report->points == report->max_points ? GREEN : BOLD),
            report->points, report->max_points, style_colour(PLAIN));
    if (report->not_run > 0)
        fprintf(report->out, ", %zu checks not run", report->not_run);
    if (report->later > 0)
        fprintf(report->out, ", %zu checks wait until the others pass",
                report->later);
    if (report->unknown > 0)
        fprintf(report->out, ", %zu checks could not be graded",
                report->unknown);
    fputs("\n", report->out);
}

void report_hint(FILE *out, const struct check *check)
{
    fprintf(out, "%s\n\n", check->promise);
    style_wrap(out, check->hint);
}

static const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [UNFINISHED] = "unknown", [PASSED] = "passed", [FAILED] = "failed",
        [NOT_RUN] = "not run",    [LATER] = "later",
    };
    return names[outcome];
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);
    if (value == NULL) { // it was cut off in the middle of a character
        char *safe = safe_text(text);
        value = json_string(safe != NULL ? safe : "");
        free(safe);
    }
    json_object_set_new(object, key, value);
}

static json_t *json_check(const struct check *check,
                          const struct verdict *verdict)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:f}", "id", check->id, "promise",
                  check->promise, "outcome", outcome_name(verdict->outcome),
                  "points", verdict->outcome == PASSED ? check->points : 0,
                  "max_points", check->points, "seconds", verdict->seconds);
    if (verdict->outcome == FAILED) {
        set_text(object, "expected", verdict->expected);
        set_text(object, "got", verdict->got);
        set_text(object, "ran", verdict->ran);
        set_text(object, "difference", verdict->difference);
        set_text(object, "timeline", verdict->timeline);
        set_text(object, "explanation", verdict->explanation.text);
        set_text(object, "detector", verdict->explanation.detector);
        set_text(object, "hint", check->hint);
    }
    if (verdict->outcome == NOT_RUN || verdict->outcome == UNFINISHED)
        set_text(object, "reason", verdict->got);
    return object;
}

int report_json(const struct report *report, const struct check *const checks[],
                const struct verdict verdicts[], size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_check(checks[i], &verdicts[i]));
    json_t *object = json_pack(
        "{s:s, s:s, s:I, s:b, s:i, s:i, s:o}", "lesson", graded_lesson.name,
        "title", graded_lesson.title, "seed", (json_int_t)report->seed,
        "traced", report->traced, "points", report->points, "max_points",
        report->max_points, "checks", list);
    int result =
        object == NULL ? -1 : json_dumpf(object, report->out, JSON_INDENT(2));
    json_decref(object);
    fputc('\n', report->out);
    return result;
}

void report_error(FILE *out, const char *why)
{
    fprintf(out, "This machine can't grade: %s.\n", why);
}

void report_json_error(FILE *out, const char *why)
{
    json_t *object = json_pack("{s:s, s:i, s:s}", "lesson", graded_lesson.name,
                               "points", 0, "error", why);
    json_dumpf(object, out, JSON_INDENT(2));
    json_decref(object);
    fputc('\n', out);
}
