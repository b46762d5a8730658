// Cases of the last words: no cause was found.

#include "hand_cases.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static void means_something(void)
{
    hand_server();
    hand.failure.means = "It is too late.";
    hand_call(SYS_recvfrom, 4, 4096, 10);
}

static void means_nothing(void)
{
    means_something();
    hand.failure.means = NULL;
}

static void hangs(void)
{
    hand.failure.wait = WAIT_HANGS;
}

static void accepts_one_more(void)
{
    hand_server();
    hangs();
    hand_blocks(SYS_accept, 3, 0);
    hand_prints("listening on 127.0.0.1:1\n");
}

static void accepts_one_more_message(void)
{
    accepts_one_more();
    hand_speaks(PROTOCOL_MESSAGES);
}

static void waits_for_stdin(void)
{
    hand_client();
    hangs();
    hand_blocks(SYS_read, 0, 4096);
}

static void waits_for_what_has_come(void)
{
    hand_sends(hand_server(), 100);
    hangs();
    hand_blocks(SYS_recvfrom, 4, 4096);
}

// As a part of a message, which is all that was to come of it.
static void waits_for_more_than_a_message(void)
{
    waits_for_what_has_come();
    hand_speaks(PROTOCOL_MESSAGES);
}

static void waits_behind_the_end(void)
{
    waits_for_what_has_come();
    hand.failure.peer->finished = true;
}

static void stalls_in_send(void)
{
    hand_server();
    hand.failure.wait = WAIT_STALLED;
    hand_blocks(SYS_sendto, 4, 4096);
}

// A process that is in a call of which the tracer knows nothing.
static void pauses(void)
{
    pid_t pid = fork_helper();
    if (pid == 0)
        for (sigset_t none;;) {
            sigemptyset(&none);
            sigsuspend(&none);
        }
    await_call(pid, SYS_rt_sigsuspend);
    hand.program.pid = pid;
    hangs();
}

static void waits_for_who_knows_what(void)
{
    hangs();
}

static void would_be_blocked_if_it_hung(void)
{
    waits_for_what_has_come();
    hand.failure.wait = WAIT_MET;
}

static void was_blocked_and_has_ended(void)
{
    waits_for_what_has_come();
    hand_ends(HAND_EXIT(0));
}

static void fails(const char *complaint, int status)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_complains(complaint);
    hand_ends(HAND_EXIT(status));
}

static void says_nothing_of_it(void)
{
    fails("", 0);
}

static void says_something_else(void)
{
    fails("recv: Success\n", 1);
}

static void says_what_failed(void)
{
    fails("recv: Connection reset by peer\n", 1);
}

static void says_what_failed_but_succeeds(void)
{
    fails("recv: Connection reset by peer\n", 0);
}

static void nothing_failed(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_call(SYS_close, 4, 0, 0);
    hand_call(SYS_connect, 5, 16, -EINPROGRESS);
    hand_complains("Hello\nand more");
    hand_ends(HAND_EXIT(3));
}

static void calls_nothing(void)
{
    hand_server();
}

static void calls_nothing_and_ends(void)
{
    hand_ends(HAND_EXIT(5));
}

static void runs_unseen(void)
{
    stage_current()->traced = false;
    hand_complains("oh\n");
    hand_ends(HAND_EXIT(5));
}

static void ends_well_where_it_should_not(int wanted)
{
    static int status;
    status = wanted;
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand.failure.wanted_status = &status;
    hand_ends(HAND_EXIT(!wanted));
}

static void should_have_failed(void)
{
    ends_well_where_it_should_not(1);
}

static void should_not_have_failed(void)
{
    ends_well_where_it_should_not(0);
}

static void should_have_said_why(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand.failure.wants_reason = true;
    hand_prints("Connection refused\n");
    hand_ends(HAND_EXIT(1));
}

static void should_have_said_it_otherwise(void)
{
    should_have_said_why();
    hand_complains("oh\n");
}

static void calls_success_a_failure(void)
{
    should_not_have_failed();
    hand_complains("oh\n");
}

static void takes_an_early_end_for_success(void)
{
    static const int failure = 1;
    hand_client();
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand.failure.wanted_status = &failure;
    hand_ends(HAND_EXIT(0));
}

static void waits_and_connects(void)
{
    hand_client();
    hangs();
    hand_call(SYS_connect, 4, 16, -EINPROGRESS);
    hand_blocks(SYS_epoll_wait, 5, 0);
}

static void is_judged_by_something_else(void)
{
    should_have_failed();
    hand.failure.wanted_status = NULL;
}

static void says_what_it_was_returned(void)
{
    fails("recv: Unknown error -1\n", 1);
}

static void says_that_it_failed(void)
{
    fails("recv has failed\n", 1);
}

static void says_it_on_stdout(void)
{
    hand_prints("recv: Connection reset by peer\n");
    fails("", 1);
}

static void tries_again_behind_a_failure(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET);
    hand_call(SYS_recvfrom, 4, 4096, 0);
    hand_ends(HAND_EXIT(0));
}

static void leaves_its_child(void)
{
    hand_server();
    hand_call(SYS_recvfrom, 4, 4096, -ECONNRESET)->pid++;
    hand_ends(HAND_EXIT(0));
}

static void reports_and_succeeds(void)
{
    static const int wanted = 1;
    hand_call(SYS_sendto, 4, 100, -EPIPE);
    hand_complains("connection 2: Broken pipe\n");
    hand_ends(HAND_EXIT(0));
    hand.failure.wanted_status = &wanted;
}

static void says_something_and_succeeds(void)
{
    static const int wanted = 1;
    hand_call(SYS_connect, 4, 16, 0);
    hand_complains("I am done\n");
    hand_ends(HAND_EXIT(0));
    hand.failure.wanted_status = &wanted;
}

