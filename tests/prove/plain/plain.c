// The other side of this folder's check.h, with a main() for the suites of
// those parts of common/ that need no library; and what these take of
// helpers.c.

#include "kernel/procfs.h"
#include "trace/calls.h"
#include "unit.h"

#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 20 }; // that a test may take

static const char *suite_name;
static int tests, failures;

void plain_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s:%d: ", file, line);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

// There is one case in a suite, and one suite at a time: nothing to be kept.
Suite *suite_create(const char *name)
{
    suite_name = name;
    return NULL;
}

TCase *tcase_create(const char *name)
{
    (void)name;
    return NULL;
}

void suite_add_tcase(Suite *suite, TCase *tcase)
{
    (void)suite, (void)tcase;
}

void tcase_set_timeout(TCase *tcase, double seconds)
{
    (void)tcase, (void)seconds;
}

static void run_test(const char *name, plain_test *test, int signal, int i)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == -1)
        perror("fork");
    if (pid == 0) {
        alarm(SECONDS);
        test(i);
        exit(EXIT_SUCCESS);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    tests++;
    bool as_wanted = signal == 0
                         ? status == 0
                         : WIFSIGNALED(status) && WTERMSIG(status) == signal;
    if (as_wanted)
        return;
    failures++;
    printf("FAIL %s, %s(%d): status %#x\n", suite_name, name, i,
           (unsigned)status);
}

void plain_add(TCase *tcase, const char *name, plain_test *test, int signal,
               int start, int end)
{
    (void)tcase;
    for (int i = start; i < end; i++)
        run_test(name, test, signal, i);
}

// What the harness knows of calls, and reads of a thread, is for 64 bits and
// one C library. Here it is only whether the thread sleeps: each test that asks
// has it sleep in one call only.
int procfs_thread(pid_t tid, struct thread_state *state)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/stat", (int)tid);
    FILE *file = fopen(name, "r");
    if (file == NULL)
        return -1;
    *state = (struct thread_state){.call = -1};
    int found = fscanf(file, "%*d (%*[^)]) %c", &state->state);
    fclose(file);
    return found == 1 ? 0 : -1;
}

const struct call_info *call_find(long number)
{
    static const struct call_info any = {.group = CALLS_WAIT};
    (void)number;
    return &any;
}

void await_call(pid_t tid, long number)
{
    struct thread_state state;
    (void)number;
    while (procfs_thread(tid, &state) == 0 && state.state != 'S')
        sched_yield();
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    signal(SIGINT, SIG_DFL); // whoever started this may have it ignored
    buffer_suite();
    net_suite();
    net_send_suite();
    printable_suite();
    selector_suite();
    selector_many_suite();
    signals_suite();
    standard_suite();
    transfer_suite();
    printf("%d tests, %d failed\n", tests, failures);
    return tests > 0 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
