// What may keep small messages waiting, and how it is seen: in the kernel, and
// not by a clock, which also runs while others have the processor.

#include "calling.h"

#include "kernel/tcpinfo.h"
#include "stage/quiet.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <unistd.h>

// So long it has to be seen that something is kept back: longer than a thread
// sleeps that has to wait for another one, and shorter than the kernel keeps
// it.
enum { KEPT_US = 30000 };

struct flow {
    struct peer *peer;
    int fd;      // the program's socket, borrowed
    size_t size; // so much the peer should have got
    // It seems to be kept back: since when, and as it looked then.
    uint64_t since_us, signature;
    unsigned sent;
    bool is_kept;
};

// Nothing is on its way, and yet not all has left: the program sleeps, and its
// kernel waits for more of it to send.
static bool seems_kept(const struct flow *flow, struct tcpinfo *info,
                       uint64_t *signature)
{
    if (!tcpinfo_ask(flow->fd, info) || info->kept == 0 ||
        info->unconfirmed > 0)
        return false;
    const struct quiet look = quiet_look(stage_current());
    *signature = look.signature;
    return look.asleep && !look.restless;
}

static bool is_kept(struct flow *flow)
{
    struct tcpinfo info;
    uint64_t signature;
    const uint64_t now_us = trace_now_us(stage_current()->trace);
    if (!seems_kept(flow, &info, &signature)) {
        flow->since_us = 0;
        return false;
    }
    if (flow->since_us == 0 || info.sent != flow->sent ||
        signature != flow->signature) {
        flow->since_us = now_us;
        flow->sent = info.sent;
        flow->signature = signature;
    }
    return now_us - flow->since_us >= KEPT_US;
}

static bool has_come(void *subject)
{
    struct flow *flow = subject;
    if (flow->peer->in.size >= flow->size || is_over(flow->peer))
        return true;
    flow->is_kept = flow->is_kept || is_kept(flow);
    return flow->is_kept;
}

static void expect_none_kept(struct program *program, const struct flow *flow)
{
    const struct failure failure = {
        .program = program,
        .peer = flow->peer,
        .is_sure = true,
        .means = "All of a message was handed to the kernel, and it keeps a "
                 "part back for more to come, up to 200 ms: that is what "
                 "MSG_MORE and TCP_CORK ask for. The last part of a message is "
                 "sent without MSG_MORE; a cork is taken out behind it "
                 "(TCP_CORK set to 0), each time. Read: man 7 tcp, TCP_CORK; "
                 "man 2 send, MSG_MORE.",
    };
    if (flow->is_kept)
        expect_fail(&failure, "each message to leave at once",
                    "a part of one that waits");
}

void expect_no_stall(struct program *program, struct peer *peer, unsigned count,
                     size_t size, void (*move)(struct peer *peer))
{
    struct tcpinfo before = {.sent = 0}, after = {.sent = 0};
    struct flow flow = {.peer = peer, .fd = borrow_connection(program, peer)};
    if (!tcpinfo_ask(flow.fd, &before))
        verdict_not_run(
            "it needs to know how many segments have left (TCP_INFO "
            "of Linux 4.6)");
    for (unsigned i = 0; i < count; i++) {
        flow.size = peer->in.size + size;
        move(peer);
        stage_wait(has_come, &flow);
        expect_none_kept(program, &flow);
        expect_some(program, peer, flow.size);
    }
    tcpinfo_ask(flow.fd, &after);
    const int at_once = option_of(flow.fd, IPPROTO_TCP, TCP_NODELAY);
    close(flow.fd);
    const unsigned sent = after.sent - before.sent;
    const struct wanted_option wanted = {
        .level = IPPROTO_TCP, .option = TCP_NODELAY, .any = true};
    const struct failure failure = {
        .program = program,
        .peer = peer,
        .wanted_option = &wanted,
        .means = formatted(
            "Each message leaves in several segments, of which the second "
            "waits in the kernel until the first is confirmed (Nagle's "
            "algorithm); and the other side, which has nothing to send before "
            "it has all of the message, takes up to 40 ms to confirm it "
            "(delayed acknowledgement). Switch TCP_NODELAY on, on this side, "
            "too; or hand over header and bytes in one call, or the header "
            "with MSG_MORE."),
    };
    if (at_once <= 0 && sent > count)
        expect_fail(&failure,
                    formatted("%u segments for %u messages, or TCP_NODELAY",
                              count, count),
                    "%u segments, and TCP_NODELAY is off", sent);
}
