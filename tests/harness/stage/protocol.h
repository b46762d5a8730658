// protocol: what the programs of a lesson speak. The lesson says so once
// (LESSON() in grade.h); a detector says for which it is valid.

#ifndef PROTOCOL_H
#define PROTOCOL_H

enum protocol {
    PROTOCOL_FILES = 1 << 0,     // none: standard input and output
    PROTOCOL_ECHO = 1 << 1,      // what comes is sent back
    PROTOCOL_MESSAGES = 1 << 2,  // lesson 14's, as requests and responses
    PROTOCOL_COUNTS = 1 << 3,    // a count is asked for, and as many bytes come
    PROTOCOL_FRAMES = 1 << 5,    // messages in a framing, and as many back
    PROTOCOL_DEADLINE = 1 << 6,  // a request and a response, within a time
    PROTOCOL_DATAGRAMS = 1 << 8, // over UDP: each that comes is sent back
    PROTOCOL_RPC = 1 << 9, // requests behind their length, and as many back
    // And how its servers serve: one client after another.
    PROTOCOL_IN_TURN = 1 << 4,
    // And some of its waits have a limit of time, as the task says.
    PROTOCOL_LIMITS = 1 << 7,
    ANY_PROTOCOL = ~0,
    ANY_STREAM = ~PROTOCOL_DATAGRAMS, // those that have connections
};

#endif
