// clock: what time it is for the programs. It is the machine's time until the
// stage moves it ahead (stage/passing.h): then a day has passed for them, and
// for nobody else.
//
// A program reads the clock by way of the vDSO, without a system call
// (vdso(7)). That is hidden from it, so that it has to ask the kernel, and the
// tracer can answer. Clocks of processor time stay true, and so does what the
// kernel itself does with time: it stamps files, and waits for
// acknowledgements, as ever.

#ifndef CLOCK_H
#define CLOCK_H

#include "trace/trace.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { CLOCK_ALARMS = 16 };

struct clock {
    int64_t ahead_ns; // of the machine's
    int64_t set_ns;   // and by so much more the clock that people set
    pid_t read_by;    // who has read it last, and how many events there were
    size_t read_at;   // in the trace by then
    size_t count;
    struct alarm { // alarm(2), setitimer(2) with ITIMER_REAL; timer_create(2)
        pid_t pid;
        int timer;  // of timer_create(2): its number in the kernel; else -1
        int signal; // what it sends,
        pid_t tid;  // to that thread, or 0, to any; and with what,
        union sigval value;
        clockid_t id;     // by that clock
        int64_t due_ns;   // by clock_now_ns(); 0: it is off
        int64_t every_ns; // 0: only once
        bool early;       // it was sent before the kernel's own is due
        bool was_set;     // to anything but 0
    } alarms[CLOCK_ALARMS];
};

// The programs' time in nanoseconds, by the clock CLOCK_MONOTONIC.
int64_t clock_now_ns(const struct clock *clock);

// How far the programs' clock ID is ahead of the machine's.
int64_t clock_ahead_ns(const struct clock *clock, clockid_t id);

// Process PID has just executed a program (PTRACE_EVENT_EXEC): it is not to
// find the vDSO.
void clock_hide_vdso(pid_t pid);

// Thread TID of process PID is about to read the clock: answers in the kernel's
// place, if that has another time. Does nothing for any other call. Returns
// true if what it reads is the time of the day, or since the machine's start.
bool clock_answer(const struct clock *clock, pid_t tid, pid_t pid,
                  const struct __ptrace_syscall_info *info);

// Takes note of an alarm that the program has set, or has switched off.
void clock_note_alarm(struct clock *clock, const struct call *call);

// Returns how long it is until the next alarm; -1 if none is set.
int64_t clock_alarm_left_ns(const struct clock *clock);

// Sends the signals of all alarms that are due.
void clock_ring(struct clock *clock);

// True if this SIGALRM, which the kernel sends process PID, was sent before. Or
// the signal of TIMER; -1: SIGALRM of none.
bool clock_has_rung(struct clock *clock, pid_t pid, int timer);

// True if no alarm has ever been set to anything but 0.
bool clock_never_rings(const struct clock *clock);

#endif
