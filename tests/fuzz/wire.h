// wire: a connection that is not there. recv(2), send(2) and close(2) of the
// code under test come here (the linker's --wrap), and do what a script says.
//
// A script is bytes; each changes what the network and the peer do:
//
//     bits 7-5  bits 4-0 = n
//     0         n + 1 more bytes of what the peer sends arrive
//     1         64 * (n + 1) bytes do
//     2         the kernel takes n + 1 more bytes of what is sent
//     3         64 * (n + 1) bytes
//     4         the next n % 4 + 1 calls are interrupted (EINTR)
//     5         a turn that there is no reason for; n odd: with all events
//     6         n % 8 = 0: the peer finishes, and what has not arrived by now
//               never will; 1: it resets the connection; 2: we give up; 3:
//               everything arrives, and the peer finishes; 4: it takes no
//               more, though it may still have said something
//     7         n even: everything arrives; odd: the kernel takes everything
//
// Behind each stands a turn of the loop, if the connection is ready for what
// is waited for. And behind the last, everything arrives and is taken; if that
// is not the end of the exchange, the peer finishes.

#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_FD = 1000, // the descriptor of the connection
    WIRE_ARRIVE = 0 << 5,
    WIRE_ARRIVE_MANY = 1 << 5,
    WIRE_TAKE = 2 << 5,
    WIRE_TAKE_MANY = 3 << 5,
    WIRE_INTERRUPT = 4 << 5,
    WIRE_TURN = 5 << 5,
    WIRE_END = 6 << 5,
    WIRE_OPEN = 7 << 5,
};

// What an op wants besides what it does to the connection.
enum wire_turn {
    WIRE_WHEN_READY, // a turn, if there is reason for it
    WIRE_SPURIOUS,   // a turn with the events that are waited for
    WIRE_ALL_EVENTS, // a turn with both, whatever is waited for
    WIRE_GIVE_UP,    // close the connection
};

// The connection, to be looked at only.
struct wire {
    const uint8_t *stream; // what the peer sends: size bytes, of which so many
    size_t size;           // have arrived, and so many were received
    size_t arrived, consumed;
    bool finished;       // the peer's end has arrived behind them
    bool reset;          // by the peer
    bool deaf;           // the peer takes no more
    size_t window;       // bytes that the kernel would take
    unsigned interrupts; // calls that will be interrupted

    uint8_t *sent; // all that was sent
    size_t sent_size, sent_room;

    bool end_seen;         // recv() has returned 0
    bool receive_failed;   // for good
    bool send_failed;      // for good
    bool refused;          // in this turn, not all was taken that was to go
    bool peek_interrupted; // in this turn
    bool closed;
};
const struct wire *wire(void);

// Connects: nothing has arrived, nothing is taken. The stream stays the
// caller's.
void wire_begin(const uint8_t *stream, size_t size);

// Does what one byte of a script says.
enum wire_turn wire_apply(uint8_t op);

// Everything arrives, and is taken from now on.
void wire_open(void);

// The peer finishes: what has not arrived never will.
void wire_finish(void);

// To be called before a turn. Returns which of the events the connection is
// ready for.
unsigned wire_ready(unsigned events);

// Gives its memory back. It must have been closed.
void wire_end(void);

#endif
