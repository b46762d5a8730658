// The child that waits with a time limit, in each way there is, and says what
// came of it and how long that was.

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int silent[2]; // connected sockets, over which nothing comes
static time_t limit;  // in seconds
static volatile sig_atomic_t rang;

static void ring(int signal)
{
    (void)signal;
    rang++;
}

static int in_poll(void)
{
    struct pollfd fd = {silent[0], POLLIN, -1};
    int result = poll(&fd, 1, (int)limit * 1000);
    return fd.revents != 0 ? -2 : result;
}

// Its SIGCHLD, which is ignored, interrupts a call that then goes on.
static void have_a_child_that_ends(void)
{
    if (fork() != 0)
        return;
    poll(NULL, 0, (int)limit * 100);
    _exit(0);
}

static int in_poll_of_a_parent(void)
{
    have_a_child_that_ends();
    return in_poll();
}

static int in_ppoll(void)
{
    struct pollfd fd = {silent[0], POLLIN, 0};
    const struct timespec time = {limit, 0};
    return ppoll(&fd, 1, &time, NULL);
}

// The set is empty afterwards, and nothing is left of the time: select(2).
static int in_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(silent[0], &set);
    struct timeval time = {limit, 0};
    int result = select(silent[0] + 1, &set, NULL, NULL, &time);
    bool as_it_should_be =
        !FD_ISSET(silent[0], &set) && time.tv_sec == 0 && time.tv_usec == 0;
    return as_it_should_be ? result : -2;
}

static int in_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(silent[0], &set);
    const struct timespec time = {limit, 0};
    int result = pselect(silent[0] + 1, &set, NULL, NULL, &time, NULL);
    return FD_ISSET(silent[0], &set) || time.tv_sec != limit ? -2 : result;
}

static int in_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, silent[0], &event);
    return epoll_wait(epoll, &event, 1, (int)limit * 1000);
}

static int in_nanosleep(void)
{
    return nanosleep(&(struct timespec){limit, 0}, NULL);
}

static int in_sleep(void)
{
    return (int)sleep((unsigned)limit);
}

static int in_sleep_of_a_parent(void)
{
    have_a_child_that_ends();
    return in_sleep();
}

static int in_sleep_until(void)
{
    struct timespec then;
    clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_sec += limit;
    return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

static int limited(int fd, int option)
{
    struct timeval time = {limit, 0};
    return setsockopt(fd, SOL_SOCKET, option, &time, sizeof time);
}

static int in_recv(void)
{
    char byte;
    limited(silent[0], SO_RCVTIMEO);
    return (int)recv(silent[0], &byte, 1, 0);
}

static int in_read(void)
{
    char byte;
    limited(silent[0], SO_RCVTIMEO);
    return (int)read(silent[0], &byte, 1);
}

static int in_send(void)
{
    static char bytes[1 << 20];
    limited(silent[0], SO_SNDTIMEO);
    while (send(silent[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    return (int)send(silent[0], bytes, sizeof bytes, 0);
}

// Its port is the kernel's choice.
static int listener_with(int backlog)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    return listen(listener, backlog) == -1 ? -1 : listener;
}

static int in_accept(void)
{
    int listener = listener_with(1);
    limited(listener, SO_RCVTIMEO);
    return accept(listener, NULL, NULL);
}

// Nobody accepts, and there is room for one in the backlog.
static int in_connect(void)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listener_with(0), (struct sockaddr *)&address, &size);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, size);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    limited(fd, SO_SNDTIMEO);
    return connect(fd, (struct sockaddr *)&address, size);
}

static int in_cond(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct timespec then;
    clock_gettime(CLOCK_REALTIME, &then);
    then.tv_sec += limit;
    pthread_mutex_lock(&mutex);
    errno = pthread_cond_timedwait(&cond, &mutex, &then);
    return errno == 0 ? 0 : -1;
}

static int in_sem(void)
{
    sem_t semaphore;
    struct timespec then;
    sem_init(&semaphore, 0, 0);
    clock_gettime(CLOCK_REALTIME, &then);
    then.tv_sec += limit;
    return sem_timedwait(&semaphore, &then);
}

static int in_sigtimedwait(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return sigtimedwait(&set, NULL, &(struct timespec){limit, 0});
}

static int in_alarm(void)
{
    signal(SIGALRM, ring);
    alarm((unsigned)limit);
    pause();
    return rang;
}

// It rings for the third time.
static int in_setitimer(void)
{
    signal(SIGALRM, ring);
    const struct itimerval time = {{limit / 4, 0}, {limit / 2, 0}};
    setitimer(ITIMER_REAL, &time, NULL);
    while (rang < 3)
        pause();
    return rang;
}

