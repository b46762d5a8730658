// Names as a program meets them that asks for them: children_net.c says which
// it was given.

#include "tracer/resolver.h"

#include "stage/stage.h"
#include "stage/wait.h"
#include "trace/trace.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static struct resolver *begin(const char *hosts, const char *services)
{
    stage_begin(1, true);
    struct resolver *resolver = &stage_current()->tracer.resolver;
    ck_assert_int_eq(resolver_make(resolver, hosts, services), 0);
    return resolver;
}

static void resolves(const char *host, const char *service, const char *says)
{
    expect_program_result(start_child("resolves", host, service), 0, says);
}

START_TEST(has_the_names_that_were_made)
{
    begin("127.1.2.3 one\n127.1.2.4 two\n127.1.2.5 two\n", "news 7654/tcp\n");
    resolves("one", "80", "127.1.2.3:80 3");
    resolves("two", "news", "127.1.2.4:7654 127.1.2.5:7654 3");
    resolves("127.1.2.9", "news", "127.1.2.9:7654 3");
    stage_end();
}
END_TEST

START_TEST(has_no_others)
{
    begin("127.1.2.3 one\n", "");
    resolves("localhost", "80", "Name or service not known 3");
    resolves("no.such.host", "80", "Name or service not known 3");
    resolves("one", "http", "Servname not supported for ai_socktype 3");
    stage_end();
}
END_TEST

START_TEST(makes_names_anew)
{
    struct resolver *resolver = begin("127.1.2.3 one\n", "");
    char before[PATH_MAX];
    struct stat facts;
    snprintf(before, sizeof before, "%s", resolver->path[0]);
    ck_assert_int_eq(stat(before, &facts), 0);
    ck_assert_int_eq(resolver_make(resolver, "127.1.2.4 two\n", ""), 0);
    resolves("two", "1", "127.1.2.4:1 3");
    resolves("one", "1", "Name or service not known 3");
    ck_assert_int_eq(stat(before, &facts), -1);
    snprintf(before, sizeof before, "%s", resolver->path[0]);
    stage_end();
    ck_assert_int_eq(stat(before, &facts), -1);
}
END_TEST

// To sort several addresses, libc connects a socket for datagrams to each.
START_TEST(leaves_out_what_libc_does_for_itself)
{
    begin("127.1.2.3 one\n127.1.2.4 one\n", "");
    stage_weather(&(struct weather){.kind = WEATHER_FAIL,
                                    .calls = CALLS_CONNECT,
                                    .error = ECONNREFUSED,
                                    .every = 1,
                                    .stays = true});
    resolves("one", "80", "127.1.2.3:80 127.1.2.4:80 3");
    struct trace *trace = stage_current()->trace;
    size_t i = 0, sockets = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        ck_assert_int_ne(call->info->number, SYS_connect);
        if (call->info->number == SYS_socket)
            sockets++; // the program's own
    }
    ck_assert_uint_eq(sockets, 1);
    stage_end();
}
END_TEST

Suite *resolver_suite(void)
{
    Suite *suite = suite_create("resolver");
    TCase *tcase = tcase_create("resolver");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, has_the_names_that_were_made);
    tcase_add_test(tcase, has_no_others);
    tcase_add_test(tcase, makes_names_anew);
    tcase_add_test(tcase, leaves_out_what_libc_does_for_itself);
    suite_add_tcase(suite, tcase);
    return suite;
}
