// Expectations about servers: that they start, and where they listen.

#include "explain/hand_trace.h"
#include "stage/peer.h"
#include "stage/stage.h"
#include "unit.h"
#include "words/checked.h"
#include "words/expect.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void starts(void)
{
    // It can't make that directory, and so announces its own port.
    struct program *server = start_server("announces", "/", "0");
    struct peer *first = connect_to(server);
    ck_assert(first->connected);
    struct peer *telling = connect_from_telling_port(server);
    ck_assert_int_ne(telling->local.v4.sin_port,
                     htons(telling->local.v4.sin_port));
    ck_assert_int_ne(telling->local.v4.sin_port,
                     htons(first->local.v4.sin_port));
    expect_no_listener_at(server, "127.0.0.2");
}

static void says_something_else(void)
{
    start_server("writes", "I am listening on 127.0.0.1:1\n", "");
}

static void says_half_a_line(void)
{
    start_server("writes", "listening on 127.0.0.1:1", "");
}

static void says_nothing_and_waits(void)
{
    start_server("blocks", "127.0.0.1", "0");
}

static void announces_port_0(void)
{
    start_server("writes", "Hello\nlistening on 127.0.0.1:0\n", "");
}

static void announces_too_high_a_port(void)
{
    start_server("writes", "listening on 127.0.0.1:65536\n", "");
}

static void announces_no_port(void)
{
    start_server("writes", "listening on localhost\n", "");
}

// The program, made by hand, has announced the address of a socket of this
// process that listens at HOST, or only has it.
static void has_socket_at(const char *host, bool listens)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    union endpoint address;
    ck_assert_int_eq(endpoint_make(host, 0, &address), 0);
    ck_assert_int_eq(bind(fd, &address.any, endpoint_size(&address)), 0);
    if (listens)
        ck_assert_int_eq(listen(fd, 5), 0);
    hand_begin();
    hand.program.address = local_of(fd);
    endpoint_make("127.0.0.1", hand.program.address.v4.sin_port,
                  &hand.program.address);
}

static void listens_everywhere(void)
{
    has_socket_at("0.0.0.0", true);
    expect_no_listener_at(&hand.program, "127.0.0.2");
}

static void does_not_listen(void)
{
    has_socket_at("127.0.0.1", false);
    connect_to(&hand.program);
}

static void is_held_up(void)
{
    struct program *program = start_ready("blocks", NULL);
    thread_add(&stage_current()->tracer, program->pid)->phase = THREAD_HELD;
    expect_held(program);
}

static void ends_without_being_held_up(void)
{
    hand_begin();
    hand_ends(HAND_EXIT(0));
    expect_held(&hand.program);
}

static void forgets_what_was(void)
{
    hand_begin();
    hand_call(SYS_recvfrom, 4, 10, 10);
    begin_timeline_anew();
    ck_assert_uint_eq(stage_current()->trace->count, 0);
    ck_assert(programs_are_traced());
    without_tracer();
    ck_assert(!programs_are_traced());
}

#define LINE "the line \"listening on HOST:PORT\" on stdout"
#define REAL "\"listening on HOST:PORT\" with the real port"

static const struct outcome_of outcomes[] = {
    {starts, NULL, NULL},
    {says_something_else, LINE,
     "no such line: your program ended: exit status 0"},
    {says_half_a_line, LINE, "no such line: your program ended: exit status 0"},
    {says_nothing_and_waits, LINE, "no such line: your program waits"},
    {announces_port_0, REAL,
     "\"listening on 127.0.0.1:0\": your program ended: exit status 0"},
    {announces_too_high_a_port, REAL,
     "\"listening on 127.0.0.1:65536\": your program ended: exit status 0"},
    {announces_no_port, REAL,
     "\"listening on localhost\": your program ended: exit status 0"},
    {listens_everywhere, "to be refused at 127.0.0.2: HOST was another address",
     "a connection: your program still runs"},
    {is_held_up, NULL, NULL},
    {ends_without_being_held_up,
     "your program to send or receive on its socket",
     "it did not: your program ended: exit status 0"},
    {forgets_what_was, NULL, NULL},
};

START_TEST(comes_to_that)
{
    expect_outcome(&outcomes[_i]);
}
END_TEST

START_TEST(names_the_address_that_refuses)
{
    const struct verdict *verdict = checked(does_not_listen, false);
    int port, end = -1;
    ck_assert_int_eq(verdict->outcome, FAILED);
    sscanf(verdict->expected,
           "to connect to 127.0.0.1:%d, as your program announced%n", &port,
           &end);
    ck_assert_msg(end == (int)strlen(verdict->expected), "%s",
                  verdict->expected);
    ck_assert_str_eq(verdict->got,
                     "Connection refused: your program still runs");
}
END_TEST

static void makes_weather(void)
{
    make_weather((struct weather){.kind = WEATHER_HOLD, .calls = CALLS_SEND});
    ck_assert_uint_eq(stage_current()->tracer.weather.count, 1);
}

START_TEST(makes_no_weather_untraced)
{
    ck_assert_int_eq(checked(makes_weather, true)->outcome, PASSED);
    const struct verdict *verdict = checked(makes_weather, false);
    ck_assert_int_eq(verdict->outcome, NOT_RUN);
    ck_assert_str_eq(verdict->got, NEEDS_TRACER);
}
END_TEST

Suite *expect_server_suite(void)
{
    Suite *suite = suite_create("expect_server");
    TCase *tcase = tcase_create("expect_server");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, comes_to_that, 0,
                        sizeof outcomes / sizeof *outcomes);
    tcase_add_test(tcase, names_the_address_that_refuses);
    tcase_add_test(tcase, makes_no_weather_untraced);
    suite_add_tcase(suite, tcase);
    return suite;
}
