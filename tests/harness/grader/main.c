// The main() of every lesson's grader. The runner (tools/workbook/) builds
// what is to be graded and then starts it.

#include "grader/grade.h"
#include "grader/machine.h"
#include "grader/report.h"
#include "grader/run.h"
#include "explain/hints.h"
#include "kernel/shield.h"
#include "show/source.h"
#include "base/status.h"
#include "base/style.h"
#include "tracer/tracer.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *programs, *sources, *only, *failure, *probe, *warnings, *cause,
        *from;
    uint64_t seed;
    int workers, step;
    bool json, verbose, untraced, describe, hint, turns;
};

static const char usage_text[] =
    "usage: grade --programs DIR --sources DIR [--case TEXT] [--seed N]\n"
    "             [--json] [--verbose] [--untraced] [--workers N]\n"
    "             [--failure FILE] [--probe PROGRAM] [--warnings FILE]\n"
    "             [--from DIR]\n"
    "       grade --programs DIR --sources DIR --turns\n"
    "       grade --describe | --hint --case TEXT\n"
    "       grade --hint --case CHECK --cause DETECTOR [--step N]\n";

static _Noreturn void usage(const char *problem, const char *argument)
{
    fprintf(stderr, "grade: %s '%s'\n%s", problem, argument, usage_text);
    exit(BAD_USAGE);
}

static uint64_t number(const char *option, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || *text == '-' ||
        value > INT64_MAX) {
        fprintf(stderr, "grade: %s takes a whole number, not '%s'\n%s", option,
                text, usage_text);
        exit(BAD_USAGE);
    }
    return value;
}

// Which of a ladder's hints: 1 is the first.
static int step_number(const char *text)
{
    uint64_t step = number("--step", text);
    if (step < 1 || step > HINT_STEPS) {
        fprintf(stderr, "grade: --step is from 1 to %d, not '%s'\n%s",
                HINT_STEPS, text, usage_text);
        exit(BAD_USAGE);
    }
    return (int)step;
}

