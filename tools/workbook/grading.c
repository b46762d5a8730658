#include "workbook/grading.h"

#include "workbook/grader.h"
#include "workbook/place.h"
#include "workbook/programs.h"
#include "workbook/progress.h"
#include "workbook/submission.h"
#include "workbook/todo.h"

#include "base/status.h"
#include "base/style.h"

#include <err.h>
#include <jansson.h>
#include <stdlib.h>

void grade_print_error(const char *lesson, const char *error,
                       const char *compiler)
{
    json_t *object = json_pack("{s:o*, s:i, s:s, s:o*}", "lesson",
                               lesson == NULL ? NULL : json_string(lesson),
                               "points", 0, "error", error, "compiler",
                               compiler == NULL ? NULL : json_string(compiler));
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
}

// Says, once all of it is shown, what the compiler stopped at first; and leaves
// it for `hint`.
static void explain(const struct submission *submission,
                    const struct remarks *remarks)
{
    fprintf(stderr, "\n%s does not compile; nothing was run.%s\n",
            submission->lesson,
            remarks->error == NULL ? "" : " The first error:\n");
    if (remarks->error == NULL)
        return;
    remarks_print_error(stderr, remarks);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return;
    fprintf(out, "It does not compile yet. The first error:\n\n");
    remarks_print_error(out, remarks);
    if (fclose(out) == 0)
        progress_leave_hint(text);
    free(text);
}

static int build(const struct submission *submission, const struct place *place,
                 const struct options *options, struct programs *programs)
{
    char *said = NULL;
    size_t size;
    struct remarks remarks;
    FILE *out = options->json ? open_memstream(&said, &size) : stderr;
    if (out == NULL)
        err(CANNOT_GRADE, "build");
    int result = programs_open(submission, place, out, programs, &remarks);
    if (options->json)
        fclose(out);
    if (result == NOT_DONE && options->json)
        grade_print_error(submission->lesson, "it does not compile", said);
    else if (result == NOT_DONE)
        explain(submission, &remarks);
    if (result == CANNOT_GRADE && options->json)
        grade_print_error(submission->lesson, "it can't be built here", said);
    remarks_free(&remarks);
    free(said);
    return result == NOT_DONE ? NO_PROGRAM : result;
}

// Has the lesson's grader do its work on what was submitted. Returns its exit
// status, or DONE's kin for what has kept it from that.
static int run(const struct submission *submission, const struct place *place,
               const struct options *options, bool turns)
{
    struct programs programs;
    if (grader_build(submission->lesson) == -1) {
        if (options->json)
            grade_print_error(submission->lesson, "the grader can't be built",
                              NULL);
        return CANNOT_GRADE;
    }
    int result = build(submission, place, options, &programs);
    if (result != DONE)
        return result;
    result = grader_run(submission, &programs, options, turns);
    programs_close(&programs);
    if (result == -1) {
        if (options->json)
            grade_print_error(submission->lesson, "the grader was killed",
                              NULL);
        return CANNOT_GRADE;
    }
    return result;
}

// Notes a lesson that has passed, if all of it was graded, and it is the
// user's.
static void note(const struct submission *submission,
                 const struct options *options, int result)
{
    if (options->only != NULL || options->from != NULL)
        return;
    if (result == DONE)
        progress_set(submission, PASSED);
    else if (result == DONE_IN_PART && !options->untraced)
        progress_set(submission, PASSED_IN_PART);
}

// Leaves for `hint` what is to be written next, where nothing else has failed.
static void leave_todo(const struct submission *submission)
{
    struct first_failure failure;
    char *text;
    size_t size;
    struct todo todo;
    if (progress_failure(&failure) || !todo_find_first(submission, &todo))
        return;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return;
    fprintf(out,
            "No check has failed; what is left needs what is still to be "
            "written.\n\n  %s/%s:%d\n\n",
            submission->folder, todo.file, todo.line);
    style_wrap(out, todo.sentence);
    fprintf(out, "\n%s", todo.rest);
    if (fclose(out) == 0)
        progress_leave_hint(text);
    free(text);
}

static int read_and_run(const char *lesson, const struct options *options,
                        bool turns)
{
    struct place place;
    struct submission submission;
    if (place_find(options->from, &place) == -1)
        return BAD_USAGE;
    int result = submission_read(lesson, &place, &submission);
    if (result == DONE) {
        result = run(&submission, &place, options, turns);
        if (!turns)
            note(&submission, options, result);
        if (!turns && result == NOT_DONE)
            leave_todo(&submission);
    } else if (options->json) {
        grade_print_error(lesson, "not all of its files can be read", NULL);
    }
    submission_free(&submission);
    return result;
}

int grade(const char *lesson, const struct options *options)
{
    progress_forget_hint(); // it is about what fails now
    int result = read_and_run(lesson, options, false);
    if (result == DONE || result == DONE_IN_PART)
        progress_leave_hint("What was graded last has passed: there is nothing "
                            "to give a hint on.\n");
    return result;
}

int show_turns(const char *lesson, const struct options *options)
{
    return read_and_run(lesson, options, true);
}
