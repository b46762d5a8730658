#include "grader/run.h"

#include "base/status.h"
#include "kernel/orphan.h"
#include "kernel/shield.h"
#include "stage/stage.h"

#include <check.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// The last net for one check, should the grader itself hang: the stage's own
// watch ends it long before, and does not count the time in which a busy
// machine, or Ctrl-Z, kept it from running. This one does.
enum { CHECK_SECONDS = 86400, CHECKS_MAX = 256 };

// A right program never runs in circles. One that has in so many checks, is
// believed to in the others after this part of the usual time; they are all
// run, as it may pass some of them.
enum { SPINS_KNOWN = 4, HASTE = 8 };

// Shared by the grader, its workers and the checks' processes.
struct board {
    atomic_size_t next;  // the next check that a worker takes
    atomic_size_t spins; // checks in which a program ran in circles
    struct verdict verdict[];
};

static struct {
    const struct check *const *checks;
    struct run_options options;
    struct board *board;
    size_t board_size;
    pid_t grader, worker;
} job; // what Check's test function, which takes no context, works on

// Orders the linker to say where the section of GRADED() begins and ends.
extern const struct check *const __start_graded[], *const __stop_graded[];

static int by_place(const void *left, const void *right)
{
    const struct check *a = *(const struct check *const *)left;
    const struct check *b = *(const struct check *const *)right;
    if (a->kind != b->kind)
        return (int)a->kind - (int)b->kind;
    if (a->part != b->part)
        return a->part - b->part;
    return a->line - b->line;
}

const struct check *const *grade_checks(size_t *count)
{
    // A compiler may lay the section out in any order.
    static const struct check *sorted[CHECKS_MAX + 1];
    *count = (size_t)(__stop_graded - __start_graded);
    if (*count > CHECKS_MAX)
        errx(CANNOT_GRADE, "more than %d checks", CHECKS_MAX);
    memcpy(sorted, __start_graded, *count * sizeof *sorted);
    qsort(sorted, *count, sizeof *sorted, by_place);
    while (*count > 0 && sorted[*count - 1]->kind == CHECK_TURNS)
        --*count;
    return sorted;
}

static void run_check(int which)
{
    const struct check *check = job.checks[which];
    orphan_ends_with(job.worker);
    shield_process(getpid());
    verdict_set(&job.board->verdict[which]);
    bool spins = atomic_load(&job.board->spins) >= SPINS_KNOWN;
    // No program that is started from here on gets to see the verdicts.
    madvise(job.board, job.board_size, MADV_DONTFORK);
    stage_begin(job.options.seed, job.options.traced);
    stage_current()->patience.haste = spins ? HASTE : 1;
    stage_current()->speaks = graded_lesson.speaks;
    peer_take_mirrored_ports();
    check->run();
    for (struct program *program = stage_current()->programs; program != NULL;
         program = program->next) {
        expect_no_sanitizer_report(program);
        expect_no_bad_descriptor(program);
    }
    if (check->kind == CHECK_TURNS)
        verdict_show();
    verdict_pass();
}

START_TEST(graded_test)
{
    run_check(_i);
}
END_TEST

// Kills what a check may have left behind, if it did not end in good order.
static void sweep(void)
{
    while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
        ;
    if (errno == ECHILD)
        return;
    static struct stage empty;
    program_end_all(&empty);
}

static void run_one(size_t which)
{
    Suite *suite = suite_create(graded_lesson.name);
    TCase *tcase = tcase_create("grade");
    tcase_set_timeout(tcase, CHECK_SECONDS);
    tcase_add_loop_test(tcase, graded_test, (int)which, (int)which + 1);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    struct verdict *verdict = &job.board->verdict[which];
    bool one_passed =
        srunner_ntests_run(runner) == 1 && srunner_ntests_failed(runner) == 0;
    if (!one_passed && verdict->outcome == PASSED)
        verdict->outcome = UNFINISHED;
    if (verdict->outcome == UNFINISHED && srunner_ntests_failed(runner) > 0) {
        TestResult **failures = srunner_failures(runner);
        snprintf(verdict->got, SUMMARY_SIZE, "%s", tr_msg(failures[0]));
        free(failures);
    }
    srunner_free(runner);
    atomic_fetch_add(&job.board->spins, verdict->spun);
    sweep();
}

