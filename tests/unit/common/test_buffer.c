#include "buffer.h"
#include "base/random.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static void expect_waiting(const struct buffer *buffer, const void *bytes,
                           size_t size)
{
    // Not with ck_assert(), which takes long: this is called very often.
    if (buffer_size(buffer) != size)
        ck_abort_msg("%zu bytes wait, not %zu", buffer_size(buffer), size);
    if (size > 0 && memcmp(buffer_bytes(buffer), bytes, size) != 0)
        ck_abort_msg("of %zu bytes that wait, some are wrong", size);
}

START_TEST(is_empty_at_first)
{
    struct buffer buffer = {.memory = NULL};
    ck_assert_uint_eq(buffer_size(&buffer), 0);
    ck_assert_ptr_null(buffer_bytes(&buffer));
    ck_assert_int_eq(buffer_append(&buffer, NULL, 0), 0);
    buffer_drop(&buffer, 0);
    buffer_added(&buffer, 0);
    ck_assert_ptr_null(buffer.memory);
    ck_assert_ptr_nonnull(buffer_reserve(&buffer, 0));
    ck_assert_uint_eq(buffer_size(&buffer), 0);
    buffer_free(&buffer);
    buffer_free(&buffer);
    ck_assert_ptr_null(buffer_bytes(&buffer));
    ck_assert_int_eq(buffer_append(&buffer, "abc", 3), 0);
    expect_waiting(&buffer, "abc", 3);
    buffer_drop(&buffer, 3);
    ck_assert_int_eq(buffer_append(&buffer, "de", 2), 0);
    expect_waiting(&buffer, "de", 2);
}
END_TEST

START_TEST(has_the_room_that_was_reserved)
{
    struct buffer buffer = {.memory = NULL};
    unsigned char want[3000];
    for (size_t size = 0; size <= 1000; size++) {
        // Two bytes stay, and what is reserved is filled to its last byte.
        ck_assert_int_eq(buffer_append(&buffer, "0123456789", 10), 0);
        buffer_drop(&buffer, 8);
        unsigned char *place = buffer_reserve(&buffer, size);
        ck_assert_ptr_eq(place, buffer_bytes(&buffer) + 2);
        expect_waiting(&buffer, "89", 2);
        memset(place, (int)size, size);
        buffer_added(&buffer, size / 2);
        memcpy(want, "89", 2);
        memset(want + 2, (int)size, size);
        expect_waiting(&buffer, want, 2 + size / 2);
        // It is the same place until there is more in it.
        ck_assert_ptr_eq(buffer_reserve(&buffer, 0), place + size / 2);
        buffer_added(&buffer, size - size / 2);
        expect_waiting(&buffer, want, 2 + size);
        if (size % 2 == 0)
            buffer_free(&buffer);
        else
            buffer_drop(&buffer, 2 + size);
    }
}
END_TEST

// Appends and takes at random, up to _i bytes at once. What waits must always
// be the same part of a long array; for a queue that stays short, so does what
// it holds of memory.
START_TEST(is_a_queue)
{
    static unsigned char bytes[1024 * 1024];
    struct random random = random_start((uint64_t)_i, "buffer");
    struct buffer buffer = {.memory = NULL};
    size_t from = 0, to = 0, most = 64;
    random_fill(&random, bytes, sizeof bytes);
    while (to + (size_t)_i < sizeof bytes && to < (size_t)_i * 4000) {
        size_t size = random_below(&random, (size_t)_i + 1);
        if (to - from + size > most)
            most = to - from + size;
        if (random_below(&random, 2) == 0) {
            memcpy(buffer_reserve(&buffer, size), bytes + to, size);
            buffer_added(&buffer, size);
        } else {
            ck_assert_int_eq(buffer_append(&buffer, bytes + to, size), 0);
        }
        to += size;
        expect_waiting(&buffer, bytes + from, to - from);
        size = random_below(&random, (size_t)_i * 2);
        size = size < to - from ? size : to - from;
        buffer_drop(&buffer, size);
        from += size;
        expect_waiting(&buffer, bytes + from, to - from);
        ck_assert_uint_le(buffer.room, 4 * most);
    }
}
END_TEST

START_TEST(grows_seldom)
{
    struct buffer buffer = {.memory = NULL};
    int grown = 0;
    for (size_t i = 0; i < 1024 * 1024; i++) {
        size_t room = buffer.room;
        buffer_append(&buffer, &i, 1);
        grown += buffer.room != room;
    }
    ck_assert_uint_eq(buffer_size(&buffer), 1024 * 1024);
    // 256 bytes at first, and doubled 12 times.
    ck_assert_int_le(grown, 13);
    ck_assert_uint_eq(buffer.room, 1024 * 1024);
}
END_TEST

