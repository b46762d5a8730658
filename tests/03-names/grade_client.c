// What dual_client promises: every address that a name has is tried.

#include "grader/grade.h"

#include "dual.h"
#include "words/content.h"
#include "words/exchanges.h"
#include "words/naming.h"
#include "words/weathers.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>

PART(3)

enum { DEAD = 5 };

// NAME has COUNT addresses where nobody is, and behind them LAST; or NULL.
static void name_dead_addresses(int count, const char *last)
{
    const char *addresses[count + 2];
    for (int i = 0; i < count; i++)
        addresses[i] = strdup(dead_address(i + 1));
    addresses[count] = last;
    addresses[count + 1] = NULL;
    name_addresses(addresses, 0);
}

GRADED(says_when_no_address_answers, 2,
       "the client says how many addresses it tried, and why the last failed",
       "Who counts the attempts? And what does close() do to errno?")
{
    name_dead_addresses(DEAD, NULL);
    struct program *client =
        start_with_arguments(CLIENT, NAME, free_port_text());
    expect_error(client, 1, ECONNREFUSED);
    expect_tried(client, DEAD);
    // Of several reasons it is the last one's.
    begin_timeline_anew();
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = EHOSTUNREACH});
    client = start_with_arguments(CLIENT, NAME, free_port_text());
    expect_error(client, 1, ECONNREFUSED);
    end_weather();
    begin_timeline_anew();
    name_dead_addresses(1, NULL);
    fail_always(CALLS_CONNECT, ENETUNREACH);
    client = start_with_arguments(CLIENT, NAME, free_port_text());
    expect_error(client, 1, ENETUNREACH);
    expect_tried(client, 1);
}

GRADED(exchanges_by_name, 2,
       "the client connects by name, says to whom, and prints the echo",
       "Which socket is connected, and which call tells to whom?")
{
    struct peer *server = serve();
    name_addresses((const char *const[]){peer_own_host(), NULL}, 0);
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
    begin_timeline_anew();
    server = serve();
    expect_exchange_with(server, start_client_at(NULL, server, NULL));
}

GRADED(exchanges_by_service, 1,
       "the client takes the name of a service for PORT",
       "Which argument of getaddrinfo() is the port?")
{
    struct peer *server = serve();
    name_addresses((const char *const[]){peer_own_host(), NULL},
                   ntohs(server->local.v4.sin_port));
    expect_exchange_with(server, start_client_by_service(server));
}

GRADED(exchanges_over_ipv6, 1,
       "the client connects to an IPv6 address, and prints it in brackets",
       "Which family has the socket: always the same, or the address's?")
{
    need_ipv6();
    struct peer *server = peer_listen("::1");
    peer_echo(server);
    expect_exchange_with(server, start_client_at(NULL, server, NULL));
}

GRADED(tries_every_address, 3,
       "the client tries the next address when one does not answer",
       "After a connect() that failed: is the socket still good for another "
       "attempt? And what leads from one address to the next?")
{
    struct peer *server = serve();
    name_dead_addresses(1, peer_own_host());
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
    begin_timeline_anew();
    server = serve();
    name_dead_addresses(DEAD, peer_own_host());
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
    // Whatever the reason is. The one that answers is amid the others, as not
    // everyone begins with the first; getaddrinfo() puts the ones first that
    // have most bits in common with 127.0.0.1 (RFC 6724).
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = ENETUNREACH});
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = ETIMEDOUT});
    begin_timeline_anew();
    name_addresses((const char *const[]){"127.2.7.101", "127.2.7.102",
                                         "127.2.7.103", peer_own_host(),
                                         "127.192.7.104", "127.192.7.105",
                                         NULL},
                   0);
    server = serve();
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
}

// One family's server, and at the other family's address nobody.
static struct peer *serve_beside(const char *host, const char *dead)
{
    struct peer *server = NULL;
    do {
        if (server != NULL)
            peer_forget(server);
        server = peer_listen(host);
        peer_echo(server);
    } while (!peer_keep_refusing(dead, ntohs(server->local.v4.sin_port)));
    return server;
}

GRADED(tries_the_other_family, 2,
       "the client tries IPv4 when no one answers by IPv6, and vice versa",
       "Each address of the list says which family it is of. Where do you look "
       "at that?")
{
    need_ipv6();
    name_addresses((const char *const[]){"::1", peer_own_host(), NULL}, 0);
    struct peer *server = serve_beside(peer_own_host(), "::1");
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
    begin_timeline_anew();
    name_addresses((const char *const[]){peer_own_host(), "::1", NULL}, 0);
    server = serve_beside("::1", peer_own_host());
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
}

GRADED(closes_what_failed, 1,
       "the client closes the socket of each attempt that failed",
       "How many descriptors are open when the fifth attempt has failed?")
{
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_client_at(NULL, server, NULL);
    expect_connection(client, server);
    struct level before = level_of(client);
    peer_close(server);
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    name_dead_addresses(DEAD, peer_own_host());
    client = start_client_at(NAME, server, NULL);
    expect_connection(client, server);
    expect_no_more_open(client, &before);
}

