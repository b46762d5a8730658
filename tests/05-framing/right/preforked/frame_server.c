// What is different: four processes accept from one listener, and sleep for a
// while when they are out of descriptors; the first only waits for them.

#include "frame.h"
#include "names.h"
#include "reader.h"
#include "standard.h"
#include "transfer.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4 };

static enum framing framing;

static void answer_all(int client, const char *address)
{
    static struct reader reader;
    static unsigned char answer[FRAME_MAX];
    struct frame frame;
    enum reader_result result;
    reader_begin(&reader, client, framing);
    while ((result = reader_next(&reader, &frame)) == READER_MESSAGE) {
        size_t size = frame_encode(framing, frame.message, frame.size, answer);
        // The answer's place in its frame is the message's.
        size_t from = framing == FRAMING_LENGTH ? FRAME_HEADER_SIZE : 0;
        for (size_t i = from; i < from + frame.size; i++)
            if (answer[i] >= 'a' && answer[i] <= 'z')
                answer[i] ^= 'a' ^ 'A';
        if (send_all(client, answer, size) == -1) {
            result = READER_FAILED;
            break;
        }
    }
    char text[READER_TEXT_SIZE];
    if (result != READER_END)
        fprintf(stderr, "frame_server[%d]: %s: %s\n", (int)getpid(), address,
                reader_problem(&reader, &frame, result, text));
}

static bool lacks_something(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static int failed(const char *what)
{
    fprintf(stderr, "frame_server: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int work(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM); // nobody works without the first
    for (;;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int client = accept(listener, (struct sockaddr *)&address, &size);
        if (client != -1) {
            char text[NAMES_TEXT_SIZE];
            answer_all(client, names_text((const struct sockaddr *)&address,
                                          size, text));
            close(client);
        } else if (lacks_something(errno)) {
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return failed("accept");
        }
    }
}

static void stop(int signal)
{
    (void)signal;
    _exit(EXIT_SUCCESS);
}

static int start_workers(int listener)
{
    for (int i = 0; i < WORKERS; i++) {
        const pid_t worker = fork();
        if (worker == -1)
            return failed("fork");
        if (worker == 0)
            _exit(work(listener));
    }
    while (wait(NULL) != -1 || errno == EINTR)
        ;
    return EXIT_FAILURE; // all of them have ended, and said why
}

static int announce(int listener)
{
    struct sockaddr_storage here;
    socklen_t size = sizeof here;
    char text[NAMES_TEXT_SIZE];
    if (getsockname(listener, (struct sockaddr *)&here, &size) == -1)
        return -1;
    printf("listening on %s\n",
           names_text((struct sockaddr *)&here, size, text));
    return fflush(stdout);
}

int main(int argc, char *argv[])
{
    if (argc != 4 || frame_find_framing(argv[3], &framing) == -1) {
        fprintf(stderr, "usage: frame_server HOST PORT length|line|fixed\n");
        return 2;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    if (standard_open() == -1)
        return failed("stdout");
    struct addrinfo *list;
    int error = names_find(argv[1], argv[2], AI_PASSIVE, &list);
    if (error != 0) {
        fprintf(stderr, "frame_server: %s %s: %s\n", argv[1], argv[2],
                names_reason(error));
        return EXIT_FAILURE;
    }
    int listener = names_listen(list, 20);
    freeaddrinfo(list);
    if (listener == -1 || announce(listener) == -1)
        return failed(argv[2]);
    return start_workers(listener);
}