// Of a queue of _i bytes no more are moved to the front than were taken.
START_TEST(moves_seldom)
{
    struct buffer buffer = {.memory = NULL};
    size_t taken = 0, moved = 0;
    for (int i = 0; i < _i; i++)
        buffer_append(&buffer, "x", 1);
    while (taken < 100000) {
        buffer_drop(&buffer, 1);
        taken++;
        size_t from = buffer.from;
        buffer_append(&buffer, "x", 1);
        if (buffer.from < from)
            moved += buffer_size(&buffer) - 1;
        if (moved > taken)
            ck_abort_msg("taken %zu, moved %zu", taken, moved);
    }
    ck_assert_uint_eq(buffer_size(&buffer), (size_t)_i);
    ck_assert_uint_le(buffer.room, 1024);
}
END_TEST

// Once it held 30 MiB; of what waits now, no more than four times as much is
// kept, or 256 KiB.
START_TEST(shrinks)
{
    static char bytes[30 * 1024 * 1024];
    struct buffer buffer = {.memory = NULL};
    for (size_t left = 0; left <= sizeof bytes; left = 4 * left + 1) {
        memset(bytes, (int)left, sizeof bytes);
        ck_assert_int_eq(buffer_append(&buffer, bytes, sizeof bytes), 0);
        buffer_drop(&buffer, sizeof bytes - left);
        expect_waiting(&buffer, bytes, left);
        ck_assert(buffer.room <= 4 * left || buffer.room <= 256 * 1024);
        buffer_drop(&buffer, left);
        ck_assert_uint_le(buffer.room, 256 * 1024);
    }
}
END_TEST

// In small steps it is emptied with a few moves, and what stands at a border is
// not moved at each step over it.
START_TEST(shrinks_seldom)
{
    static char bytes[4 * 1024 * 1024];
    struct buffer buffer = {.memory = NULL};
    size_t changed = 0, room;
    ck_assert_int_eq(buffer_append(&buffer, bytes, sizeof bytes), 0);
    while (room = buffer.room, buffer_size(&buffer) > 0) {
        buffer_drop(&buffer, 64);
        changed += buffer.room != room;
        room = buffer.room;
        ck_assert_int_eq(buffer_append(&buffer, "x", 1), 0);
        changed += buffer.room != room;
        buffer_drop(&buffer, 1);
    }
    ck_assert_uint_le(changed, 6); // doubled once, and halved five times
    ck_assert_uint_eq(buffer.room, 256 * 1024);
}
END_TEST

START_TEST(refuses_what_no_memory_can_hold)
{
    static const size_t taken[] = {0, 1, 40, 50, 60, 100};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct buffer buffer = {.memory = NULL};
        unsigned char bytes[100];
        size_t left = sizeof bytes - taken[i];
        memset(bytes, (int)i, sizeof bytes);
        ck_assert_int_eq(buffer_append(&buffer, bytes, sizeof bytes), 0);
        buffer_drop(&buffer, taken[i]);
        for (size_t less = 0; less < left + 10; less++) {
            errno = 0;
            ck_assert_ptr_null(buffer_reserve(&buffer, SIZE_MAX - less));
            ck_assert_int_eq(errno, ENOMEM);
        }
        errno = 0;
        ck_assert_int_eq(buffer_append(&buffer, bytes, SIZE_MAX), -1);
        ck_assert_int_eq(errno, ENOMEM);
        expect_waiting(&buffer, bytes, left);
        ck_assert_int_eq(buffer_append(&buffer, bytes, sizeof bytes), 0);
        ck_assert_uint_eq(buffer_size(&buffer), left + sizeof bytes);
    }
    struct buffer none = {.memory = NULL};
    ck_assert_ptr_null(buffer_reserve(&none, SIZE_MAX));
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert_ptr_null(buffer_bytes(&none));
    ck_assert_int_eq(buffer_append(&none, "x", 1), 0);
}
END_TEST

static struct buffer full(void)
{
    struct buffer buffer = {.memory = NULL};
    ck_assert_ptr_nonnull(buffer_reserve(&buffer, 256));
    buffer_added(&buffer, 256);
    ck_assert_uint_eq(buffer.room, 256);
    buffer_drop(&buffer, 250);
    close(STDERR_FILENO); // what abort() says is no news
    return buffer;
}

START_TEST(drops_no_more_than_waits)
{
    struct buffer buffer = full();
    buffer_drop(&buffer, 7);
}
END_TEST

START_TEST(adds_no_more_than_has_room)
{
    struct buffer buffer = full();
    buffer_added(&buffer, 1);
}
END_TEST

Suite *buffer_suite(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tcase = tcase_create("buffer");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, is_empty_at_first);
    tcase_add_test(tcase, has_the_room_that_was_reserved);
    static const int sizes[] = {1, 10, 300, 5000, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        tcase_add_loop_test(tcase, is_a_queue, sizes[i], sizes[i] + 1);
    tcase_add_test(tcase, grows_seldom);
    tcase_add_loop_test(tcase, moves_seldom, 250, 260);
    tcase_add_test(tcase, shrinks);
    tcase_add_test(tcase, shrinks_seldom);
    tcase_add_test(tcase, refuses_what_no_memory_can_hold);
    tcase_add_test_raise_signal(tcase, drops_no_more_than_waits, SIGABRT);
    tcase_add_test_raise_signal(tcase, adds_no_more_than_has_room, SIGABRT);
    suite_add_tcase(suite, tcase);
    return suite;
}
