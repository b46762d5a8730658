// common/server: the child "serves" is a server by it (children_clients.c).

#include "kernel/procfs.h"
#include "peers.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "unit.h"
#include "words/expect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 3, SAID_SIZE = 1024 };

static const char *said_of(const struct peer *client, int fd)
{
    static char text[64];
    snprintf(text, sizeof text, "127.0.0.1:%d %d\n",
             ntohs(client->local.v4.sin_port), fd);
    return text;
}

static struct program *start(void)
{
    return start_server("serves", "127.0.0.1", "0");
}

// Asks for an echo, and waits for it.
static void ask(struct peer *client)
{
    peer_send_text(client, "a");
    peers_await(peers_have_received, client, client->in.size + 1);
}

static void finish(struct peer *client)
{
    peer_finish_sending(client);
    peers_await(peers_have_seen_end, client, 0);
}

// _i, here and below: traced.
START_TEST(announces_where_it_listens)
{
    char text[64];
    union endpoint is;
    stage_begin(1, _i);
    struct program *server = start();
    ck_assert(procfs_find_listener(server->pid, &is));
    snprintf(text, sizeof text, "listening on 127.0.0.1:%d\n",
             ntohs(is.v4.sin_port));
    program_signal(server, SIGTERM);
    expect_program_result(server, 0, text);
    stage_end();
}
END_TEST

// All are there from the beginning; and each has the descriptor of the first.
START_TEST(serves_one_client_after_another)
{
    char said[SAID_SIZE];
    struct peer *clients[CLIENTS];
    stage_begin(1, _i);
    struct program *server = start();
    int at = snprintf(said, sizeof said, "%s", server->out.bytes), fd = 0;
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = peer_connect_to(&server->address);
    for (int i = 1; i < CLIENTS; i++)
        peer_send_text(clients[i], "b");
    for (int i = 0; i < CLIENTS; i++) {
        ask(clients[i]);
        for (int k = i + 1; k < CLIENTS; k++)
            ck_assert_uint_eq(clients[k]->in.size, 0);
        if (i == 0)
            ck_assert_int_eq(sscanf(server->out.bytes + at, "%*s %d", &fd), 1);
        finish(clients[i]);
        at += snprintf(said + at, sizeof said - (size_t)at, "%send\n",
                       said_of(clients[i], fd));
    }
    program_signal(server, SIGTERM);
    expect_program_result(server, 0, said);
    stage_end();
}
END_TEST

// Without a client, and with one. _i: the signal, and with it that.
START_TEST(ends_in_order_at_a_signal)
{
    stage_begin(1, false);
    struct program *server = start();
    struct peer *client = NULL;
    if (_i >= 2) {
        client = peer_connect_to(&server->address);
        ask(client);
    }
    program_signal(server, _i % 2 == 0 ? SIGINT : SIGTERM);
    run_to_end(server);
    ck_assert(WIFEXITED(server->status));
    ck_assert_int_eq(WEXITSTATUS(server->status), 0);
    ck_assert_str_eq(server->err.bytes, "");
    if (client != NULL)
        peers_await(peers_have_seen_end, client, 0);
    stage_end();
}
END_TEST

// --- failures ----------------------------------------------------------------

static void expect_to_fail(struct program *server, const char *said)
{
    run_to_end(server);
    ck_assert_str_eq(server->err.bytes, said);
    ck_assert(WIFEXITED(server->status));
    ck_assert_int_eq(WEXITSTATUS(server->status), 1);
}

START_TEST(fails_where_another_listens)
{
    char port[8], said[128];
    union endpoint address;
    ck_assert_int_eq(endpoint_make("127.0.0.1", 0, &address), 0);
    int held = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(held, &address.any, endpoint_size(&address)), 0);
    ck_assert_int_eq(listen(held, 1), 0);
    snprintf(port, sizeof port, "%d", ntohs(local_of(held).v4.sin_port));
    stage_begin(1, _i);
    struct program *server = start_child("serves", "127.0.0.1", port);
    snprintf(said, sizeof said,
             "serves: listen on HOST '127.0.0.1', PORT '%s': %s\n", port,
             strerror(EADDRINUSE));
    expect_to_fail(server, said);
    ck_assert_str_eq(server->out.bytes, "");
    stage_end();
    close(held);
}
END_TEST

