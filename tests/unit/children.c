// What the programs do that the tests start: this binary under another name.
// Each is a function of its arguments that returns its exit status.

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// After so many seconds a child ends, whatever has become of its test.
enum { LIFE_S = 120 };

static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static void say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

static int exits(char *argv[])
{
    return number(argv[1]);
}

static int dies(char *argv[])
{
    return raise(number(argv[1]));
}

// Writes its arguments, the first to stdout and the second to stderr.
static int writes(char *argv[])
{
    printf("%s", argv[1]);
    fprintf(stderr, "%s", argv[2]);
    return fflush(stdout) == 0 ? 0 : errno;
}

static int copies(char *argv[])
{
    (void)argv;
    static char bytes[65536];
    ssize_t size;
    while ((size = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
        for (ssize_t at = 0, done; at < size; at += done)
            if ((done = write(STDOUT_FILENO, bytes + at,
                              (size_t)(size - at))) == -1)
                return 1;
    return size == 0 ? 0 : errno;
}

// Writes so many bytes, of which each says where it stands.
static int floods(char *argv[])
{
    long size = strtol(argv[1], NULL, 10);
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    for (long i = 0; i < size; i++)
        putchar('a' + (int)(i % 23));
    return fflush(stdout) == 0 ? 0 : 1;
}

static int blocks(char *argv[])
{
    (void)argv;
    int pair[2];
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        return 1;
    say("ready");
    return (int)read(pair[0], &byte, 1);
}

static void *spin(void *never)
{
    volatile bool go_on = true;
    while (go_on)
        ;
    return never;
}

static int spins(char *argv[])
{
    (void)argv;
    say("ready");
    return spin(NULL) == NULL;
}

// Is blocked itself, and has a thread that spins.
static int spins_aside(char *argv[])
{
    pthread_t thread;
    return pthread_create(&thread, NULL, spin, NULL) != 0 ? 1 : blocks(argv);
}

static sem_t turns[2];

static void *take_turns(void *which)
{
    int me = which == NULL ? 0 : 1;
    while (sem_wait(&turns[me]) == 0)
        sem_post(&turns[1 - me]);
    return NULL;
}

// Has two threads of which one always runs, and the other waits for it.
static int relays(char *argv[])
{
    (void)argv;
    pthread_t thread;
    sem_init(&turns[0], 0, 1);
    sem_init(&turns[1], 0, 0);
    if (pthread_create(&thread, NULL, take_turns, turns) != 0)
        return 1;
    say("ready");
    return take_turns(NULL) == NULL;
}

// Sleeps for so many milliseconds, and exits with status 0.
static int sleeps(char *argv[])
{
    long ms = number(argv[1]);
    say("ready");
    return nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

// The same, by a condition that nobody signals: the limit is a point in time,
// of the clock argv[2], "day" or "monotonic".
static int waits_until(char *argv[])
{
    clockid_t clock =
        strcmp(argv[2], "day") == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_t attributes;
    pthread_cond_t condition;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, clock);
    pthread_cond_init(&condition, &attributes);
    struct timespec until;
    clock_gettime(clock, &until);
    long ms = number(argv[1]) + until.tv_nsec / 1000000;
    until.tv_sec += ms / 1000;
    until.tv_nsec = ms % 1000 * 1000000;
    say("ready");
    pthread_mutex_lock(&mutex);
    int error;
    while ((error = pthread_cond_timedwait(&condition, &mutex, &until)) == 0)
        ;
    return error == ETIMEDOUT ? 0 : 1;
}

// Sleeps again and again, for so many milliseconds each.
static int naps(char *argv[])
{
    say("ready");
    const struct timespec moment = {0, number(argv[1]) * 1000000L};
    while (nanosleep(&moment, NULL) == 0)
        ;
    return 1;
}

// Asks an empty socket over and over, and now and then says so.
static int grumbles(char *argv[])
{
    (void)argv;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
        return 1;
    say("ready");
    for (int i = 1;; i++) {
        char byte;
        recv(ends[0], &byte, 1, MSG_DONTWAIT);
        if (i % 5000 == 0)
            say("still nothing");
    }
}

// Asks again and again for what has not come, at once or every so many
// milliseconds: little work for the processor in comparison to what it gives
// the tracer.
static int asks(char *argv[])
{
    const struct timespec moment = {0, number(argv[1]) * 1000000L};
    int pair[2];
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        return 1;
    say("ready");
    while (recv(pair[0], &byte, 1, MSG_DONTWAIT) == -1)
        if (moment.tv_nsec > 0)
            nanosleep(&moment, NULL);
    return 0;
}

// Leaves a process behind, in a session of its own, and says which.
static int abandons(char *argv[])
{
    (void)argv;
    if (fork() != 0)
        return (int)pause();
    setsid();
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (fork() != 0)
        _exit(0);
    alarm(LIFE_S); // fork(2) does not pass it on
    printf("%d\n", getpid());
    fflush(stdout);
    for (;;)
        pause();
}

static int opens(char *argv[])
{
    for (int i = 0; i < number(argv[1]); i++)
        if (open("/dev/null", O_RDONLY) == -1)
            return 1;
    return 0;
}

// Uses so many MiB of memory.
static int uses(char *argv[])
{
    size_t size = (size_t)number(argv[1]) << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, size);
    return memory[size / 2] == 1 ? 0 : 1;
}

static int stops(char *argv[])
{
    (void)argv;
    say("ready");
    raise(SIGSTOP);
    return 0;
}

// Says what it was given: environment, group, signals and descriptors.
static int describes(char *argv[])
{
    (void)argv;
    int ignored = 0, open_ones = 0;
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        ignored +=
            sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
        ignored += sigismember(&blocked, i) == 1;
    }
    for (int fd = 0; fd < 1024; fd++)
        open_ones += fcntl(fd, F_GETFD) != -1;
    printf("group %d\nsignals %d\ndescriptors %d\n", getpgrp() == getpid(),
           ignored, open_ones);
    for (char **variable = environ; *variable != NULL; variable++)
        printf("%.*s\n", (int)strcspn(*variable, "="), *variable);
    return 0;
}

