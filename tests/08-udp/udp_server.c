// What udp_echo_server is asked, and what comes of it.

#include "udp.h"

#include "stage/stage.h"
#include "stage/wait.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

struct program *serve_at(const char *host, const char *reached_at)
{
    return start_server_with(
        SERVER, host, "0", (struct program_options){.reached_at = reached_at});
}

struct program *serve_here(void)
{
    return serve_at("127.0.0.1", NULL);
}

struct peer *come(void)
{
    return come_from(peer_own_host());
}

struct peer *come_from(const char *host)
{
    return datagrams_open(host);
}

void ask(struct peer *client, const struct program *server, const void *bytes,
         size_t size)
{
    datagrams_send(client, &server->address, bytes, size);
}

void ask_text(struct peer *client, const struct program *server,
              const char *text)
{
    ask(client, server, text, strlen(text));
}

// It has got more than the check has seen.
static bool has_more(void *subject)
{
    const struct peer *peer = subject;
    return peer->datagrams->count > peer->taken;
}

static const char *endpoint_named(const union endpoint *endpoint)
{
    char text[ENDPOINT_TEXT_SIZE];
    return formatted("%s", endpoint_text(endpoint, text));
}

// The answer has come from elsewhere.
static void expect_sender(struct program *server, struct peer *client,
                          const struct datagram *got)
{
    const char *asked = endpoint_named(&server->address);
    const char *from = endpoint_named(&got->from);
    if (strcmp(asked, from) == 0)
        return;
    const bool same_port = got->from.v4.sin_port == server->address.v4.sin_port;
    const struct failure failure = {
        .program = server,
        .peer = client,
        // An option that was refused may be the cause, and the calls tell.
        .is_sure = !has_seen(EINVAL),
        .means =
            same_port
                ? formatted(
                      "The client had asked %s, and its answer came from %s. "
                      "Who looks at where an answer is from drops this one, "
                      "and a connected socket never shows it. A socket that is "
                      "bound to every address sends from the one that the way "
                      "back begins at. To which one a datagram was sent, "
                      "recvmsg() tells beside it, if IP_PKTINFO or "
                      "IPV6_RECVPKTINFO asks for that; and sendmsg() takes the "
                      "same as what to send from. Read: man 7 ip, IP_PKTINFO; "
                      "man 7 ipv6.",
                      asked, from)
                : formatted("The client had asked %s, and its answer came from "
                            "%s: another socket. Answer from the one that has "
                            "received the question, or from one that is bound "
                            "to the same port.",
                            asked, from),
    };
    expect_fail(&failure, formatted("the answer from %s", asked), "one from %s",
                from);
}

void expect_answer(struct program *server, struct peer *client,
                   const void *bytes, size_t size)
{
    struct failure failure = {
        .wait = stage_wait(has_more, client),
        .program = server,
        .peer = client,
        .awaits = AWAITS_DATAGRAM,
    };
    if (!has_more(client))
        expect_fail(&failure,
                    formatted("the %zu bytes of the datagram sent back", size),
                    "no answer");
    const size_t number = client->taken++;
    const struct datagram *got = &client->datagrams->got[number];
    expect_sender(server, client, got);
    const unsigned char *answer = datagrams_bytes(client, number);
    if (got->size == size && (size == 0 || memcmp(answer, bytes, size) == 0))
        return;
    failure.wait = WAIT_MET;
    failure.awaits = AWAITS_NOTHING;
    failure.expected = bytes;
    failure.expected_size = size;
    failure.actual = answer;
    failure.actual_size = got->size;
    if (got->size == size)
        failure.means = "As many bytes have come back as were sent, and they "
                        "are others: what goes back stands where the receiving "
                        "call has put it. Do both calls get the same address "
                        "for that?";
    expect_fail(&failure, formatted("the same %zu bytes back", size),
                got->size == size ? "%zu that differ" : "%zu", got->size);
}

void expect_answer_text(struct program *server, struct peer *client,
                        const char *text)
{
    expect_answer(server, client, text, strlen(text));
}

bool is_next_answer(const struct peer *client, const char *text)
{
    const size_t number = client->taken;
    return number < client->datagrams->count &&
           client->datagrams->got[number].size == strlen(text) &&
           memcmp(datagrams_bytes(client, number), text, strlen(text)) == 0;
}

void expect_echoed(struct program *server, struct peer *client,
                   const void *bytes, size_t size)
{
    ask(client, server, bytes, size);
    expect_answer(server, client, bytes, size);
}

void expect_service(struct program *server)
{
    struct peer *client =
        server->address.any.sa_family == AF_INET6 ? come_from("::1") : come();
    expect_echoed(server, client, HELLO, strlen(HELLO));
}

void expect_nothing_else(struct program *server, struct peer *client,
                         const char *means)
{
    expect_quiet(server);
    const struct failure failure = {
        .program = server, .peer = client, .means = means, .is_sure = true};
    if (has_more(client))
        expect_fail(&failure, "nothing more for that client",
                    "a datagram of %zu bytes",
                    client->datagrams->got[client->taken].size);
}

bool is_answered(struct program *server, struct peer *client, const char *text)
{
    ask_text(client, server, text);
    expect_quiet(server);
    if (!has_more(client))
        return false;
    expect_answer_text(server, client, text);
    return true;
}