static int in_timerfd(void)
{
    uint64_t times;
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    const struct itimerspec time = {.it_value = {limit, 0}};
    timerfd_settime(fd, 0, &time, NULL);
    return read(fd, &times, sizeof times) == sizeof times ? (int)times : -1;
}

static int in_timerfd_until(void)
{
    uint64_t times;
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec time = {.it_interval = {0, 0}};
    clock_gettime(CLOCK_MONOTONIC, &time.it_value);
    time.it_value.tv_sec += limit;
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL);
    return read(fd, &times, sizeof times) == sizeof times ? (int)times : -1;
}

// A timer that sends a signal, or of which libc makes a thread.
static int with_timer(struct sigevent *event, int flags)
{
    timer_t timer;
    struct itimerspec time = {.it_value = {0, 0}};
    if (flags == TIMER_ABSTIME)
        clock_gettime(CLOCK_MONOTONIC, &time.it_value);
    time.it_value.tv_sec += limit;
    timer_create(CLOCK_MONOTONIC, event, &timer);
    timer_settime(timer, flags, &time, NULL);
    while (rang == 0)
        if (event->sigev_notify == SIGEV_THREAD)
            poll(NULL, 0, 10);
        else
            pause();
    return rang + (timer_delete(timer) == 0 ? 0 : 100);
}

static int in_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR2};
    signal(SIGUSR2, ring);
    return with_timer(&event, 0);
}

static int in_timer_until(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR2};
    signal(SIGUSR2, ring);
    return with_timer(&event, TIMER_ABSTIME);
}

static void ring_thread(union sigval value)
{
    ring(value.sival_int);
}

static int in_timer_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = ring_thread};
    return with_timer(&event, 0);
}

// A signal comes: how much was left then?
static int in_select_left(void)
{
    struct timeval time = {limit, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(silent[0], &set);
    if (select(silent[0] + 1, &set, NULL, NULL, &time) != -1 || errno != EINTR)
        return -2;
    return (int)time.tv_sec;
}

// Not at all, but again and again until the time has come.
static int in_steps(void)
{
    time_t then = time(NULL) + limit;
    int steps = 0;
    for (; time(NULL) < then; steps++)
        poll(NULL, 0, 10);
    return steps < limit * 100 ? 0 : steps;
}

static const struct way {
    const char *name;
    int (*wait)(void);
} ways[] = {
    {"poll", in_poll},
    {"poll of a parent", in_poll_of_a_parent},
    {"sleep of a parent", in_sleep_of_a_parent},
    {"ppoll", in_ppoll},
    {"select", in_select},
    {"pselect", in_pselect},
    {"epoll_wait", in_epoll},
    {"nanosleep", in_nanosleep},
    {"sleep", in_sleep},
    {"sleep until", in_sleep_until},
    {"recv", in_recv},
    {"read", in_read},
    {"send", in_send},
    {"accept", in_accept},
    {"connect", in_connect},
    {"pthread_cond_timedwait", in_cond},
    {"sem_timedwait", in_sem},
    {"sigtimedwait", in_sigtimedwait},
    {"alarm", in_alarm},
    {"setitimer", in_setitimer},
    {"timerfd", in_timerfd},
    {"timerfd until", in_timerfd_until},
    {"timer", in_timer},
    {"timer until", in_timer_until},
    {"timer thread", in_timer_thread},
    {"select left", in_select_left},
    {"steps", in_steps},
};

// Three ways to read the clock.
static void read_clocks(time_t now[3])
{
    struct timespec monotonic;
    struct timeval day;
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    gettimeofday(&day, NULL);
    now[0] = monotonic.tv_sec;
    now[1] = day.tv_sec;
    now[2] = time(NULL);
}

int child_lets_time_pass(char *argv[])
{
    time_t before[3], after[3];
    alarm(0); // it has one, which would be over
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, silent) == -1)
        return errno;
    limit = strtol(argv[2], NULL, 10);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i].name, argv[1]) != 0)
            continue;
        read_clocks(before);
        errno = 0;
        int result = ways[i].wait();
        int error = errno;
        read_clocks(after);
        printf("%d %s", result, result == -1 ? strerror(error) : "-");
        for (int j = 0; j < 3; j++) {
            time_t passed = after[j] - before[j];
            // Some of it has really passed.
            if (passed >= limit && passed < limit + limit / 2)
                printf(" in time");
            else
                printf(" after %ld s", (long)passed);
        }
        putchar('\n');
    }
    return 0;
}
