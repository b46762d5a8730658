// Where udp_echo_server is reached, and where its answers come from.

#include "grader/grade.h"

#include "udp.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

PART(2)

// All of the program's addresses: a TCP service has the same name, and another
// port.
static void name_addresses(const char *const addresses[], const char *port)
{
    char *hosts = formatted("%s", "");
    for (size_t i = 0; addresses[i] != NULL; i++)
        hosts = formatted("%s%s " NAME "\n", hosts, addresses[i]);
    make_names(hosts,
               port == NULL
                   ? ""
                   : formatted(SERVICE " 7/tcp\n" SERVICE " %s/udp\n", port));
}

GRADED(listens_where_it_is_told, 1,
       "receives at the HOST and PORT it was given, and nowhere else",
       "Which member of what getaddrinfo() gives is the address, and how long "
       "is it?")
{
    const char *port = free_port_text();
    struct program *server = start_server(SERVER, peer_own_host(), port);
    reach_at(server, peer_own_host(), port);
    expect_service(server);
    reach_at(server, "127.0.0.1", port);
    struct peer *client = come();
    ask_text(client, server, HELLO);
    expect_nothing_else(
        server, client,
        "HOST was another address: bind() has an address, besides "
        "the port, and what is sent to others is not for it.");
}

GRADED(announces_ipv6_in_brackets, 1,
       "serves an IPv6 address, which stands in brackets in its line",
       "[::1]:80: which of the colons is the port's? And which family has the "
       "socket that you bind?")
{
    need_ipv6();
    struct program *server = serve_at("::1", NULL);
    expect_line(server, "listening on [::1]:%u",
                ntohs(server->address.v4.sin_port));
    expect_service(server);
    struct peer *client = come_from("::1");
    const void *bytes = random_bytes("the longest", LONGEST_IPV6);
    expect_echoed(server, client, bytes, LONGEST_IPV6);
    expect_echoed(server, client, "", 0);
}

// How many sockets of UDP it has bound.
static size_t bound_by(const struct program *server)
{
    struct trace *trace = stage_current()->trace;
    size_t count = 0, i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        count += call->root == server->pid && call->info->number == SYS_bind &&
                 call->on_datagrams && call->result == 0;
    return count;
}

// Who has a socket for each of the machine's addresses need not have one for
// all of 127.0.0.0/8, which no interface lists.
static void expect_served_there_if_at_all(struct program *server)
{
    struct peer *client = come();
    reach_at(server, peer_own_host(), NULL);
    const bool may_have_several =
        !programs_are_traced() || bound_by(server) > 1;
    if (may_have_several && !is_answered(server, client, HELLO))
        return;
    expect_echoed(server, client, HELLO, strlen(HELLO));
}

GRADED(listens_everywhere, 2, "serves every interface if HOST is \"\"",
       "What does getaddrinfo() take in place of a name, and with which flag?")
{
    struct program *server = serve_at("", "127.0.0.1");
    struct peer *client = come_from("127.0.0.1");
    expect_echoed(server, client, HELLO, strlen(HELLO));
    const char *port = free_port_text();
    begin_timeline_anew();
    server = start_server(SERVER, "", port);
    reach_at(server, "127.0.0.1", port);
    expect_echoed(server, client, HELLO, strlen(HELLO));
}

GRADED(answers_from_where_it_was_asked, 3,
       "answers from the address that was asked, if HOST is \"\"",
       "The machine has many addresses, and your socket is bound to all of "
       "them. From which one does sendto() send?")
{
    struct program *server = serve_at("", "127.0.0.1");
    struct peer *client = come_from("127.0.0.1");
    expect_echoed(server, client, HELLO, strlen(HELLO));
    expect_served_there_if_at_all(server);
    // Each at its own, in turn.
    reach_at(server, "127.0.0.1", NULL);
    expect_echoed(server, client, HELLO, strlen(HELLO));
    begin_timeline_anew();
    server = serve_at("0.0.0.0", "127.0.0.1");
    expect_served_there_if_at_all(server);
}

