// Grading: what was submitted is read, built and handed to the lesson's grader.

#include "workbook.h"

#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int build(const struct submission *submission, const struct place *place,
                 const struct options *options, struct programs *programs)
{
    char *said = NULL;
    size_t size;
    FILE *out = options->json ? open_memstream(&said, &size) : stderr;
    if (out == NULL)
        err(CANNOT_GRADE, "build");
    int result = programs_open(submission, place, out, programs);
    if (options->json)
        fclose(out);
    if (result == NOT_DONE && options->json)
        grade_print_error(submission->lesson, "it does not compile", said);
    else if (result == NOT_DONE)
        fprintf(stderr, "\n%s does not compile; nothing was run.\n",
                submission->lesson);
    if (result == CANNOT_GRADE && options->json)
        grade_print_error(submission->lesson, "it can't be built here", said);
    free(said);
    return result;
}

static pid_t start_grader(const struct submission *submission,
                          const struct programs *built,
                          const struct options *options)
{
    char grader[PATH_MAX], programs[2 * PATH_MAX], sources[2 * PATH_MAX + 2];
    snprintf(grader, sizeof grader, "build/graders/%s", submission->lesson);
    snprintf(programs, sizeof programs, "%s/%s", built->folder,
             submission->lesson);
    snprintf(sources, sizeof sources, "%s/", built->shown);
    const char *arguments[24] = {grader,       "--programs", programs,
                                 "--sources",  sources,      "--failure",
                                 FAILURE_FILE, "--probe",    "build/probe"};
    int n = 9;
    const struct {
        const char *name, *value;
    } values[] = {{"--case", options->only}, {"--seed", options->seed}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].value != NULL) {
            arguments[n++] = values[i].name;
            arguments[n++] = values[i].value;
        }
    if (options->json)
        arguments[n++] = "--json";
    if (options->verbose)
        arguments[n++] = "--verbose";
    if (options->untraced)
        arguments[n++] = "--untraced";
    if (options->watch)
        arguments[n++] = "--watch";
    fflush(NULL);
    pid_t runner = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != runner)
            _exit(CANNOT_GRADE);
        execv(grader, (char *const *)(uintptr_t)arguments);
        err(CANNOT_GRADE, "%s", grader);
    }
    return pid;
}

// Starts the grader and waits for it. Returns its exit status.
static int run_grader(const struct submission *submission,
                      const struct programs *programs,
                      const struct options *options)
{
    int status;
    pid_t pid = start_grader(submission, programs, options);
    if (pid == -1 || waitpid(pid, &status, 0) == -1)
        err(CANNOT_GRADE, "the grader");
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "workbook: the grader was killed by signal %d\n",
            WTERMSIG(status));
    if (options->json)
        grade_print_error(submission->lesson, "the grader was killed", NULL);
    return CANNOT_GRADE;
}

static int grade_submission(const struct submission *submission,
                            const struct place *place,
                            const struct options *options)
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
    result = run_grader(submission, &programs, options);
    programs_close(&programs);
    bool whole =
        options->only == NULL && options->from == NULL && !options->watch;
    if (whole && result == DONE)
        progress_set(submission, PASSED);
    else if (whole && result == DONE_IN_PART && !options->untraced)
        progress_set(submission, PASSED_IN_PART);
    return result;
}

int grade(const char *lesson, const struct options *options)
{
    struct place place;
    struct submission submission;
    if (!options->watch)
        unlink(FAILURE_FILE); // a hint is about what fails now
    if (place_find(options->from, &place) == -1)
        return BAD_USAGE;
    int result = submission_read(lesson, &place, true, &submission);
    if (result == DONE)
        result = grade_submission(&submission, &place, options);
    else if (options->json)
        grade_print_error(lesson, "not all of its files can be read", NULL);
    submission_free(&submission);
    return result;
}
