// Peers that echo: from the start, late, wrongly, and after a rest.

#include "peers.h"
#include "unit.h"
#include "stage/wait.h"

#include <string.h>
#include <sys/socket.h>

START_TEST(echoes_late)
{
    int fd;
    stage_begin(1, false);
    struct peer *peer = peers_accept(peer_serve("127.0.0.1"), &fd);
    peers_tell(fd, "abc", peer);
    peers_expect_back(fd, "", false);
    peer_echo(peer);
    peers_expect_back(fd, "abc", false);
    peers_tell(fd, "def", peer);
    peers_expect_back(fd, "def", false);
    shutdown(fd, SHUT_WR);
    peers_await(peers_have_seen_end, peer, 0);
    peers_expect_back(fd, "", true);
    stage_end();
}
END_TEST

START_TEST(echoes_after_the_end)
{
    int fd;
    stage_begin(1, false);
    struct peer *peer = peers_accept(peer_serve("127.0.0.1"), &fd);
    peers_tell(fd, "abc", peer);
    shutdown(fd, SHUT_WR);
    peers_await(peers_have_seen_end, peer, 0);
    peers_expect_back(fd, "", false);
    peer_echo(peer);
    peers_expect_back(fd, "abc", true);
    stage_end();
}
END_TEST

// Byte _i of "abcdefgh" is changed, of which "abc" came before it was told.
START_TEST(echoes_one_byte_wrongly)
{
    int fd;
    char text[] = "abcdefgh";
    stage_begin(1, false);
    struct peer *peer = peers_accept(peer_serve("127.0.0.1"), &fd);
    peers_tell(fd, "abc", peer);
    peer_echo_wrongly(peer, (size_t)_i);
    peers_tell(fd, "de", peer);
    peers_tell(fd, "fgh", peer);
    shutdown(fd, SHUT_WR);
    peers_await(peers_have_seen_end, peer, 0);
    if (_i < 8)
        text[_i] ^= 1;
    peers_expect_back(fd, text, true);
    peers_expect_in(peer, "abcdefgh");
    stage_end();
}
END_TEST

// What it is sent while it receives nothing waits until it does again.
START_TEST(echoes_once_it_reads_again)
{
    int fd;
    stage_begin(1, false);
    struct peer *peer = peers_accept(peer_serve("127.0.0.1"), &fd);
    peer_echo(peer);
    peer_stop_reading(peer);
    ck_assert_int_eq(send(fd, "abc", 3, 0), 3);
    peers_expect_back(fd, "", false);
    ck_assert_uint_eq(peer->in.size, 0);
    peer_resume_reading(peer);
    peers_await(peers_have_received, peer, 3);
    peers_expect_back(fd, "abc", false);
    stage_end();
}
END_TEST

Suite *peer_echo_suite(void)
{
    Suite *suite = suite_create("peer_echo");
    TCase *tcase = tcase_create("peer_echo");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, echoes_late);
    tcase_add_test(tcase, echoes_after_the_end);
    tcase_add_test(tcase, echoes_once_it_reads_again);
    tcase_add_loop_test(tcase, echoes_one_byte_wrongly, 0, 9);
    suite_add_tcase(suite, tcase);
    return suite;
}
