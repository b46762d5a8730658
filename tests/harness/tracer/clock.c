#include "tracer/clock.h"

#include "kernel/arch.h"
#include "kernel/memory.h"

#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

enum { SECOND_NS = 1000000000, STACK_WORDS = 4096 };

int64_t clock_ahead_ns(const struct clock *clock, clockid_t id)
{
    const bool is_set =
        id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI;
    return clock->ahead_ns + (is_set ? clock->set_ns : 0);
}

// What the programs' clock ID shows.
static int64_t read_ns(const struct clock *clock, clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec +
           clock_ahead_ns(clock, id);
}

int64_t clock_now_ns(const struct clock *clock)
{
    return read_ns(clock, CLOCK_MONOTONIC);
}

// A new program finds on its stack: argc, argv[], NULL, envp[], NULL, and then
// pairs of a type and a value (getauxval(3)).
void clock_hide_vdso(pid_t pid)
{
    static uint64_t words[STACK_WORDS];
    const uint64_t ignore = AT_IGNORE;
    uint64_t from = arch_stack_pointer(pid);
    ssize_t bytes = memory_read_some(pid, from, words, sizeof words);
    size_t count = bytes > 0 ? (size_t)bytes / sizeof *words : 0, i = 1;
    for (int lists = 0; lists < 2; i++) // argv and envp
        if (i >= count || words[i] == 0)
            lists++;
    for (; i + 1 < count && words[i] != AT_NULL; i += 2)
        if (words[i] == AT_SYSINFO_EHDR)
            memory_write(pid, from + i * sizeof *words, &ignore, sizeof ignore);
}

static bool is_of_the_day(clockid_t id)
{
    switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI: return true;
    default: return false; // processor time, for one
    }
}

// Answers with a struct timespec or, where a second has PER_SECOND 1000000, a
// struct timeval.
static void answer(const struct clock *clock, pid_t tid, pid_t pid,
                   clockid_t id, uint64_t at, int64_t per_second)
{
    int64_t ns = read_ns(clock, id);
    const int64_t words[2] = {ns / SECOND_NS,
                              ns % SECOND_NS / (SECOND_NS / per_second)};
    if (at == 0 || memory_write(pid, at, words, sizeof words))
        arch_skip_call(tid, 0);
}

bool clock_answer(const struct clock *clock, pid_t tid, pid_t pid,
                  const struct __ptrace_syscall_info *info)
{
    const uint64_t *args = info->seccomp.args;
    bool is_ahead = clock->ahead_ns != 0 || clock->set_ns != 0;
    switch (info->seccomp.nr) {
    case SYS_clock_gettime:
        if (!is_of_the_day((clockid_t)args[0]))
            return false;
        if (is_ahead)
            answer(clock, tid, pid, (clockid_t)args[0], args[1], SECOND_NS);
        return true;
    case SYS_gettimeofday:
        if (is_ahead)
            answer(clock, tid, pid, CLOCK_REALTIME, args[0], 1000000);
        return true;
#ifdef SYS_time
    case SYS_time: {
        int64_t now = read_ns(clock, CLOCK_REALTIME) / SECOND_NS;
        if (is_ahead &&
            (args[0] == 0 || memory_write(pid, args[0], &now, sizeof now)))
            arch_skip_call(tid, now);
        return true;
    }
#endif
    default: return false;
    }
}

// The alarm of that process: there is one for each (setitimer(2)).
static struct alarm *alarm_of(struct clock *clock, pid_t pid)
{
    for (size_t i = 0; i < clock->count; i++)
        if (clock->alarms[i].pid == pid)
            return &clock->alarms[i];
    if (clock->count == CLOCK_ALARMS)
        return NULL;
    struct alarm *alarm = &clock->alarms[clock->count++];
    *alarm = (struct alarm){.pid = pid};
    return alarm;
}

// A time or none, as struct itimerval has it: seconds and microseconds.
static int64_t interval_ns(const int64_t words[2])
{
    return words[0] * SECOND_NS + words[1] * 1000;
}

void clock_note_alarm(struct clock *clock, const struct call *call)
{
    int64_t words[4] = {0, 0, 0, 0}; // the interval, then the first
#ifdef SYS_alarm
    if (call->info->number == SYS_alarm)
        words[2] = (unsigned)call->args[0];
    else
#endif
        if (call->info->number != SYS_setitimer ||
            (int)call->args[0] != ITIMER_REAL || call->result != 0 ||
            !memory_read(call->pid, call->args[1], words, sizeof words))
        return;
    struct alarm *alarm = alarm_of(clock, call->pid);
    if (alarm == NULL)
        return;
    int64_t first = interval_ns(words + 2);
    alarm->due_ns = first == 0 ? 0 : clock_now_ns(clock) + first;
    alarm->every_ns = interval_ns(words);
    alarm->early = false;
}

int64_t clock_alarm_left_ns(const struct clock *clock)
{
    int64_t next = 0;
    for (size_t i = 0; i < clock->count; i++) {
        int64_t due = clock->alarms[i].due_ns;
        if (due != 0 && (next == 0 || due < next))
            next = due;
    }
    int64_t left = next - clock_now_ns(clock);
    return next == 0 ? -1 : left > 0 ? left : 0;
}

void clock_ring(struct clock *clock)
{
    int64_t now = clock_now_ns(clock);
    for (size_t i = 0; i < clock->count; i++) {
        struct alarm *alarm = &clock->alarms[i];
        if (alarm->due_ns == 0 || alarm->due_ns > now)
            continue;
        kill(alarm->pid, SIGALRM);
        alarm->early = true;
        alarm->due_ns = alarm->every_ns == 0 ? 0 : now + alarm->every_ns;
    }
}

bool clock_has_rung(struct clock *clock, pid_t pid)
{
    for (size_t i = 0; i < clock->count; i++) {
        struct alarm *alarm = &clock->alarms[i];
        if (alarm->pid != pid)
            continue;
        bool early = alarm->early;
        if (!early) // it is the kernel's own, and in time
            alarm->due_ns = alarm->every_ns == 0
                                ? 0
                                : clock_now_ns(clock) + alarm->every_ns;
        return early && alarm->every_ns == 0;
    }
    return false;
}
