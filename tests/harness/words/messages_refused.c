// Expectations about what follows a message, and about what is refused.

#include "words/content.h"
#include "words/expect.h"
#include "words/expect_fail.h"
#include "words/messages.h"

#include <stdio.h>
#include <string.h>

static bool has_finished(void *subject)
{
    const struct peer *peer = subject;
    return is_over(peer) || peer->in.size > peer->taken;
}

// How often the last message came again; 0 if what follows it is another one.
static size_t repetitions(const struct peer *peer)
{
    const unsigned char *last = peer->in.at + peer->last_at;
    size_t size = peer->taken - peer->last_at, count = 0;
    for (size_t at = peer->taken; size > 0 && at + size <= peer->in.size;
         at += size, count++)
        if (memcmp(peer->in.at + at, last, size) != 0)
            return count;
    return count;
}

#define AGAIN                                                              \
    "The same response came again, over and over or once more, to one "    \
    "request: what your program knows of the request is still known when " \
    "it is answered. Forget it then, all of it, so that the next one begins."

#define SENT_AGAIN                                                           \
    "The same message came again: what has been sent is to be dropped from " \
    "what is to be sent, and a request is made once."

#define STILL_OPEN                                                         \
    "The response was there in whole, and the connection is still open. "  \
    "Close it once the response is sent; and see that nothing is left of " \
    "the request: a content that is not dropped looks like the beginning " \
    "of a next request, which will never be complete."

void expect_no_more(struct program *program, struct peer *peer)
{
    struct failure failure = {
        .wait = stage_wait(has_finished, peer),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_STREAM_END,
        .means = program->address.v4.sin_port != 0
                     ? STILL_OPEN
                     : "The message was there in whole: close the connection "
                       "once it is sent.",
    };
    const char *expected = "end of stream behind the message";
    if (repetitions(peer) > 0) {
        failure.means = program->address.v4.sin_port != 0 ? AGAIN : SENT_AGAIN;
        failure.is_sure = true;
        expect_fail(&failure, expected, "the same message again");
    }
    if (peer->in.size > peer->taken) {
        failure.means = "More bytes follow than the lengths in the message "
                        "say: it ends where they say so.";
        failure.is_sure = true;
        expect_fail(&failure, expected, "%zu bytes more",
                    peer->in.size - peer->taken);
    }
    if (peer->saw_error != 0)
        expect_fail(&failure, expected, "%s", strerror(peer->saw_error));
    failure.is_sure = failure.wait == WAIT_HANGS;
    if (!peer->saw_end)
        expect_fail(&failure, expected, "nothing");
}

struct complaint {
    struct program *program;
    size_t said;
};

static bool has_complained(void *subject)
{
    const struct complaint *complaint = subject;
    const struct output *err = &complaint->program->err;
    return err->size > complaint->said && err->bytes[err->size - 1] == '\n';
}

// The last line on its stdout that begins with a name and a colon, as
// complaints do; NULL if there is none.
static const char *complaint_on_stdout(const struct program *program)
{
    const char *last = NULL;
    for (const char *line = program->out.bytes;
         line != NULL && *line != '\0';) {
        const size_t size = strcspn(line, ": \n");
        if (size > 0 && line[size] == ':')
            last = line;
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return last;
}

void expect_said_why(struct program *program, size_t said, const char *what)
{
    struct complaint complaint = {program, said};
    char means[2 * SUMMARY_SIZE];
    enum wait_result wait = stage_wait(has_complained, &complaint);
    const char *line = complaint_on_stdout(program);
    if (line != NULL)
        snprintf(means, sizeof means,
                 "The client was wrong there: %s. Your program says so on "
                 "stdout, \"%.*s\", where its log is. What went wrong belongs "
                 "on stderr.",
                 what, (int)strcspn(line, "\n"), line);
    else
        snprintf(means, sizeof means,
                 "The client was wrong there: %s. Your program says nothing "
                 "about that. Whoever runs it wants to know what was wrong, "
                 "and where: say it in one line on stderr.",
                 what);
    const struct failure failure = {
        .wait = wait,
        .program = program,
        .means = means,
        .is_sure = true,
    };
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "a line on stderr about %s", what);
    if (!has_complained(&complaint))
        expect_fail(&failure, expected, "no such line");
}

void expect_refusal(struct program *program, const char *what)
{
    char expected[SUMMARY_SIZE], means[SUMMARY_SIZE + 128];
    snprintf(expected, sizeof expected, "exit status 1, because of %s", what);
    snprintf(means, sizeof means,
             "What your program got has %s. That is to be refused, whatever "
             "may come behind it: a line on stderr that says why, and exit "
             "status 1.",
             what);
    struct failure failure = {
        .wait = await_end(program),
        .program = program,
        .awaits = AWAITS_PROGRAM_END,
        .means = means,
    };
    failure.is_sure = program->ended || failure.wait == WAIT_HANGS;
    if (!program->ended)
        expect_fail(&failure, expected, "no end");
    expect_no_sanitizer_report(program);
    if (!ended_with(program, 1))
        expect_fail(&failure, expected, " ");
    expect_complaint(program, 1);
}

static bool has_gone(void *subject)
{
    const struct peer *peer = subject;
    return peer->closed || is_over(peer);
}

void expect_refused(struct program *program, struct peer *peer,
                    const char *what, const char *never)
{
    char expected[SUMMARY_SIZE];
    snprintf(expected, sizeof expected, "the connection ended, because of %s",
             what);
    struct failure failure = {
        .wait = stage_wait(has_gone, peer),
        .program = program,
        .peer = peer,
        .awaits = AWAITS_CONNECTION_END,
        .means = "What can't be right will not get right by waiting for more: "
                 "end the connection as soon as you know, and say why.",
    };
    if (program->ended)
        expect_fail(&failure, expected, " ");
    const char *line = program_line_about(program, peer->local.v4.sin_port);
    if (memmem(peer->in.at, peer->in.size, never, strlen(never)) != NULL) {
        failure.means =
            line == NULL
                ? "Your program took it for right, and answered. Who sent it "
                  "may have meant something else."
                : formatted("Your program has noticed: on stderr it said "
                            "\"%.*s\". And yet it has answered: with that "
                            "line, all is over for this request.",
                            (int)strcspn(line, "\n"), line);
        failure.is_sure = true;
        expect_fail(&failure, expected, "an answer");
    }
    failure.is_sure = failure.wait == WAIT_HANGS;
    if (line != NULL)
        failure.means = formatted(
            "Your program has noticed: on stderr it said \"%.*s\". But the "
            "connection is still open: whichever way leads out, it is closed "
            "there.",
            (int)strcspn(line, "\n"), line);
    if (!has_gone(peer))
        expect_fail(&failure, expected, "nothing");
}
