#include "base/random.h"
#include "unit.h"

#include <string.h>

// The reference implementation's numbers for the seed 1234567; they begin the
// test vectors of most libraries that have SplitMix64.
START_TEST(is_splitmix64)
{
    struct random random = {1234567};
    ck_assert_uint_eq(random_next(&random), UINT64_C(6457827717110365317));
    ck_assert_uint_eq(random_next(&random), UINT64_C(3203168211198807973));
    ck_assert_uint_eq(random_next(&random), UINT64_C(9817491932198370423));
    ck_assert_uint_eq(random_next(&random), UINT64_C(4593380528125082431));
    ck_assert_uint_eq(random_next(&random), UINT64_C(16408922859458223821));
}
END_TEST

START_TEST(follows_from_seed_and_purpose)
{
    struct random a = random_start(1, "peer"), b = random_start(1, "peer");
    struct random other_seed = random_start(2, "peer");
    struct random other_purpose = random_start(1, "weather");
    struct random no_purpose = random_start(1, "");
    for (int i = 0; i < 100; i++) {
        uint64_t next = random_next(&a);
        ck_assert_uint_eq(next, random_next(&b));
        ck_assert_uint_ne(next, random_next(&other_seed));
        ck_assert_uint_ne(next, random_next(&other_purpose));
        ck_assert_uint_ne(next, random_next(&no_purpose));
    }
}
END_TEST

START_TEST(stays_below_its_limit)
{
    struct random random = random_start(1, "test");
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        size_t n = random_below(&random, 7);
        if (n >= 7)
            ck_abort_msg("%zu is not below 7", n);
        seen[n]++;
    }
    // Seven standard deviations around 1000; the seed is fixed anyway.
    for (size_t i = 0; i < 7; i++)
        ck_assert(seen[i] > 790 && seen[i] < 1210);
    ck_assert_uint_eq(random_below(&random, 1), 0);
}
END_TEST

START_TEST(fills_bytes)
{
    unsigned char whole[64], part[64];
    for (size_t size = 0; size < sizeof whole; size++) {
        struct random a = random_start(9, "fill"), b = a;
        memset(part, 0xaa, sizeof part);
        random_fill(&a, whole, sizeof whole);
        random_fill(&b, part, size);
        ck_assert_mem_eq(whole, part, size);
        for (size_t i = size; i < sizeof part; i++)
            if (part[i] != 0xaa)
                ck_abort_msg("%zu bytes of %zu", i, size);
    }
    // Every byte of a word is used: no value dominates.
    static unsigned char many[65536];
    unsigned counts[256] = {0};
    struct random random = random_start(9, "fill");
    random_fill(&random, many, sizeof many);
    for (size_t i = 0; i < sizeof many; i++)
        counts[many[i]]++;
    for (size_t i = 0; i < 256; i++)
        ck_assert(counts[i] > 144 && counts[i] < 368);
}
END_TEST

// True if one of the bytes, but neither the first nor the last, is that one.
static bool stands_inside(const unsigned char *bytes, size_t size, int byte)
{
    return memchr(bytes + 1, byte, size - 2) != NULL;
}

START_TEST(makes_telling_payloads)
{
    static const int telling[] = {0, '\n', '%', '\r', '\\', 0x80, 0xff};
    static const size_t sizes[] = {RANDOM_TELLING, 65, 100, 300, 1000};
    unsigned char bytes[1000];
    for (uint64_t seed = 0; seed < 5000; seed++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            struct random random = random_start(seed, "peer");
            random_payload(&random, bytes, sizes[s]);
            for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
                if (!stands_inside(bytes, sizes[s], telling[i]))
                    ck_abort_msg("seed %d, size %zu: no %02x", (int)seed,
                                 sizes[s], (unsigned)telling[i]);
            for (size_t i = 1; i < sizes[s]; i++)
                if (bytes[i] == bytes[i - 1])
                    ck_abort_msg("seed %d, byte %zu", (int)seed, i);
        }
    // All follows from the seed.
    unsigned char again[1000];
    struct random one = random_start(7, "peer"), other = one;
    random_payload(&one, bytes, sizeof bytes);
    random_payload(&other, again, sizeof again);
    ck_assert_mem_eq(bytes, again, sizeof bytes);
    ck_assert_uint_eq(one.state, other.state);
}
END_TEST

START_TEST(makes_letters)
{
    char letters[5000];
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct random random = random_start(seed, "letters");
        random_letters(&random, letters, sizeof letters);
        for (size_t i = 0; i < sizeof letters; i++)
            if (letters[i] < 'a' || letters[i] > 'z' ||
                (i > 0 && letters[i] == letters[i - 1]))
                ck_abort_msg("seed %d, letter %zu", (int)seed, i);
    }
}
END_TEST

Suite *random_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *tcase = tcase_create("random");
    tcase_add_test(tcase, is_splitmix64);
    tcase_add_test(tcase, follows_from_seed_and_purpose);
    tcase_add_test(tcase, stays_below_its_limit);
    tcase_add_test(tcase, fills_bytes);
    tcase_add_test(tcase, makes_telling_payloads);
    tcase_add_test(tcase, makes_letters);
    suite_add_tcase(suite, tcase);
    return suite;
}
