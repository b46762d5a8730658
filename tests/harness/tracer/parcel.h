// parcel: a datagram that a program is about to send, as its weather has it:
// lost, sent once more, or kept for later. What leaves, leaves by the program's
// own socket.

#ifndef PARCEL_H
#define PARCEL_H

#include "trace/trace.h"

#include <stdbool.h>

struct parcel;

// At the entry of a call of CALLS_SEND on a UDP socket. Each returns false, and
// nothing has happened, if the kernel would refuse the datagram, or its bytes
// can't be read.

// It would have left, so the socket has a port from then on.
bool parcel_lose(const struct call *call);
bool parcel_double(const struct call *call);
bool parcel_keep(const struct call *call, struct parcel **parcels);

// Those that were kept leave, in their order; or never do.
void parcel_send_all(struct parcel **parcels);
void parcel_free_all(struct parcel **parcels);

#endif
