// Cases of the detectors that are certain: what is said of itself.

#include "hand_cases.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>

static void sanitizer_reports(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_complains("==7==ERROR: AddressSanitizer: stack-buffer-overflow\n");
    hand_ends(HAND_EXIT(1));
}

static void program_speaks_of_sanitizers(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_call(SYS_sendto, 4, 1000, 1000);
    hand_complains("AddressSanitizer: runtime error\n");
    hand_ends(HAND_EXIT(1));
}

static void skeleton_is_left(void)
{
    hand_server();
    hand_complains("echo_server: accept: Connection aborted\n"
                   "echo_server: TODO 1.3, f: Function not implemented\n");
    hand_ends(HAND_EXIT(1));
}

static void something_else_is_missing(void)
{
    hand_complains("echo_server: not implemented here\n");
    hand_ends(HAND_EXIT(1));
}

static void sigpipe_kills(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_blocks(SYS_sendto, 4, 1000);
    hand_ends(SIGPIPE);
}

static void sigterm_kills(void)
{
    hand_server();
    hand_ends(SIGTERM);
}

static void segv_kills(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 1000);
    hand_ends(SIGSEGV);
}

#define FAILED_ASSERTION \
    "p: b.c:101: buffer_drop: Assertion `size <= 1' failed.\n"

static void assertion_fails(void)
{
    hand_server();
    hand_complains("p: something else\n" FAILED_ASSERTION);
    hand_ends(SIGABRT);
}

static void assertion_is_only_told_of(void)
{
    hand_server();
    hand_complains(FAILED_ASSERTION);
    hand_ends(SIGSEGV);
}

static void kill_comes_first(void)
{
    hand_ends(SIGKILL);
}

// Its status says 15, and not that a signal did it.
static void status_is_that_of_no_signal(void)
{
    hand_ends(HAND_EXIT(SIGTERM));
}

static void means_something_for_sure(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 0, 4096, 1000);
    hand.failure.means = "A line is missing.";
    hand.failure.is_sure = true;
}

static void may_mean_something(void)
{
    means_something_for_sure();
    hand.failure.is_sure = false;
}

static void ends_with(int status)
{
    hand_complains("server: HOST ''\n");
    hand.failure.awaits = AWAITS_ANNOUNCEMENT;
    hand_ends(HAND_EXIT(status));
}

static void refuses_its_arguments(void)
{
    ends_with(2);
}

static void fails_with_2_behind_a_call(void)
{
    hand_call(SYS_socket, -1, 0, 3);
    ends_with(2);
}

static void fails_at_its_start(void)
{
    ends_with(1);
}

// Descriptor 2 is open in this process, as one would be that is left so.
static void keeps(void)
{
    hand.failure.means = "A client leaves a descriptor open.";
    hand.failure.is_sure = hand.failure.keeps_descriptor = true;
}

static void keeps_a_client_that_was_reset(void)
{
    keeps();
    hand_call(SYS_accept, 3, 0, 2);
    hand_call(SYS_recvfrom, 2, 4096, -ECONNRESET)->on_socket = true;
}

static void has_closed_what_it_opened(void)
{
    keeps_a_client_that_was_reset();
    hand_call(SYS_close, 2, 0, 0)->on_socket = true;
}

static void keeps_a_failed_attempt(void)
{
    keeps();
    hand_call(SYS_socket, -1, 0, 2);
    hand_call(SYS_connect, 2, 0, -ECONNREFUSED)->on_socket = true;
}

static void has_a_socket_in_use(void)
{
    keeps();
    hand_call(SYS_socket, -1, 0, 2);
    hand_call(SYS_connect, 2, 0, 0)->on_socket = true;
}

const struct hand_case certain_cases[] = {
    SPEAKS(keeps_a_client_that_was_reset, "left_open",
           "Descriptor 2, which accept() returned, is still open; the last "
           "call on it was recv(2, 4096) = -1 ECONNRESET. A client leaves"),
    SILENT(has_closed_what_it_opened, "left_open", "sure_meaning",
           "A client leaves a descriptor open."),
    SPEAKS(keeps_a_failed_attempt, "left_open",
           "Descriptor 2, which socket() returned, is still open; the last "
           "call on it was connect("),
    SILENT(has_a_socket_in_use, "left_open", "sure_meaning",
           "A client leaves a descriptor open."),
    SPEAKS(sanitizer_reports, "sanitizer", "AddressSanitizer: stack-buffer"),
    SILENT(program_speaks_of_sanitizers, "sanitizer", "last_call",
           "On stderr it said \"AddressSanitizer: runtime error\"."),
    SPEAKS(skeleton_is_left, "open_todo",
           "says \"echo_server: TODO 1.3, f: Function not implemented\""),
    SILENT(something_else_is_missing, "open_todo", "last_call",
           "exit status 1 before it called anything"),
    SPEAKS(sigpipe_kills, "signal",
           "SIGPIPE killed your program: send() sent to a connection"),
    SPEAKS(sigterm_kills, "signal",
           "killed by SIGTERM (Terminated): that is what this signal does"),
    SPEAKS(segv_kills, "signal",
           "killed by SIGSEGV (Segmentation fault) after "
           "recv()."),
    SPEAKS(assertion_fails, "signal",
           "after it was started. On stderr it said \"buffer_drop: Assertion "
           "`size <= 1' failed.\"."),
    SPEAKS(assertion_is_only_told_of, "signal",
           "killed by SIGSEGV (Segmentation fault) after it was started."),
    SPEAKS(kill_comes_first, "signal",
           "killed by SIGKILL (Killed) after it was started."),
    SILENT(status_is_that_of_no_signal, "signal", "last_call",
           "Your program ended with exit status 15 before"),
    SPEAKS(means_something_for_sure, "sure_meaning", "A line is missing."),
    SILENT(may_mean_something, "sure_meaning", "meaning", "A line is missing."),
    SPEAKS(refuses_its_arguments, "arguments_refused",
           "which is for arguments that can't be right, and these are right"),
    SILENT(fails_with_2_behind_a_call, "arguments_refused", "last_call",
           "It ended with exit status 2."),
    SILENT(fails_at_its_start, "arguments_refused", "last_call",
           "ended with exit status 1"),
    {.happened = NULL},
};
