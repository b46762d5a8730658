#include "drive.h"

#include "guard.h"
#include "selector.h"
#include "wire.h"

enum { TURNS_AT_THE_END = 8 };

// What the turns of one run share.
struct run {
    struct message *message;
    enum message_result result;
    bool odd;
    drive_check *check;
    void *data;
};

static void turn(struct run *run, enum wire_turn kind)
{
    unsigned asked = message_events(run->message);
    claim(asked != 0 &&
              (asked & ~(unsigned)(SELECTOR_READ | SELECTOR_WRITE)) == 0,
          "something is waited for");
    unsigned events = wire_ready(asked);
    if (kind == WIRE_SPURIOUS)
        events = asked;
    if (kind == WIRE_ALL_EVENTS) {
        events = SELECTOR_READ | SELECTOR_WRITE;
        run->odd = true;
    }
    if (events == 0)
        return;
    run->result = message_process_events(run->message, events);
    run->check(run->message, run->result, run->odd, run->data);
}

void drive(struct message *message, const uint8_t *script, size_t size,
           drive_check *check, void *data)
{
    struct run run = {.message = message,
                      .result = MESSAGE_GOES_ON,
                      .check = check,
                      .data = data};
    bool given_up = false;
    for (size_t i = 0; i < size && run.result == MESSAGE_GOES_ON && !given_up;
         i++) {
        enum wire_turn kind = wire_apply(script[i]);
        given_up = kind == WIRE_GIVE_UP;
        if (!given_up)
            turn(&run, kind);
    }
    // With everything there and everything taken, few turns are left.
    for (int i = 0; run.result == MESSAGE_GOES_ON && !given_up; i++) {
        claim(i < TURNS_AT_THE_END, "an exchange ends");
        wire_open();
        if (i > 0)
            wire_finish();
        turn(&run, WIRE_WHEN_READY);
    }
    message_close(message);
    wire_end();
}