START_TEST(fails_without_an_address)
{
    char said[128];
    stage_begin(1, false);
    struct program *server = start_child("serves", "127.0.0.1", "65536");
    snprintf(said, sizeof said, "serves: HOST '127.0.0.1', PORT '65536': %s\n",
             gai_strerror(EAI_SERVICE));
    expect_to_fail(server, said);
    ck_assert_str_eq(server->out.bytes, "");
    stage_end();
}
END_TEST

START_TEST(fails_if_it_cant_announce_itself)
{
    const struct program_options options = {.arguments = {"127.0.0.1", "0"},
                                            .standard_output = STDOUT_FULL};
    char said[64];
    stage_begin(1, false);
    snprintf(said, sizeof said, "serves: stdout: %s\n", strerror(ENOSPC));
    expect_to_fail(program_start("serves", &options), said);
    stage_end();
}
END_TEST

// What accept(2) says of a client who is gone, and of a signal.
static const int passing[] = {
    EINTR,       ECONNABORTED, EPERM,        EPROTO,      ENETDOWN,
    ENETUNREACH, EHOSTDOWN,    EHOSTUNREACH, ENOPROTOOPT, ENONET};
static const int lasting[] = {ENOMEM, EMFILE, ENFILE, ENOBUFS, EINVAL, EBADF};
enum {
    PASSING = sizeof passing / sizeof *passing,
    LASTING = sizeof lasting / sizeof *lasting,
};

static struct program *start_with_failing_accept(int error)
{
    stage_begin(1, true);
    stage_weather(&(struct weather){.kind = WEATHER_FAIL,
                                    .calls = CALLS_ACCEPT,
                                    .error = error,
                                    .every = 2});
    return start();
}

// Each of two clients comes after a call that has failed.
START_TEST(goes_on_after_what_befell_a_client)
{
    struct program *server = start_with_failing_accept(passing[_i]);
    for (int i = 0; i < 2; i++) {
        struct peer *client = peer_connect_to(&server->address);
        ask(client);
        finish(client);
    }
    program_signal(server, SIGTERM);
    run_to_end(server);
    ck_assert_str_eq(server->err.bytes, "");
    ck_assert_int_eq(server->status, 0);
    ck_assert_uint_ge(stage_current()->tracer.weather.rule[0].seen, 4);
    stage_end();
}
END_TEST

START_TEST(ends_with_any_other_failure)
{
    char said[64];
    struct program *server = start_with_failing_accept(lasting[_i]);
    peer_connect_to(&server->address);
    snprintf(said, sizeof said, "serves: accept: %s\n", strerror(lasting[_i]));
    expect_to_fail(server, said);
    stage_end();
}
END_TEST

Suite *server_suite(void)
{
    Suite *suite = suite_create("server");
    TCase *tcase = tcase_create("server");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, announces_where_it_listens, 0, traced_end());
    tcase_add_loop_test(tcase, serves_one_client_after_another, 0,
                        traced_end());
    tcase_add_loop_test(tcase, ends_in_order_at_a_signal, 0, 4);
    tcase_add_loop_test(tcase, fails_where_another_listens, 0, traced_end());
    tcase_add_test(tcase, fails_without_an_address);
    tcase_add_test(tcase, fails_if_it_cant_announce_itself);
    suite_add_tcase(suite, tcase);
    if (traced_end() < 2)
        return suite;
    tcase_add_loop_test(tcase, goes_on_after_what_befell_a_client, 0, PASSING);
    tcase_add_loop_test(tcase, ends_with_any_other_failure, 0, LASTING);
    return suite;
}
