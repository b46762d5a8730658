#include "tracer/connections.h"
#include "unit.h"

enum { A = 1000, B = 2000 };

START_TEST(knows_nothing_at_first)
{
    struct connections all = {.count = 0};
    ck_assert_uint_eq(connections_port(&all, A, 4), 0);
    connections_drop(&all, A, 4);
    connections_copy(&all, A, B);
    ck_assert_uint_eq(connections_port(&all, B, 4), 0);
    connections_free(&all);
}
END_TEST

START_TEST(tells_processes_and_descriptors_apart)
{
    struct connections all = {.count = 0};
    connections_set(&all, A, 4, 11);
    connections_set(&all, B, 4, 22);
    connections_set(&all, A, 5, 33);
    ck_assert_uint_eq(connections_port(&all, A, 4), 11);
    ck_assert_uint_eq(connections_port(&all, B, 4), 22);
    ck_assert_uint_eq(connections_port(&all, A, 5), 33);
    ck_assert_uint_eq(connections_port(&all, B, 5), 0);
    connections_free(&all);
}
END_TEST

START_TEST(replaces)
{
    struct connections all = {.count = 0};
    connections_set(&all, A, 4, 11);
    connections_set(&all, B, 4, 22);
    connections_set(&all, A, 4, 65535);
    ck_assert_uint_eq(connections_port(&all, A, 4), 65535);
    ck_assert_uint_eq(connections_port(&all, B, 4), 22);
    ck_assert_uint_eq(all.count, 2);
    connections_free(&all);
}
END_TEST

// _i says which of three is dropped: the first, one between, the last.
START_TEST(drops)
{
    struct connections all = {.count = 0};
    for (int i = 0; i < 3; i++)
        connections_set(&all, A, 4 + i, (uint16_t)(10 + i));
    connections_set(&all, B, 4 + _i, 77);
    connections_drop(&all, A, 4 + _i);
    connections_drop(&all, A, 99);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(connections_port(&all, A, 4 + i),
                         i == _i ? 0 : 10 + i);
    ck_assert_uint_eq(connections_port(&all, B, 4 + _i), 77);
    ck_assert_uint_eq(all.count, 3);
    // Its number may come again.
    connections_set(&all, A, 4 + _i, 88);
    ck_assert_uint_eq(connections_port(&all, A, 4 + _i), 88);
    connections_free(&all);
}
END_TEST

START_TEST(copies_to_a_child)
{
    struct connections all = {.count = 0};
    connections_set(&all, A, 4, 11);
    connections_set(&all, A, 5, 22);
    connections_set(&all, B + 1, 4, 33);
    connections_copy(&all, A, B);
    ck_assert_uint_eq(connections_port(&all, B, 4), 11);
    ck_assert_uint_eq(connections_port(&all, B, 5), 22);
    ck_assert_uint_eq(all.count, 5);
    // From then on each goes its own way.
    connections_drop(&all, A, 4);
    connections_set(&all, B, 5, 44);
    ck_assert_uint_eq(connections_port(&all, B, 4), 11);
    ck_assert_uint_eq(connections_port(&all, A, 5), 22);
    ck_assert_uint_eq(connections_port(&all, B + 1, 4), 33);
    connections_free(&all);
}
END_TEST

// A new thread is of the same process.
START_TEST(copies_nothing_to_itself)
{
    struct connections all = {.count = 0};
    connections_set(&all, A, 4, 11);
    connections_copy(&all, A, A);
    ck_assert_uint_eq(all.count, 1);
    ck_assert_uint_eq(connections_port(&all, A, 4), 11);
    connections_free(&all);
}
END_TEST

static uint16_t port_for(pid_t pid, int fd)
{
    return (uint16_t)(pid + fd);
}

static void expect_ports(const struct connections *all, pid_t pid, int count)
{
    for (int fd = 0; fd < count; fd++)
        if (connections_port(all, pid, fd) != port_for(pid, fd))
            ck_abort_msg("process %d, descriptor %d", (int)pid, fd);
}

// The copy makes the table grow while it is read.
START_TEST(grows)
{
    enum { MANY = 300 };
    struct connections all = {.count = 0};
    for (int fd = 0; fd < MANY; fd++) {
        connections_set(&all, A, fd, port_for(A, fd));
        connections_set(&all, B, fd, port_for(B, fd));
    }
    ck_assert_uint_eq(all.count, 2 * MANY);
    ck_assert_uint_ge(all.room, all.count);
    expect_ports(&all, A, MANY);
    expect_ports(&all, B, MANY);
    connections_copy(&all, A, A + 1);
    ck_assert_uint_eq(all.count, 3 * MANY);
    expect_ports(&all, B, MANY);
    for (int fd = 0; fd < MANY; fd++) {
        ck_assert_uint_eq(connections_port(&all, A + 1, fd), port_for(A, fd));
        connections_drop(&all, A, fd);
    }
    ck_assert_uint_eq(all.count, 2 * MANY);
    expect_ports(&all, B, MANY);
    connections_free(&all);
}
END_TEST

Suite *connections_suite(void)
{
    Suite *suite = suite_create("connections");
    TCase *tcase = tcase_create("connections");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, knows_nothing_at_first);
    tcase_add_test(tcase, tells_processes_and_descriptors_apart);
    tcase_add_test(tcase, replaces);
    tcase_add_loop_test(tcase, drops, 0, 3);
    tcase_add_test(tcase, copies_to_a_child);
    tcase_add_test(tcase, copies_nothing_to_itself);
    tcase_add_test(tcase, grows);
    suite_add_tcase(suite, tcase);
    return suite;
}