static _Noreturn void work(size_t count, int done_pipe)
{
    orphan_ends_with(job.grader);
    job.worker = getpid();
    shield_process(job.worker);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (;;) {
        size_t which = atomic_fetch_add(&job.board->next, 1);
        if (which >= count)
            _exit(0);
        run_one(which);
        if (write(done_pipe, &which, sizeof which) != sizeof which)
            _exit(1);
    }
}

// Check takes orders from the environment, and some inherited signal states
// make it wait for ever.
static void shield_check(void)
{
    static const char *const variables[] = {
        "CK_FORK",
        "CK_VERBOSITY",
        "CK_DEFAULT_TIMEOUT",
        "CK_RUN_CASE",
        "CK_RUN_SUITE",
        "CK_INCLUDE_TAGS",
        "CK_EXCLUDE_TAGS",
        "CK_LOG_FILE_NAME",
        "CK_XML_LOG_FILE_NAME",
        "CK_TAP_LOG_FILE_NAME",
        "CK_TIMEOUT_MULTIPLIER",
        "CK_MAX_MSG_SIZE",
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// More than processors: much of a check is waiting, to be sure that nothing
// more happens. The checks at scale wait less, and some of them measure.
static long count_workers(enum check_kind kind)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (job.options.workers > 0)
        return job.options.workers;
    return kind == CHECK_QUICK ? 2 * processors : processors + 1;
}

static void start_workers(size_t from, size_t to, int done_pipe[2])
{
    atomic_store(&job.board->next, from);
    const long wanted = count_workers(job.checks[from]->kind);
    fflush(NULL);
    for (long i = 0; i < wanted && from + (size_t)i < to; i++) {
        pid_t pid = fork();
        if (pid == -1 && i == 0)
            err(CANNOT_GRADE, "fork");
        if (pid == 0) {
            close(done_pipe[0]);
            work(to, done_pipe[1]);
        }
    }
}

// Runs the chosen checks FROM up to TO; calls done() for each, in order.
static void run_some(size_t from, size_t to, run_done *done, void *context)
{
    int done_pipe[2];
    if (from == to)
        return;
    if (pipe(done_pipe) == -1)
        err(CANNOT_GRADE, "cannot grade");
    start_workers(from, to, done_pipe);
    close(done_pipe[1]);

    bool *finished = calloc(to + 1, sizeof *finished);
    if (finished == NULL)
        err(CANNOT_GRADE, "cannot grade");
    size_t told = from, which;
    // Ends once no worker has the pipe any more, however it ended.
    while (read(done_pipe[0], &which, sizeof which) == sizeof which &&
           which < to) {
        finished[which] = true;
        for (; finished[told]; told++)
            done(told, &job.board->verdict[told], context);
    }
    for (; told < to; told++)
        done(told, &job.board->verdict[told], context);
    free(finished);
    close(done_pipe[0]);
    while (wait(NULL) > 0)
        ;
}

// True if none of the first COUNT has failed.
static bool all_well(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (job.board->verdict[i].outcome != PASSED &&
            job.board->verdict[i].outcome != NOT_RUN)
            return false;
    return true;
}

static void ignore(size_t which, const struct verdict *verdict, void *context)
{
    (void)which, (void)verdict, (void)context;
}

// Makes a board for COUNT verdicts, none of which is known.
static void begin_job(const struct check *const checks[], size_t count,
                      const struct run_options *options)
{
    size_t size = sizeof *job.board + count * sizeof *job.board->verdict;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        err(CANNOT_GRADE, "cannot grade");
    job.checks = checks;
    job.options = *options;
    job.board = memory;
    job.board_size = size;
    job.grader = getpid();
    shield_check();
}

const struct verdict *run_alone(const struct check *check,
                                const struct run_options *options)
{
    static const struct check *checks[1];
    checks[0] = check;
    begin_job(checks, 1, options);
    run_some(0, 1, ignore, NULL);
    return job.board->verdict;
}

const struct verdict *run_checks(const struct check *const checks[],
                                 size_t count,
                                 const struct run_options *options,
                                 run_done *done, void *context)
{
    begin_job(checks, count, options);
    size_t quick = 0;
    while (quick < count && checks[quick]->kind == CHECK_QUICK)
        quick++;
    run_some(0, quick, done, context);
    if (all_well(quick)) {
        run_some(quick, count, done, context);
    } else {
        for (size_t i = quick; i < count; i++) {
            job.board->verdict[i].outcome = LATER;
            done(i, &job.board->verdict[i], context);
        }
    }
    return job.board->verdict;
}