static void says_another_reason(const char *text)
{
    static const int wanted = 1;
    hand_client();
    hand_call(SYS_connect, 4, 16, -EINTR);
    hand_call(SYS_getsockopt, 4, 0, 0);
    hand_complains(text);
    hand_ends(HAND_EXIT(1));
    hand.failure.wants_reason = true;
    hand.failure.wanted_status = &wanted;
}

static void says_that_it_was_interrupted(void)
{
    says_another_reason("connect: Interrupted system call\n");
}

static void says_success(void)
{
    says_another_reason("connect: Success\n");
}

static void calls_nobody(void)
{
    static const int wanted = 1;
    hand_ends(HAND_EXIT(0));
    hand.failure.wanted_status = &wanted;
}

static void has_no_socket(void)
{
    hand_client()->listening = true;
    hand_call(SYS_socket, -1, 0, -EMFILE);
    hand_complains("client: connect: Bad file descriptor\n");
    hand_ends(HAND_EXIT(1));
}

const struct hand_case last_cases[] = {
    SPEAKS(calls_nobody, "no_connect", "Your program never calls connect()."),
    SPEAKS(says_that_it_was_interrupted, "wrong_status",
           "the text of EINTR, which does not say how it ended"),
    SPEAKS(says_success, "wrong_status",
           "the text of errno 0, which no call sets"),
    SPEAKS(reports_and_succeeds, "not_counted",
           "Your program has reported what went wrong. On stderr it said "
           "\"connection 2: Broken pipe\". And yet it ended with exit status "
           "0"),
    SILENT(says_something_and_succeeds, "not_counted", "wrong_status",
           "exit status 0"),

    SPEAKS(means_something, "meaning", "It is too late."),
    SILENT(means_nothing, "meaning", "last_call", "recv(4, 4096) = 10"),
    SPEAKS(accepts_one_more, "blocked", "serves one and then exits."),
    SPEAKS(accepts_one_more_message, "blocked",
           "It waits for one more client, and those that are here wait"),
    SPEAKS(waits_for_stdin, "blocked", "That is standard input"),
    SPEAKS(waits_for_what_has_come, "blocked",
           "the grader has sent all it will send before it sees the answer"),
    SPEAKS(waits_for_more_than_a_message, "blocked",
           "the two lengths in a message say where it ends"),
    SPEAKS(waits_behind_the_end, "blocked",
           "It waits for bytes that nobody will send."),
    SPEAKS(stalls_in_send, "blocked", "The kernel's buffers are full"),
    SPEAKS(pauses, "blocked", "is blocked in waiting for a signal, and"),
    SPEAKS(waits_for_who_knows_what, "blocked",
           "blocked in a call that has nothing to do with sockets"),
    SILENT(would_be_blocked_if_it_hung, "blocked", "last_call",
           "a socket was recv(4, 4096) "),
    SILENT(was_blocked_and_has_ended, "blocked", "last_call",
           "It ended with exit status 0."),
    SPEAKS(says_nothing_of_it, "status",
           "recv() failed with ECONNRESET (Connection reset by peer), and your "
           "program ended with exit status 0. A call that fails must end in "
           "one line on stderr"),
    SPEAKS(says_something_else, "status", "Its stderr gives another reason"),
    SPEAKS(says_what_failed, "status", "ended with exit status 1."),
    SPEAKS(says_what_failed_but_succeeds, "status",
           "and exit status 1. Read: man 3 strerror"),
    SILENT(nothing_failed, "status", "last_call",
           "The last your program did on a socket was connect(5) = -1 "
           "EINPROGRESS. It ended with exit status 3. On stderr it said "
           "\"Hello\". Compare the timeline"),
    SPEAKS(
        should_have_failed, "wrong_status",
        "your program ended with exit status 0. What went wrong is told by exit "
        "status 1."),
    SPEAKS(should_not_have_failed, "wrong_status",
           "ended with exit status 1. 0 is for an end without a failure"),
    SPEAKS(should_have_said_why, "wrong_status",
           "said nothing on stderr: whoever started it wants to know why. Say "
           "it there, in one line. It stands on stdout"),
    SPEAKS(should_have_said_it_otherwise, "wrong_status",
           "what it said on stderr is not the reason. On stderr it said"),
    SPEAKS(calls_success_a_failure, "wrong_status",
           "It calls that a failure, where nothing went wrong."),
    SPEAKS(takes_an_early_end_for_success, "wrong_status",
           "recv() returned 0, the end of the stream: within a response"),
    SPEAKS(waits_and_connects, "blocked",
           "connect() has begun to connect: the socket becomes writable"),
    SILENT(is_judged_by_something_else, "wrong_status", "last_call",
           "It ended with exit status 0."),
    SPEAKS(says_what_it_was_returned, "status", "the text for error -1"),
    SPEAKS(says_that_it_failed, "status", "does not give that reason"),
    SPEAKS(says_it_on_stdout, "status", "It gives that reason on stdout"),
    SPEAKS(tries_again_behind_a_failure, "status", "(It was called again,"),
    SPEAKS(leaves_its_child, "status", "(It failed in another process"),
    SPEAKS(calls_nothing, "last_call", "made no socket call at all."),
    SPEAKS(calls_nothing_and_ends, "last_call",
           "exit status 5 before it called anything on a socket. It said "
           "nothing on stderr."),
    SPEAKS(runs_unseen, "last_call",
           "runs without the tracer, at full speed, so no more is known. On "
           "stderr it said \"oh\"."),
    SILENT(has_no_socket, "no_connect", "status",
           "socket() failed with EMFILE"),
    {.happened = NULL},
};