GRADED(keeps_a_scope, 1,
       "the client connects to a link-local address on the link it names",
       "In fe80::1%lo, what is \"%lo\", and where does it stand in a struct "
       "sockaddr_in6?")
{
    need_ipv6();
    make_weather((struct weather){
        .kind = WEATHER_FAIL, .calls = CALLS_CONNECT, .error = EHOSTUNREACH});
    struct program *client =
        start_with_arguments(CLIENT, "fe80::1%lo", free_port_text());
    expect_error(client, 1, EHOSTUNREACH);
    expect_attempt_at_scope(client, if_nametoindex("lo"));
}

GRADED(survives_a_signal_in_connect, 1,
       "the client goes on when a signal interrupts connect()",
       "connect() returned -1 with EINTR. Has the attempt ended?")
{
    fail_every_second(CALLS_CONNECT | CALLS_WAIT, EINTR);
    struct peer *server = serve();
    name_dead_addresses(2, peer_own_host());
    expect_exchange_with(server, start_client_at(NAME, server, NULL));
    begin_timeline_anew();
    expect_error(start_with_arguments(CLIENT, NAME, free_port_text()), 1,
                 ECONNREFUSED);
}

GRADED(exchanges_in_bad_weather, 2,
       "the client gets it all in bad weather: signals and short counts",
       "It is your exchange() of lesson 02. Did it pass there?")
{
    fail_some(MOVING_CALLS, EINTR, 30);
    cut_most(500);
    char *message = random_text("message", KIB(20));
    struct peer *server = serve();
    expect_exchange(server, start_client_at(NULL, server, message), message,
                    strlen(message));
}

static void exchange_input(size_t size)
{
    void *message = random_bytes("message", size);
    struct peer *server = serve();
    struct program *client = start_client(
        CLIENT, server,
        (struct program_options){
            .arguments = {[2] = "-"}, .input = message, .input_size = size});
    expect_exchange(server, client, message, size);
}

GRADED(exchanges_4_mib, 1, "the client exchanges 4 MiB from standard input",
       "Your program sends, the server echoes, the kernel holds what nobody "
       "has received yet. What happens when it can hold no more?")
{
    expect_4_mib_exchanged(exchange_input);
}

GRADED(reports_an_early_end, 1,
       "the client prints what came, and how much is missing, at an early end",
       "recv() returned 0, but not all has come back. Is that a success?")
{
    enum { SENT = 5000, BACK = 1777 };
    char *message = random_text("letters", SENT);
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, BACK, FAREWELL_FINISH);
    struct program *client = start_client_at(NULL, server, message);
    expect_exit_status(client, 1);
    expect_line(client, "received: %.*s", BACK, message);
    expect_number_on_stderr(client, SENT - BACK, BACK);
}

GRADED(reports_a_reset, 1,
       "the client ends with status 1 and the reason when the server resets",
       "Another address won't help any more: the exchange has begun.")
{
    struct peer *server = peer_listen(peer_own_host());
    peer_echo_only(server, 5, FAREWELL_RESET);
    name_addresses((const char *const[]){peer_own_host(), NULL}, 0);
    expect_error(start_client_at(NAME, server, NULL), 1, ECONNRESET);
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    peer_echo_only(server, KIB(16) + 100, FAREWELL_RESET);
    const char *message = random_text("letters", KIB(16) + 600);
    struct program *client = start_client_at(NULL, server, message);
    expect_exit_status(client, 1);
    expect_received_at_most(client, message);
}

GRADED(client_waits_for_days, 1,
       "the client waits for its reply as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_client_at(NULL, server, NULL);
    expect_connection(client, server);
    time_passes(client, HOURS(24));
    peer_send(server, HELLO, 5);
    time_passes(client, HOURS(24));
    peer_send(server, &HELLO[5], strlen(HELLO) - 5);
    peer_finish_sending(server); // some read on to that
    expect_exchange_with(server, client);
    // And for the connection itself, whether or not a signal comes meanwhile.
    begin_timeline_anew();
    take_long(HOURS(24));
    server = serve();
    expect_exchange_with(server, start_client_at(NULL, server, NULL));
    begin_timeline_anew();
    end_weather();
    fail_every_second(CALLS_CONNECT, EINTR);
    take_long(HOURS(24));
    server = serve();
    expect_exchange_with(server, start_client_at(NULL, server, NULL));
}

GRADED(frees_the_list, 1,
       "the client has freed what getaddrinfo() gave it when all went well",
       "Which pointer does freeaddrinfo() take: the list's first, or the one "
       "that you went on with?")
{
    without_tracer();
    struct peer *server = serve();
    struct program *client = start_client(
        CLIENT, server,
        (struct program_options){.finds_leaks = true, .forgets_stack = true});
    wants_only(server, strlen(HELLO));
    expect_no_leak(client);
}
