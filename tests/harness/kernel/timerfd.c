#include "kernel/timerfd.h"

#include "kernel/sockets.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { SECOND_NS = 1000000000, PATH_SIZE = 80 };

struct timer {
    int64_t left_ns, every_ns;
};

// True if descriptor FD of process PID is a timer that is set.
// proc_pid_fdinfo(5) has how long it takes until it expires; for a point in
// time, by the kernel's clock.
static bool read_timer(pid_t pid, int fd, struct ahead ahead,
                       struct timer *timer)
{
    char path[PATH_SIZE], line[128];
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, fd);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    int64_t s, ns;
    unsigned flags = 0;
    int clock = CLOCK_MONOTONIC;
    *timer = (struct timer){-1, 0};
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "settime flags: %o", &flags);
        sscanf(line, "clockid: %d", &clock);
        if (sscanf(line, "it_value: (%" SCNd64 ", %" SCNd64 ")", &s, &ns) == 2)
            timer->left_ns = s * SECOND_NS + ns;
        if (sscanf(line, "it_interval: (%" SCNd64 ", %" SCNd64, &s, &ns) == 2)
            timer->every_ns = s * SECOND_NS + ns;
    }
    fclose(file);
    if (timer->left_ns <= 0)
        return false;
    if ((flags & TFD_TIMER_ABSTIME) != 0)
        timer->left_ns -=
            ahead.all_ns + (clock == CLOCK_REALTIME ? ahead.day_ns : 0);
    if (timer->left_ns < 1)
        timer->left_ns = 1;
    return true;
}

// Does what is to be done with each of the timers.
static void for_each(pid_t pid, struct ahead ahead,
                     void (*act)(pid_t pid, int fd, const struct timer *timer,
                                 int64_t *value),
                     int64_t *value)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/fdinfo", (int)pid);
    DIR *descriptors = opendir(path);
    if (descriptors == NULL)
        return;
    struct timer timer;
    for (struct dirent *entry; (entry = readdir(descriptors)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && read_timer(pid, fd, ahead, &timer))
            act(pid, fd, &timer, value);
    }
    closedir(descriptors);
}

static void keep_least(pid_t pid, int fd, const struct timer *timer,
                       int64_t *least)
{
    (void)pid;
    (void)fd;
    if (*least == -1 || timer->left_ns < *least)
        *least = timer->left_ns;
}

int64_t timerfd_left_ns(pid_t pid, struct ahead ahead)
{
    int64_t least = -1;
    for_each(pid, ahead, keep_least, &least);
    return least;
}

static void bring_nearer(pid_t pid, int fd, const struct timer *timer,
                         int64_t *passed)
{
    int64_t left = timer->left_ns > *passed ? timer->left_ns - *passed : 1;
    const struct itimerspec set = {
        .it_value = {left / SECOND_NS, left % SECOND_NS},
        .it_interval = {timer->every_ns / SECOND_NS,
                        timer->every_ns % SECOND_NS},
    };
    int own = sockets_borrow(pid, fd);
    if (own == -1)
        return;
    timerfd_settime(own, 0, &set, NULL);
    close(own);
}

void timerfd_advance(pid_t pid, int64_t passed_ns, struct ahead ahead)
{
    for_each(pid, ahead, bring_nearer, &passed_ns);
}
