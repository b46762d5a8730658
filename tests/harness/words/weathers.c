#include "words/weathers.h"

#include "kernel/sockets.h"
#include "stage/stage.h"
#include "tracer/tracer.h"
#include "words/expect.h"
#include "words/verdict.h"

#include <errno.h>

void hold(unsigned calls)
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = calls});
}

void hold_behind_a_short_one(unsigned calls)
{
    // What a rule takes, those behind it don't count.
    make_weather(
        (struct weather){.kind = WEATHER_CUT, .calls = calls, .bytes = 1});
    hold(calls);
}

void fail_every_second(unsigned calls, int error)
{
    // A signal may come twice in a row: where connect() goes on by itself, the
    // second would meet no call.
    for (unsigned kind = 1; kind <= calls && error == EINTR; kind <<= 1)
        for (int i = 0; i < 2 && kind != CALLS_CONNECT; i++)
            if ((calls & kind) != 0)
                make_weather((struct weather){
                    .kind = WEATHER_FAIL, .calls = kind, .error = error});
    // A rule for each kind: one for all might always meet the same. So would
    // one for each second wait, where a program waits twice in each round.
    if (error == EINTR && (calls & CALLS_WAIT) != 0) {
        fail_some(CALLS_WAIT, error, 40);
        calls &= ~(unsigned)CALLS_WAIT;
    }
    for (unsigned kind = 1; kind <= calls; kind <<= 1)
        if ((calls & kind) != 0)
            make_weather((struct weather){.kind = WEATHER_FAIL,
                                          .calls = kind,
                                          .error = error,
                                          .every = 2});
}

void fail_some(unsigned calls, int error, unsigned percent)
{
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = calls,
                                  .error = error,
                                  .percent = percent});
}

void fail_always(unsigned calls, int error)
{
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = calls,
                                  .error = error,
                                  .every = 1,
                                  .stays = true});
}

void fail_only(long number, int error)
{
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = CALLS_SETUP,
                                  .only = number,
                                  .error = error,
                                  .every = 1,
                                  .stays = true});
}

void cut_each(unsigned calls, size_t bytes)
{
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = calls,
                                  .bytes = bytes,
                                  .every = 1,
                                  .varies = true});
}

void cut_most(size_t bytes)
{
    enum { PERCENT = 70 };
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = MOVING_CALLS,
                                  .bytes = bytes,
                                  .varies = true,
                                  .percent = PERCENT});
}

// They leave by the program's own socket.
static void make_weather_for_datagrams(struct weather weather)
{
    if (!sockets_can_be_borrowed())
        verdict_not_run("it needs pidfd_getfd(2), which is refused here");
    make_weather(weather);
}

void lose_datagrams(unsigned count)
{
    // What a rule takes, those behind it don't count.
    for (unsigned i = 0; i < count; i++)
        make_weather_for_datagrams(
            (struct weather){.kind = WEATHER_LOSE, .calls = CALLS_SEND});
}

void hold_back_a_datagram(void)
{
    make_weather_for_datagrams(
        (struct weather){.kind = WEATHER_HOLD_BACK, .calls = CALLS_SEND});
}

void double_datagrams(void)
{
    make_weather_for_datagrams((struct weather){
        .kind = WEATHER_DOUBLE, .calls = CALLS_SEND, .every = 1});
}

void deliver(void)
{
    tracer_deliver(&stage_current()->tracer);
}

void take_long(uint64_t ms)
{
    enum { MS_NS = 1000000 };
    int64_t ahead_ms = stage_current()->tracer.clock.ahead_ns / MS_NS;
    make_weather((struct weather){.kind = WEATHER_SLOW,
                                  .calls = CALLS_WAIT | CALLS_CONNECT,
                                  .delay_ms = (int)((int64_t)ms + ahead_ms),
                                  .every = 1});
}

void bad_weather_for_a_loop(size_t bytes)
{
    enum { PERCENT = 20 };
    fail_some(MOVING_CALLS | CALLS_ACCEPT | CALLS_WAIT, EINTR, PERCENT);
    fail_some(MOVING_CALLS | CALLS_ACCEPT, EAGAIN, PERCENT);
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .percent = PERCENT});
    cut_most(bytes);
}

void fill_stdout_after(size_t bytes)
{
    make_weather((struct weather){.kind = WEATHER_CUT,
                                  .calls = CALLS_SEND,
                                  .bytes = bytes,
                                  .to_stdout = true});
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = CALLS_SEND,
                                  .error = ENOSPC,
                                  .every = 1,
                                  .stays = true,
                                  .to_stdout = true});
}