// Finds an IPv6 address of this machine besides ::1, which is not of one link
// only. Returns it; NULL if there is none.
static const char *another_ipv6_address(void)
{
    struct ifaddrs *all;
    char text[NI_MAXHOST] = "";
    if (getifaddrs(&all) == -1)
        return NULL;
    for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        struct sockaddr_in6 address;
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET6)
            continue;
        memcpy(&address, one->ifa_addr, sizeof address);
        if (!IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) &&
            !IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr))
            inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
    }
    freeifaddrs(all);
    return *text == '\0' ? NULL : formatted("%s", text);
}

GRADED(serves_both_families, 2, "serves IPv4 and IPv6 if HOST is \"\"",
       "The list has 0.0.0.0 and ::. What does each of them serve, and what "
       "does IPV6_V6ONLY say? To which address was it sent, and which option "
       "has that told?")
{
    need_ipv6();
    const char *port = free_port_text();
    struct program *server = start_server(SERVER, "", port);
    reach_at(server, "::1", port);
    expect_service(server);
    reach_at(server, "127.0.0.1", NULL);
    expect_service(server);
    const char *another = another_ipv6_address();
    if (another == NULL)
        return;
    // From the right address, if at all: who sends the answer out by the
    // interface that the question came in by, does not reach this client.
    reach_at(server, another, NULL);
    is_answered(server, come_from("::1"), HELLO);
}

GRADED(says_itself_whom_ipv6_serves, 1,
       "serves both families also where IPv6 sockets serve only IPv6",
       "ip-sysctl: net.ipv6.bindv6only is 0 on most machines, not on all. "
       "Which option says it for one socket?")
{
    need_ipv6();
    make_ipv6_only();
    struct program *server = serve_at("", "::1");
    expect_service(server);
    reach_at(server, "127.0.0.1", NULL);
    expect_service(server);
}

GRADED(does_without_ipv6, 1, "serves by IPv4 where the machine has no IPv6",
       "socket() fails with EAFNOSUPPORT for one of the addresses. How many "
       "are left?")
{
    make_no_ipv6();
    struct program *server = serve_at("", "127.0.0.1");
    expect_service(server);
    expect_served_there_if_at_all(server);
}

GRADED(listens_by_name, 1,
       "serves the address that a name stands for, and a service's UDP port",
       "Which of the hints says that it is UDP that you want?")
{
    const char *port = free_port_text();
    name_addresses((const char *const[]){peer_own_host(), NULL}, port);
    struct program *server = start_server(SERVER, NAME, SERVICE);
    reach_at(server, peer_own_host(), port);
    expect_service(server);
}

GRADED(listens_on_the_first_it_can_have, 1,
       "serves the first address of a name that can be had",
       "bind() failed for one of them. How many are left?")
{
    struct peer *other = come_from("127.2.8.101");
    const char *port =
        formatted("%u", (unsigned)ntohs(other->local.v4.sin_port));
    name_addresses((const char *const[]){"127.2.8.101", peer_own_host(), NULL},
                   NULL);
    struct program *server = start_server(SERVER, NAME, port);
    reach_at(server, peer_own_host(), port);
    expect_service(server);
}

GRADED(refuses_a_bad_port, 1, "refuses a PORT that is no port and no service",
       "What does getaddrinfo() make of 65616? Of \"\", and of \" 80\"?")
{
    static const char *const bad[] = {"65536", "4294967376",      "",   "-1",
                                      " 80",   "no-such-service", "+80"};
    static const char why[] =
        "getaddrinfo() takes a number for a port as strtoul() does: of 65616 "
        "it makes 80, without a word, and of \"\" 0. Look at what is all "
        "digits yourself, and at what is empty or has a sign or a space before "
        "it.";
    make_names("", "");
    for (size_t i = 0; i < COUNT(bad); i++) {
        begin_timeline_anew();
        struct program *server =
            start_with_arguments(SERVER, "127.0.0.1", bad[i]);
        const struct failure failure = {
            .program = server, .means = why, .is_sure = true};
        expect_quiet(server);
        if (!server->ended)
            expect_fail(&failure,
                        formatted("PORT \"%s\" to be refused, with status 1 or "
                                  "2",
                                  bad[i]),
                        "a program that goes on");
        if (!ended_with(server, 2))
            expect_complaint(server, 1);
    }
}
