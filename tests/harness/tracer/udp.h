// udp: what a program's calls on UDP sockets are about: which descriptors are
// such, where each datagram goes, and where it comes from.

#ifndef UDP_H
#define UDP_H

#include "tracer/thread.h"

// At a call's entry: sets ON_DATAGRAMS, and of what sends or receives on such a
// socket the other end, if that is known: PORT, and as a text the note.
void udp_note_entry(const struct tracer *tracer, struct call *call);

// At its exit: the same of what it has received; and keeps account of which
// descriptors are UDP's, and where they are connected to.
void udp_note_exit(struct tracer *tracer, struct call *call);

#endif
