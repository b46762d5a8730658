#include "hand_udp.h"

#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

struct peer *hand_udp_peer(void)
{
    struct peer *one = hand_peer();
    one->connected = false;
    one->datagrams = calloc(1, sizeof *one->datagrams);
    ck_assert_ptr_nonnull(one->datagrams);
    one->local.v4.sin_port = htons((uint16_t)(50000 + one->number));
    if (hand.failure.peer == NULL)
        hand.failure.peer = one;
    return one;
}

struct peer *hand_udp_server(void)
{
    hand_speaks(PROTOCOL_DATAGRAMS);
    endpoint_make("127.0.0.1", htons(40000), &hand.program.address);
    hand.failure.awaits = AWAITS_DATAGRAM;
    hand_call(SYS_socket, -1, 0, 3)->args[1] = SOCK_DGRAM;
    struct call *bound = hand_call(SYS_bind, 3, 0, 0);
    bound->on_datagrams = true;
    hand_note(bound, "127.0.0.1:40000");
    return hand_udp_peer();
}

struct peer *hand_udp_client(void)
{
    hand_speaks(PROTOCOL_DATAGRAMS);
    hand_call(SYS_socket, -1, 0, 3)->args[1] = SOCK_DGRAM;
    return hand_udp_peer();
}

void hand_udp_sends(const struct peer *by, size_t size)
{
    struct event event = {.kind = EVENT_PEER};
    event.deed.peer = by->number;
    event.deed.action = PEER_SENDS;
    event.deed.bytes = size;
    trace_add(stage_current()->trace, &event);
}

struct call *hand_udp_moves(long number, const struct peer *with,
                            uint64_t asked, int64_t result)
{
    struct call *call = hand_call(number, 3, asked, result);
    call->on_datagrams = true;
    call->port = with->local.v4.sin_port;
    return call;
}

struct call *hand_udp_gets(const struct peer *from, int64_t size)
{
    hand_udp_sends(from, (size_t)size);
    return hand_udp_moves(SYS_recvfrom, from, 65536, size);
}

void hand_udp_answers(const struct peer *to, int64_t size)
{
    hand_udp_moves(SYS_sendto, to, (uint64_t)size, size);
}

void hand_udp_waits(void)
{
    struct call *call = hand_blocks(SYS_recvfrom, 3, 65536);
    call->on_datagrams = true;
}