static const struct option known_options[] = {
    {"programs", required_argument, NULL, 'p'},
    {"sources", required_argument, NULL, 's'},
    {"case", required_argument, NULL, 'c'},
    {"from", required_argument, NULL, 'F'},
    {"cause", required_argument, NULL, 'C'},
    {"step", required_argument, NULL, 'n'},
    {"failure", required_argument, NULL, 'f'},
    {"probe", required_argument, NULL, 'P'},
    {"warnings", required_argument, NULL, 'W'},
    {"seed", required_argument, NULL, 'S'},
    {"workers", required_argument, NULL, 'w'},
    {"json", no_argument, NULL, 'j'},
    {"verbose", no_argument, NULL, 'v'},
    {"untraced", no_argument, NULL, 'u'},
    {"describe", no_argument, NULL, 'd'},
    {"hint", no_argument, NULL, 'h'},
    {"turns", no_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

static struct arguments parse(int argc, char *argv[])
{
    struct arguments a = {
        .programs = ".", .sources = "", .only = "", .seed = 1};
    for (int option;
         (option = getopt_long(argc, argv, "", known_options, NULL)) != -1;) {
        switch (option) {
        case 'p': a.programs = optarg; break;
        case 's': a.sources = optarg; break;
        case 'c': a.only = optarg; break;
        case 'C': a.cause = optarg; break;
        case 'F': a.from = optarg; break;
        case 'n': a.step = step_number(optarg); break;
        case 'f': a.failure = optarg; break;
        case 'P': a.probe = optarg; break;
        case 'W': a.warnings = optarg; break;
        case 'S': a.seed = number("--seed", optarg); break;
        case 'w': a.workers = (int)number("--workers", optarg); break;
        case 'j': a.json = true; break;
        case 'v': a.verbose = true; break;
        case 'u': a.untraced = true; break;
        case 'd': a.describe = true; break;
        case 'h': a.hint = true; break;
        case 't': a.turns = true; break;
        default: exit(BAD_USAGE);
        }
    }
    if (optind < argc)
        usage("one argument too many:", argv[optind]);
    if (a.cause != NULL && !a.hint)
        usage("only --hint asks about a", "--cause");
    if (a.step != 0 && a.cause == NULL)
        usage("only hints for a --cause have a", "--step");
    return a;
}

struct grading {
    const struct check *const *checks; // those that were chosen
    struct report report;
    bool json;
};

static void print_check(size_t which, const struct verdict *verdict,
                        void *context)
{
    struct grading *grading = context;
    const struct check *check = grading->checks[which];
    if (grading->json)
        report_count(&grading->report, check, verdict);
    else
        report_check(&grading->report, check, verdict);
    fflush(grading->report.out);
}

// Leaves the names of the first failed check and of its cause where `hint`
// finds them. A hint that can't be given later is no reason to fail now.
static void remember_failure(const char *path, const struct report *report)
{
    char new[PATH_MAX];
    snprintf(new, sizeof new, "%s.%d", path, getpid());
    FILE *file = fopen(new, "we");
    if (file == NULL)
        return;
    fprintf(file, "%s %s %s\n", graded_lesson.name, report->first_failure->id,
            report->first_verdict->explanation.detector);
    if (fclose(file) != 0 || rename(new, path) == -1)
        unlink(new);
}

// What the compiler warned of; NULL if there was nothing.
static const char *read_warnings(const char *path)
{
    static char text[16 * 1024];
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    if (file == NULL)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static int describe(const struct check *const checks[], size_t count)
{
    int points = 0;
    for (size_t i = 0; i < count; i++)
        points += checks[i]->points;
    printf("%s\t%zu checks\t%d points\n", graded_lesson.title, count, points);
    return DONE;
}

// Plays what the lesson has for it, and shows the turns of the program's loop.
static int show_turns(const struct arguments *arguments,
                      const struct check *const checks[], size_t count)
{
    if (checks[count] == NULL) {
        printf("Lesson %.2s has no turns to show; lesson 11 has.\n",
               graded_lesson.name);
        return BAD_USAGE;
    }
    const struct run_options options = {.seed = arguments->seed,
                                        .traced = tracer_is_allowed()};
    if (!options.traced) {
        printf("ptrace(2) is refused here: there is nothing to be seen.\n");
        return CANNOT_GRADE;
    }
    const struct verdict *verdict = run_alone(checks[count], &options);
    printf("\n%s%s%s  %s\n\n", style_colour(BOLD), graded_lesson.name,
           style_colour(PLAIN), checks[count]->promise);
    if (verdict->outcome != PASSED)
        printf("  The scene broke off. Expected %s, got %s\n\n",
               verdict->expected, verdict->got);
    fputs(verdict->timeline, stdout);
    return verdict->outcome == PASSED ? DONE : NOT_DONE;
}

// Says why there is no verdict.
static int blame_machine(const struct arguments *arguments, const char *why)
{
    if (arguments->json)
        report_json_error(stdout, why);
    else
        report_error(stderr, why);
    return CANNOT_GRADE;
}

static int status_of(const struct report *report)
{
    if (report->failures > 0 || report->needy > 0)
        return NOT_DONE;
    if (report->unknown > 0)
        return CANNOT_GRADE;
    return report->not_run > 0 ? DONE_IN_PART : DONE;
}

static int grade(const struct arguments *arguments,
                 const struct check *const checks[], size_t count)
{
    const struct run_options options = {
        .seed = arguments->seed,
        .traced = !arguments->untraced && tracer_is_allowed(),
        .workers = arguments->workers,
    };
    char why[MACHINE_WHY_SIZE];
    if (!machine_is_fit(arguments->probe, options.traced, why))
        return blame_machine(arguments, why);
    struct grading grading = {checks, {0}, arguments->json};
    struct report *report = &grading.report;
    *report = (struct report){.out = stdout,
                              .seed = options.seed,
                              .traced = options.traced,
                              .from = arguments->from,
                              .warnings = read_warnings(arguments->warnings)};
    if (!arguments->json)
        report_begin(report);
    const struct verdict *verdicts =
        run_checks(checks, count, &options, print_check, &grading);
    // What has happened to the machine meanwhile is no program's fault.
    if (report->failures > 0 &&
        !machine_is_fit(arguments->probe, options.traced, why))
        return blame_machine(arguments, why);
    if (arguments->json) {
        if (report_json(report, checks, verdicts, count) == -1)
            errx(CANNOT_GRADE, "cannot write the result");
    } else {
        report_end(report);
    }
    if (fflush(stdout) != 0)
        err(CANNOT_GRADE, "stdout");
    if (report->failures > 0 && arguments->failure != NULL)
        remember_failure(arguments->failure, report);
    return status_of(report);
}

// Finds the checks with TEXT in their names. Returns how many there are.
static size_t choose(const struct check *const checks[], size_t all,
                     const char *text, const struct check *chosen[])
{
    size_t count = 0;
    // A whole name means that check alone, also if others begin with it.
    for (size_t i = 0; i < all; i++)
        if (strcmp(checks[i]->id, text) == 0)
            chosen[count++] = checks[i];
    if (count > 0)
        return count;
    for (size_t i = 0; i < all; i++)
        if (strstr(checks[i]->id, text) != NULL)
            chosen[count++] = checks[i];
    return count;
}

static int complain_of_case(const struct check *const checks[], size_t all,
                            const char *text)
{
    fprintf(stderr, "grade: no check's name has '%s' in it; the names are:\n",
            text);
    for (size_t i = 0; i < all; i++)
        fprintf(stderr, "  %s\n", checks[i]->id);
    return BAD_USAGE;
}

static int give_hints(const struct arguments *arguments,
                      const struct check *const checks[], size_t count)
{
    // What was found out about one check says nothing of another.
    if (arguments->cause != NULL &&
        (count > 1 || strcmp(checks[0]->id, arguments->only) != 0))
        usage("a --cause is one check's, and none is called", arguments->only);
    for (size_t i = 0; i < count; i++)
        report_hint(stdout, checks[i], arguments->cause, arguments->step);
    return DONE;
}

int main(int argc, char *argv[])
{
    shield_memory();
    shield_process(getppid()); // the runner
    shield_process(getpid());
    const struct arguments arguments = parse(argc, argv);
    size_t all;
    const struct check *const *checks = grade_checks(&all);
    if (arguments.describe)
        return describe(checks, all);
    const struct check **chosen = calloc(all, sizeof(struct check *));
    if (chosen == NULL)
        err(CANNOT_GRADE, "cannot grade");
    size_t count = choose(checks, all, arguments.only, chosen);
    if (count == 0)
        return complain_of_case(checks, all, arguments.only);
    if (arguments.hint)
        return give_hints(&arguments, chosen, count);
    struct style style = style_for(1, arguments.verbose);
    if (arguments.json)
        style = (struct style){.unicode = true, .verbose = arguments.verbose};
    style_set(&style);
    program_set_directory(arguments.programs);
    source_set_directory(arguments.sources);
    if (arguments.turns)
        return show_turns(&arguments, checks, all);
    return grade(&arguments, chosen, count);
}
