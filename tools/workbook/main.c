// workbook: the student's runner. It finds the lesson, has it built, starts
// its grader, and says what to do next. `make` targets are aliases for it.

#include "workbook.h"

#include "kernel/rlimits.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: workbook                      grade the next unfinished lesson\n"
    "       workbook check [LESSON] [--case TEXT] [--seed N] [--from DIR]\n"
    "                      [--json] [--verbose] [--untraced]\n"
    "       workbook build [LESSON] [--from DIR]\n"
    "       workbook hint                 about the check that failed last\n"
    "       workbook watch [LESSON] [--from DIR]    the turns of its loop\n"
    "       workbook list                 the lessons, and which are done\n"
    "LESSON is a number or a name, such as 01 or 01-echo-server.\n"
    "Exit status: 0 all passed, 1 not, 2 bad usage, 3 could not grade.\n";

static _Noreturn void usage(const char *problem, const char *argument)
{
    fprintf(stderr, "workbook: %s '%s'\n%s", problem, argument, usage_text);
    exit(BAD_USAGE);
}

static struct options parse(int argc, char *argv[])
{
    static const struct option known[] = {
        {"case", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},
        {"from", required_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},
        {"verbose", no_argument, NULL, 'v'},
        {"untraced", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {.command = NULL};
    for (int option;
         (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'c': o.only = optarg; break;
        case 's': o.seed = optarg; break;
        case 'f': o.from = optarg; break;
        case 'j': o.json = true; break;
        case 'v': o.verbose = true; break;
        case 'u': o.untraced = true; break;
        case 'h': fputs(usage_text, stdout); exit(DONE);
        default: fputs(usage_text, stderr); exit(BAD_USAGE);
        }
    }
    if (o.seed != NULL &&
        (*o.seed == '\0' || o.seed[strspn(o.seed, "0123456789")] != '\0'))
        usage("the seed is no whole number:", o.seed);
    if (optind < argc)
        o.command = argv[optind++];
    if (optind < argc)
        o.lesson = argv[optind++];
    if (optind < argc)
        usage("one argument too many:", argv[optind]);
    return o;
}

// Goes to the folder that holds the workbook: above the one that this program
// is in, where there are lessons. --from stays relative to where the user is.
static void enter_workbook(struct options *options)
{
    static char from[PATH_MAX];
    if (options->from != NULL && realpath(options->from, from) != NULL)
        options->from = from;
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length == -1)
        err(CANNOT_GRADE, "/proc/self/exe");
    path[length] = '\0';
    for (char *slash; (slash = strrchr(path, '/')) != NULL && slash != path;) {
        *slash = '\0';
        if (chdir(path) == 0 && access("lessons", F_OK) == 0 &&
            access("tests/harness", F_OK) == 0)
            return;
    }
    errx(CANNOT_GRADE, "cannot find the workbook's lessons folder");
}

// Removes what compilers and graders have left that were killed.
static void tidy_temporary_files(const char *folder)
{
    static const char *const patterns[] = {"cc*", "check_*"};
    const time_t old = time(NULL) - 3600;
    for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
        char pattern[PATH_MAX + 32];
        struct stat facts;
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/%s", folder, patterns[k]);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (lstat(found.gl_pathv[i], &facts) == 0 &&
                S_ISREG(facts.st_mode) && facts.st_mtime < old)
                unlink(found.gl_pathv[i]);
        globfree(&found);
    }
}

// Makes what compilers and graders need of this machine: room for their
// temporary files, wherever TMPDIR points to, and limits. If they can't have
// that, there is nothing to be graded here.
static void prepare_machine(bool json)
{
    char root[PATH_MAX], folder[PATH_MAX + 16];
    if (getcwd(root, sizeof root) == NULL)
        err(CANNOT_GRADE, "the workbook's folder");
    snprintf(folder, sizeof folder, "%s/build/tmp", root);
    if (mkdir(folder, 0777) == -1 && errno != EEXIST)
        err(CANNOT_GRADE, "%s", folder);
    tidy_temporary_files("build/tmp"); // a plain pattern, unlike the root's
    setenv("TMPDIR", folder, 1);       // a compiler's
    setenv("TEMP", folder, 1);         // Check's
    const char *lacking = rlimits_lacking();
    if (lacking == NULL)
        return;
    fprintf(stderr, "This machine can't grade: %s.\n", lacking);
    if (json)
        grade_print_error(NULL, lacking, NULL);
    exit(CANNOT_GRADE);
}

static const char *next_lesson(const struct lessons *lessons)
{
    for (size_t i = 0; i < lessons->count; i++)
        if (progress_of(lessons->name[i]) == NOT_YET)
            return lessons->name[i];
    return NULL;
}

static const char *choose_lesson(const struct lessons *lessons,
                                 const struct options *options)
{
    if (options->lesson == NULL) {
        const char *next = next_lesson(lessons);
        return next != NULL ? next : lessons->name[lessons->count - 1];
    }
    const char *lesson = lessons_named(lessons, options->lesson);
    if (lesson == NULL) {
        fprintf(stderr, "workbook: there is no lesson '%s'; there are:\n",
                options->lesson);
        for (size_t i = 0; i < lessons->count; i++)
            fprintf(stderr, "  %s\n", lessons->name[i]);
        exit(BAD_USAGE);
    }
    return lesson;
}