static const struct child {
    const char *name;
    int (*main)(char *argv[]);
} children[] = {
    {"exits", exits},
    {"dies", dies},
    {"writes", writes},
    {"copies", copies},
    {"floods", floods},
    {"blocks", blocks},
    {"spins", spins},
    {"spins_aside", spins_aside},
    {"sleeps", sleeps},
    {"waits_until", waits_until},
    {"naps", naps},
    {"asks", asks},
    {"grumbles", grumbles},
    {"abandons", abandons},
    {"opens", opens},
    {"uses", uses},
    {"stops", stops},
    {"describes", describes},
    {"moves", child_moves},
    {"connects", child_connects},
    {"resolves", child_resolves},
    {"posts", child_posts},
    {"returns", child_returns},
    {"polls", child_polls},
    {"moves_on", child_moves_on},
    {"dials", child_dials},
    {"takes", child_takes},
    {"grows", child_grows},
    {"relays", relays},
    {"announces", child_announces},
    {"serves", child_serves},
    {"grades", child_grades},
    {"lets_time_pass", child_lets_time_pass},
};

enum { CHILDREN = sizeof children / sizeof *children };

const char *const *child_names(void)
{
    static const char *names[CHILDREN + 1];
    for (size_t i = 0; i < CHILDREN; i++)
        names[i] = children[i].name;
    return names;
}

void child_main(const char *name, int argc, char *argv[])
{
    // What an argument is missing reads as nothing.
    char *given[] = {argv[0], argc > 1 ? argv[1] : (char[]){""},
                     argc > 2 ? argv[2] : (char[]){""}, NULL};
    for (size_t i = 0; i < CHILDREN; i++)
        if (strcmp(children[i].name, name) == 0) {
            alarm(LIFE_S);
            exit(children[i].main(given));
        }
}
