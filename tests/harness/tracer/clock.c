#include "tracer/clock.h"

#include "kernel/arch.h"
#include "kernel/memory.h"
#include "kernel/procfs.h"

#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

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

// times(2) returns the ticks since whenever; and what it writes is processor
// time, which stays true.
static void answer_times(const struct clock *clock, pid_t tid, pid_t pid,
                         uint64_t at)
{
    struct tms used;
    const int64_t tick_ns = SECOND_NS / sysconf(_SC_CLK_TCK);
    const int64_t ticks = times(&used) + clock->ahead_ns / tick_ns;
    if (at == 0 || (procfs_times(pid, &used) == 0 &&
                    memory_write(pid, at, &used, sizeof used)))
        arch_skip_call(tid, ticks);
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
    case SYS_times:
        if (is_ahead)
            answer_times(clock, tid, pid, args[0]);
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

// The alarm of that process: there is one for each (setitimer(2)), and as many
// timers as it makes.
static struct alarm *find_alarm(struct clock *clock, pid_t pid, int timer)
{
    for (size_t i = 0; i < clock->count; i++)
        if (clock->alarms[i].pid == pid && clock->alarms[i].timer == timer)
            return &clock->alarms[i];
    return NULL;
}

static struct alarm *alarm_of(struct clock *clock, pid_t pid, int timer)
{
    struct alarm *alarm = find_alarm(clock, pid, timer);
    if (alarm == NULL && clock->count < CLOCK_ALARMS)
        alarm = &clock->alarms[clock->count++];
    if (alarm != NULL)
        *alarm = (struct alarm){.pid = pid,
                                .timer = timer,
                                .signal = SIGALRM,
                                .id = CLOCK_MONOTONIC};
    return alarm;
}

static void set_alarm(const struct clock *clock, struct alarm *alarm,
                      int64_t first_ns, int64_t every_ns)
{
    alarm->due_ns = first_ns == 0 ? 0 : clock_now_ns(clock) + first_ns;
    alarm->every_ns = every_ns;
    alarm->early = false;
    alarm->was_set = alarm->was_set || first_ns != 0;
}

// A time or none, as struct itimerval has it: seconds and microseconds.
static int64_t interval_ns(const int64_t words[2])
{
    return words[0] * SECOND_NS + words[1] * 1000;
}

// timer_create(2) has given a timer its number. Of those that start a thread
// (SIGEV_THREAD), libc has a thread wait for a signal.
static void note_timer(struct clock *clock, const struct call *call)
{
    int timer;
    struct sigevent event = {.sigev_signo = SIGALRM};
    if (call->result != 0 ||
        !memory_read(call->pid, call->args[2], &timer, sizeof timer) ||
        (call->args[1] != 0 &&
         !memory_read(call->pid, call->args[1], &event, sizeof event)))
        return;
    struct alarm *alarm = alarm_of(clock, call->pid, timer);
    if (alarm == NULL)
        return;
    alarm->id = (clockid_t)call->args[0];
    alarm->signal = event.sigev_notify == SIGEV_NONE ? 0 : event.sigev_signo;
    if (call->args[1] == 0)
        alarm->value.sival_int = timer;
    else
        alarm->value = event.sigev_value;
    if (event.sigev_notify == SIGEV_THREAD_ID)
        alarm->tid = event._sigev_un._tid;
}

static void note_timer_set(struct clock *clock, const struct call *call)
{
    int64_t words[4]; // the interval, then the first; of nanoseconds
    struct alarm *alarm = find_alarm(clock, call->pid, (int)call->args[0]);
    if (alarm == NULL || call->result != 0 ||
        !memory_read(call->pid, call->args[2], words, sizeof words))
        return;
    int64_t first = words[2] * SECOND_NS + words[3];
    if (((int)call->args[1] & TIMER_ABSTIME) != 0 && first != 0) {
        first -= read_ns(clock, alarm->id);
        first = first > 0 ? first : 1;
    }
    set_alarm(clock, alarm, first, words[0] * SECOND_NS + words[1]);
}

void clock_note_alarm(struct clock *clock, const struct call *call)
{
    int64_t words[4] = {0, 0, 0, 0}; // the interval, then the first
    if (call->info->number == SYS_timer_create)
        note_timer(clock, call);
    if (call->info->number == SYS_timer_settime)
        note_timer_set(clock, call);
    if (call->info->number == SYS_timer_delete)
        alarm_of(clock, call->pid, (int)call->args[0]);
#ifdef SYS_alarm
    if (call->info->number == SYS_alarm)
        words[2] = (unsigned)call->args[0];
    else
#endif
        if (call->info->number != SYS_setitimer ||
            (int)call->args[0] != ITIMER_REAL || call->result != 0 ||
            !memory_read(call->pid, call->args[1], words, sizeof words))
        return;
    struct alarm *alarm = find_alarm(clock, call->pid, -1);
    if (alarm == NULL)
        alarm = alarm_of(clock, call->pid, -1);
    if (alarm != NULL)
        set_alarm(clock, alarm, interval_ns(words + 2), interval_ns(words));
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

// As the kernel would.
static void ring(const struct alarm *alarm)
{
    if (alarm->timer == -1) {
        kill(alarm->pid, SIGALRM);
        return;
    }
    siginfo_t info = {.si_signo = alarm->signal, .si_code = SI_TIMER};
    info.si_timerid = alarm->timer;
    info.si_value = alarm->value;
    if (alarm->tid != 0)
        syscall(SYS_rt_tgsigqueueinfo, alarm->pid, alarm->tid, alarm->signal,
                &info);
    else if (alarm->signal != 0)
        syscall(SYS_rt_sigqueueinfo, alarm->pid, alarm->signal, &info);
}

void clock_ring(struct clock *clock)
{
    int64_t now = clock_now_ns(clock);
    for (size_t i = 0; i < clock->count; i++) {
        struct alarm *alarm = &clock->alarms[i];
        if (alarm->due_ns == 0 || alarm->due_ns > now)
            continue;
        ring(alarm);
        alarm->early = true;
        alarm->due_ns = alarm->every_ns == 0 ? 0 : now + alarm->every_ns;
    }
}

// The same of a timer's signal, of which the first to come is ours.
static bool timer_has_rung(struct clock *clock, struct alarm *alarm)
{
    bool ours = alarm->early, late = !ours && alarm->due_ns == 0;
    alarm->early = false;
    if (!ours && !late)
        alarm->due_ns =
            alarm->every_ns == 0 ? 0 : clock_now_ns(clock) + alarm->every_ns;
    return late;
}

bool clock_has_rung(struct clock *clock, pid_t pid, int timer)
{
    struct alarm *alarm = find_alarm(clock, pid, timer);
    if (alarm == NULL)
        return false;
    if (timer != -1)
        return timer_has_rung(clock, alarm);
    bool early = alarm->early;
    if (!early) // it is the kernel's own, and in time
        alarm->due_ns =
            alarm->every_ns == 0 ? 0 : clock_now_ns(clock) + alarm->every_ns;
    return early && alarm->every_ns == 0;
}

bool clock_never_rings(const struct clock *clock)
{
    for (size_t i = 0; i < clock->count; i++)
        if (clock->alarms[i].was_set)
            return false;
    return true;
}