// Says what a student does next, after the lesson was graded.
static void print_next(const struct lessons *lessons, const char *lesson,
                       int result)
{
    char todo[PATH_MAX];
    if (result == CANNOT_GRADE || result == BAD_USAGE)
        return; // all is said
    if (result == NOT_DONE) {
        printf("\n  read: lessons/%s/README.md\n", lesson);
        if (lessons_first_todo(lesson, todo, sizeof todo))
            printf("  next: %s\n", todo);
        printf("  then: make\n");
        return;
    }
    printf("\n  Lesson %s is done%s.\n  To compare: solutions/%s/\n", lesson,
           result == DONE ? "" : ", but for the checks that can't be run here",
           lesson);
    const char *next = next_lesson(lessons);
    if (next != NULL)
        printf("  next: read lessons/%s/README.md, then type make\n", next);
    else
        printf("  That was the last lesson there is.\n");
}

// The grader's extra status is nobody else's business.
static int exit_status(int result)
{
    return result == DONE_IN_PART ? CANNOT_GRADE : result;
}

static int run_next(const struct lessons *lessons,
                    const struct options *options)
{
    const char *lesson = next_lesson(lessons);
    if (lesson == NULL) {
        printf("All lessons are done. To grade one again: make check "
               "LESSON=%.2s\n",
               lessons->name[0]);
        return DONE;
    }
    int result = grade(lesson, options);
    print_next(lessons, lesson, result);
    return exit_status(result);
}

static int run_check(const struct lessons *lessons,
                     const struct options *options)
{
    const char *lesson = choose_lesson(lessons, options);
    int result = grade(lesson, options);
    bool own = options->from == NULL && !options->json;
    if (own && options->only == NULL)
        print_next(lessons, lesson, result);
    return exit_status(result);
}

static int run_watch(const struct lessons *lessons,
                     const struct options *options)
{
    struct options watch = *options;
    watch.watch = true;
    return grade(choose_lesson(lessons, &watch), &watch);
}

static int run_build(const struct lessons *lessons,
                     const struct options *options)
{
    const char *lesson = choose_lesson(lessons, options);
    struct place place;
    struct submission submission;
    struct programs programs;
    if (place_find(options->from, &place) == -1)
        return BAD_USAGE;
    int result = submission_read(lesson, &place, true, &submission);
    if (result == DONE && make(&(struct making){"ready", .out = stderr}) != 0)
        result = CANNOT_GRADE;
    if (result == DONE)
        result = programs_open(&submission, &place, stderr, &programs);
    if (result == DONE) {
        programs_close(&programs);
        printf("built in %s/%s/\n", place.programs, lesson);
    }
    submission_free(&submission);
    return result;
}

static int run_hint(void)
{
    char lesson[NAME_SIZE], check[NAME_SIZE], grader[PATH_MAX];
    if (!progress_failure(lesson, check)) {
        printf(
            "No check failed when your program was graded last: type make.\n");
        return DONE;
    }
    snprintf(grader, sizeof grader, "build/graders/%s", lesson);
    if (grader_build(lesson) == -1)
        return CANNOT_GRADE;
    execl(grader, grader, "--hint", "--case", check, (char *)NULL);
    err(CANNOT_GRADE, "%s", grader);
}

static int run_list(const struct lessons *lessons)
{
    for (size_t i = 0; i < lessons->count; i++) {
        enum progress progress = progress_of(lessons->name[i]);
        printf("  %s  %s%s\n", progress == NOT_YET ? "    " : "done",
               lessons->name[i],
               progress == PASSED_IN_PART ? "  (without the checks that "
                                            "can't be run here)"
                                          : "");
    }
    return DONE;
}

// A parent may have left this process with states that nobody reckons with.
static void begin_in_order(void)
{
    // Whatever is opened first would be taken for a standard descriptor.
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
        ;
    close(fd);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL); // ignored, a child's end could not be waited for
    signal(SIGXFSZ, SIG_IGN); // limits are complained of, not died of
    unsetenv("POSIXLY_CORRECT"); // options may follow the command
}

int main(int argc, char *argv[])
{
    begin_in_order();
    prctl(PR_SET_DUMPABLE, 0); // as in the graders' main()
    struct options options = parse(argc, argv);
    enter_workbook(&options);
    progress_begin();
    prepare_machine(options.json);
    build_folder_hold();
    struct lessons lessons;
    if (lessons_find(&lessons) == -1 || lessons.count == 0)
        errx(CANNOT_GRADE, "there are no lessons with tests");
    if (options.command == NULL)
        return run_next(&lessons, &options);
    if (strcmp(options.command, "check") == 0)
        return run_check(&lessons, &options);
    if (strcmp(options.command, "build") == 0)
        return run_build(&lessons, &options);
    if (strcmp(options.command, "watch") == 0)
        return run_watch(&lessons, &options);
    if (strcmp(options.command, "hint") == 0)
        return run_hint();
    if (strcmp(options.command, "list") == 0)
        return run_list(&lessons);
    usage("there is no command", options.command);
}
