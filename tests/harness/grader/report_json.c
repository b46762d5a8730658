// The report for a program.

#include "grader/report.h"

#include "explain/hints.h"
#include "base/safe.h"

#include <jansson.h>
#include <stdlib.h>

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

// What `hint` would say, one time after the other.
static json_t *json_hints(const struct check *check,
                          const struct verdict *verdict)
{
    json_t *list = json_array();
    const struct ladder *ladder = hints_for(verdict->explanation.detector);
    for (int i = 0; ladder != NULL && i < HINT_STEPS; i++)
        json_array_append_new(list, json_string(ladder->steps[i]));
    if (ladder == NULL)
        json_array_append_new(list, json_string(check->hint));
    return list;
}

static json_t *json_check(const struct check *check,
                          const struct verdict *verdict)
{
    char todo[TODO_SIZE];
    bool needs = report_needs(verdict, todo);
    enum outcome outcome = needs ? LATER : verdict->outcome;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:f}", "id", check->id, "promise",
                  check->promise, "outcome", outcome_name(outcome), "points",
                  verdict->outcome == PASSED ? check->points : 0, "max_points",
                  check->points, "seconds", verdict->seconds);
    if (verdict->outcome == FAILED) {
        set_text(object, "expected", verdict->expected);
        set_text(object, "got", verdict->got);
        set_text(object, "ran", verdict->ran);
        set_text(object, "difference", verdict->difference);
        set_text(object, "timeline", verdict->timeline);
        set_text(object, "explanation", verdict->explanation.text);
        set_text(object, "detector", verdict->explanation.detector);
        set_text(object, "hint", check->hint);
        json_object_set_new(object, "hints", json_hints(check, verdict));
    }
    if (needs)
        set_text(object, "needs", todo);
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

void report_json_error(FILE *out, const char *why)
{
    json_t *object = json_pack("{s:s, s:i, s:s}", "lesson", graded_lesson.name,
                               "points", 0, "error", why);
    json_dumpf(object, out, JSON_INDENT(2));
    json_decref(object);
    fputc('\n', out);
}
