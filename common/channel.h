// channel: a connection on which messages come: what was received of them, and
// how far the first of them is understood. The steps that lead from bytes to a
// header are the same for a request and for a response.
//
// The bytes come in any pieces, so every step is tried whenever there may be
// enough of them, and remembers that it is done:
//
//     channel_receive                what the kernel has
//     channel_process_protoheader    2 bytes: how long is the header?
//     channel_process_jsonheader     the header: what is the content, and how
//                                    long?
//
// What the content says is for the owner of the channel to find out.
//
// Unlike the helpers of net.h, these say themselves what is wrong, in one line
// on standard error: it ends the exchange with one peer, of whom nobody else
// knows as much, and not the program. What returns an int returns 0 if all is
// well, also if there was nothing to do; -1 after saying why it is not.

#ifndef CHANNEL_H
#define CHANNEL_H

#include "buffer.h"
#include "codec.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct channel {
    int fd;                     // connected, or not yet, and non-blocking
    struct sockaddr_in address; // the peer's
    const char *kind;           // of its messages: "request" or "response"

    struct buffer received; // and not processed yet
    size_t processed;       // bytes of the stream before these
    bool peer_finished;     // the peer will send no more

    // What is known of the message: nothing at first, then one after the other.
    size_t header_length; // 0: not known
    bool has_header;
    struct codec_header header;
};

// Receives once. An end of the stream is noted in peer_finished.
int channel_receive(struct channel *channel);

// To be called while header_length is not known.
int channel_process_protoheader(struct channel *channel);

// To be called while header_length is known, and has_header is false.
int channel_process_jsonheader(struct channel *channel);

// What was received and is processed is needed no more: SIZE bytes of it.
void channel_drop(struct channel *channel, size_t size);

// Writes a line to standard output: what, some bytes if there are any, made
// printable, and a preposition with the peer's address.
void channel_tell(const struct channel *channel, const char *what,
                  const void *bytes, size_t size, const char *preposition);

// Says why the exchange with this peer ends. Returns -1, so that a function
// can complain and give up in one statement.
__attribute__((format(printf, 2, 3))) int
channel_complain(const struct channel *channel, const char *format, ...);

// The same, for a problem in what was received and is not processed yet; says
// where that is, counted from the peer's first byte on. Where it is no fault of
// these bytes, it says only what is wanting here.
int channel_malformed(const struct channel *channel,
                      const struct codec_problem *problem);

// The same, for a message that is not complete and never will be: HOW it
// ended, and how much is there of the part that was due.
int channel_complain_of_end(const struct channel *channel, const char *how);

#endif
