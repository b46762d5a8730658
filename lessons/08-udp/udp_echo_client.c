// udp_echo_client HOST PORT MESSAGE [TRIES [SECONDS]]
//
// Sends MESSAGE as a datagram to an echo server, and prints its answer. When
// none has come within SECONDS, 1 if left out, it asks again; TRIES times in
// all, 5 if left out.
//
// What it knowingly leaves out: to wait longer from try to try, and not as long
// as others do, so that a server which is late for want of time is not asked
// all the more (RFC 8085, 3.1.3); to try the next address when one is silent.

#include "datagram.h"
#include "deadline.h"
#include "names.h"
#include "net.h"
#include "standard.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

// What is sent, and how often and how long it is waited for.
struct question {
    const char *bytes;
    size_t size;
    unsigned tries;
    int64_t wait_ns;
};

// Sends the question once. Returns 0 if it is on its way; -1 with errno.
static int send_question(int server, const struct question *question)
{
    // TODO 8.9: send the question, in one datagram.
    //   Call: send(2).
    //   Trap: a signal may interrupt it (EINTR). It is never sent in part: what
    //         is too long is refused.
    //   Proof: make check LESSON=08 CASE=too_long
    (void)server, (void)question;
    errno = ENOSYS;
    perror("udp_echo_client: TODO 8.9, send_question");
    exit(EXIT_FAILURE);
}

// Waits until the answer comes: the bytes of the question, all of them and no
// more. Anything else is no answer, and takes nothing of the time.
// Returns 0; -1 with errno, ETIME if the time is over.
static int await_answer(int server, const struct question *question,
                        const struct deadline *deadline)
{
    // TODO 8.10: wait until the answer has come, or the time is over.
    //   Call: deadline_wait() for POLLIN, recv(2) with MSG_DONTWAIT.
    //   Trap: what is longer than your buffer is cut without a word; so it has
    //         room for the longest. What is not the answer is no reason to give
    //         up, nor to wait anew. And "readable" is no promise: EAGAIN.
    //   Proof: make check LESSON=08 CASE=gets_its_answer
    (void)server, (void)question, (void)deadline;
    errno = ENOSYS;
    perror("udp_echo_client: TODO 8.10, await_answer");
    exit(EXIT_FAILURE);
}

// Asks until there is an answer. Returns 0; -1 with errno, ETIME if none has
// come to any of the tries.
static int ask(int server, const struct question *question)
{
    // TODO 8.8: send the question, wait for the answer, and if none comes in
    //   time, begin again; as often as there are tries.
    //   Call: send_question(), deadline_after(), await_answer().
    //   Trap: only silence (ETIME) is a reason to try again.
    //   Proof, with the next step: make check LESSON=08 CASE=too_long
    (void)server, (void)question, (void)send_question, (void)await_answer;
    errno = ENOSYS;
    perror("udp_echo_client: TODO 8.8, ask");
    exit(EXIT_FAILURE);
}

// Says why there is no answer from that address.
static void say_failed(const char *call, const struct addrinfo *server,
                       const struct question *question)
{
    const int reason = errno;
    char text[NAMES_TEXT_SIZE];
    names_text(server->ai_addr, server->ai_addrlen, text);
    if (reason == ETIME)
        fprintf(stderr, "udp_echo_client: %s %s: no answer after %u %s\n", call,
                text, question->tries, question->tries == 1 ? "try" : "tries");
    else
        fprintf(stderr, "udp_echo_client: %s %s: %s\n", call, text,
                strerror(reason));
}

// Has one exchange with the first of the addresses that can be sent to.
// Returns the exit status.
static int run(const struct addrinfo *list, const struct question *question)
{
    const struct addrinfo *tried;
    int server = datagram_connect(list, &tried);
    if (server == -1) {
        say_failed("connect", tried, question);
        return EXIT_FAILURE;
    }
    int result = ask(server, question);
    if (result == -1)
        say_failed("exchange with", tried, question);
    close(server);
    if (result == -1)
        return EXIT_FAILURE;
    // An error on stdout stays set.
    printf("received: ");
    fwrite(question->bytes, 1, question->size, stdout);
    printf("\n");
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_SUCCESS;
    perror("udp_echo_client: stdout");
    return EXIT_FAILURE;
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr, "udp_echo_client: %s '%s'\n", problem, argument);
    fprintf(stderr,
            "usage: udp_echo_client HOST PORT MESSAGE [TRIES [SECONDS]]\n");
    return EXIT_USAGE;
}

// Returns EXIT_SUCCESS if all arguments can be right, with what they ask for in
// *question; and EXIT_USAGE after saying which can't.
static int check_arguments(int argc, char *argv[], struct question *question)
{
    static const char *const names[] = {"HOST", "PORT", "MESSAGE"};
    if (argc < 4)
        return usage("missing argument:", names[argc < 1 ? 0 : argc - 1]);
    if (argc > 6)
        return usage("one argument too many:", argv[6]);
    *question = (struct question){.bytes = argv[3], .size = strlen(argv[3])};
    // As with a port: digits and nothing else, and not too many of them.
    uint16_t tries;
    const char *count = argc > 4 ? argv[4] : "5";
    if (net_parse_port(count, &tries) == -1 || tries == 0)
        return usage("TRIES is not a number from 1 to 65535:", count);
    question->tries = tries;
    const char *seconds = argc > 5 ? argv[5] : "1.0";
    if (deadline_parse(seconds, &question->wait_ns) == 0)
        return EXIT_SUCCESS;
    return usage(errno == ERANGE ? "SECONDS is too much:"
                                 : "SECONDS is no number of seconds:",
                 seconds);
}

int main(int argc, char *argv[])
{
    struct question question;
    int status = check_arguments(argc, argv, &question);
    if (status != EXIT_SUCCESS)
        return status;
    // No socket gets the number of a standard descriptor that is closed.
    if (standard_open() == -1) {
        perror("udp_echo_client: stdout");
        return EXIT_FAILURE;
    }
    struct addrinfo *list;
    int error = datagram_find(argv[1], argv[2], 0, &list);
    if (error != 0) {
        fprintf(stderr, "udp_echo_client: HOST '%s', PORT '%s': %s\n", argv[1],
                argv[2], names_reason(error));
        return EXIT_FAILURE;
    }
    status = run(list, &question);
    freeaddrinfo(list);
    return status;
}
