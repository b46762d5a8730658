// Addresses and ports in which every mistake with the byte order shows.

#include "words/expect.h"
#include "kernel/procfs.h"
#include "unit.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROUNDS = 4000,
    // Left to luck, 15 of them would have two bytes that are the same. One that
    // was in TIME_WAIT when the others were taken may come back.
    MIRRORED = 3,
};

// A socket with a port of HOST that the kernel chooses for it.
static int bound(in_addr_t host, int reuse)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = host};
    ck_assert_int_ne(fd, -1);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

// As every server, whatever its HOST, and with SO_REUSEADDR or without.
static void expect_telling_ports(void)
{
    const in_addr_t hosts[] = {htonl(INADDR_LOOPBACK), htonl(INADDR_ANY),
                               inet_addr(peer_own_host())};
    int mirrored = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int fd = bound(hosts[i % 3], i % 2);
        uint16_t port = local_of(fd).v4.sin_port;
        mirrored += port == htons(port);
        close(fd);
    }
    ck_assert_int_le(mirrored, MIRRORED);
}

START_TEST(lets_the_kernel_choose_telling_ports)
{
    stage_begin(1, false); // more descriptors may be open from here on
    peer_take_mirrored_ports();
    expect_telling_ports();
}
END_TEST

// Two graders side by side have them both, and the one that is left too.
START_TEST(takes_them_beside_another)
{
    int ends[2];
    char byte;
    stage_begin(1, false);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t helper = fork_helper();
    if (helper == 0) {
        peer_take_mirrored_ports();
        _exit(write(ends[1], "", 1) == 1 && pause() == -1);
    }
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    peer_take_mirrored_ports();
    kill(helper, SIGKILL);
    ck_assert_int_eq(waitpid(helper, NULL, 0), helper);
    expect_telling_ports();
}
END_TEST

START_TEST(has_peers_at_telling_ports)
{
    stage_begin(1, false);
    for (int i = 0; i < ROUNDS / 2; i++) {
        struct peer *peers[] = {peer_listen("127.0.0.1"),
                                peer_serve(peer_own_host())};
        for (int k = 0; k < 2; k++) {
            uint16_t port = peers[k]->local.v4.sin_port;
            ck_assert(port != htons(port) && !peer_port_is_mirrored(port));
            peer_forget(peers[k]);
        }
    }
    ck_assert(peer_port_is_mirrored(0x8181) && peer_port_is_mirrored(0x0101));
    stage_end();
}
END_TEST

// A server that announces such a port at first is started anew, and nothing is
// left of it, in the trace or of the weather. _i: traced.
START_TEST(starts_a_server_anew)
{
    char directory[] = "ports.XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/announced", directory);
    stage_begin(1, _i);
    stage_weather(&(struct weather){.kind = WEATHER_FAIL,
                                    .calls = CALLS_SETUP,
                                    .error = EINVAL,
                                    .first = 1000});
    struct program *server = start_server("announces", path, "0");
    struct program *before = server->next;
    rmdir(path);
    rmdir(directory);
    ck_assert_int_ne(ntohs(server->address.v4.sin_port), 0x8181);
    union endpoint is;
    ck_assert(procfs_find_listener(server->pid, &is));
    ck_assert_int_eq(is.v4.sin_port, server->address.v4.sin_port);
    ck_assert_ptr_nonnull(before);
    ck_assert(before->ended && before->next == NULL);
    struct stage *stage = stage_current();
    unsigned calls = 0;
    for (size_t i = 0; i < stage->trace->count; i++) {
        const struct call *call = trace_call(stage->trace, i);
        ck_assert(call == NULL || call->pid == server->pid);
        calls += call != NULL && call->group == CALLS_SETUP && call->on_socket;
    }
    ck_assert_uint_eq(stage->tracer.weather.rule[0].seen, calls);
    stage_end();
}
END_TEST

// Its bytes exchanged, it is a port that is given to nobody.
START_TEST(has_telling_free_ports)
{
    for (int i = 0; i < 200; i++) {
        pid_t helper = fork_helper();
        if (helper == 0) {
            uint16_t port = peer_free_port();
            _exit((port & 255) > port >> 8 ? 0 : 1);
        }
        int status;
        ck_assert_int_eq(waitpid(helper, &status, 0), helper);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

static uint32_t backwards(uint32_t address)
{
    return address >> 24 | (address >> 8 & 0xff00) | (address & 0xff00) << 8 |
           address << 24;
}

START_TEST(has_a_telling_host_for_each_process)
{
    static unsigned char seen[1 << 21]; // a bit for each address in 127/8
    for (unsigned pid = 1; pid < 1U << 22; pid += pid < 1U << 17 ? 1 : 13) {
        uint32_t host = ntohl(inet_addr(peer_host_of(pid)));
        unsigned last = host & 0xffffff;
        if (host >> 24 != 127 || last >> 16 < 64 || last == 0xffffff ||
            backwards(host) == host || (seen[last / 8] & 1U << last % 8) != 0)
            ck_abort_msg("process %u has %s", pid, peer_host_of(pid));
        seen[last / 8] |= (unsigned char)(1U << last % 8);
    }
}
END_TEST

Suite *ports_suite(void)
{
    Suite *suite = suite_create("ports");
    TCase *tcase = tcase_create("ports");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, lets_the_kernel_choose_telling_ports);
    tcase_add_test(tcase, takes_them_beside_another);
    tcase_add_test(tcase, has_peers_at_telling_ports);
    tcase_add_loop_test(tcase, starts_a_server_anew, 0, traced_end());
    tcase_add_test(tcase, has_telling_free_ports);
    tcase_add_test(tcase, has_a_telling_host_for_each_process);
    suite_add_tcase(suite, tcase);
    return suite;
}
