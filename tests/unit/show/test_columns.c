// How a row is fitted into its columns.

#include "show/columns.h"
#include "base/style.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

// Rows for the columns alone, with places in the source.
static struct rows *make_rows(size_t count)
{
    struct rows *rows = calloc(1, sizeof *rows + count * sizeof *rows->row);
    ck_assert_ptr_nonnull(rows);
    rows->count = count;
    return rows;
}

// A call of the program, about a peer.
static void fill(struct row *row, int peer, const char *text, const char *file,
                 int line)
{
    row->peer = peer;
    row->at_us = 1234567;
    row->line = line;
    snprintf(row->program, sizeof row->program, "%s", text);
    snprintf(row->file, sizeof row->file, "%s", file);
}

// Returns head and rows as they are printed; the caller frees it.
static char *print_rows(const struct rows *rows, int focus)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct columns columns = columns_for(rows, focus, "client");
    columns_print_head(out, &columns);
    for (size_t i = 0; i < rows->count; i++)
        columns_print_row(out, &columns, &rows->row[i]);
    fclose(out);
    expect_narrow(text);
    return text;
}

// How its connect() came out is what a reader wants to know; _i is the number
// of peers, of which more than three have two columns.
START_TEST(keeps_the_result_of_a_long_call)
{
    static const char *const results[] = {") = 0",
                                          ") = -1 EINPROGRESS",
                                          ") = -1 ECONNREFUSED",
                                          ") = -1 EADDRNOTAVAIL",
                                          "): EHOSTUNREACH",
                                          ") ... blocked here",
                                          NULL};
    style_set(&(struct style){.unicode = false});
    for (size_t i = 0; results[i] != NULL; i++) {
        char call[96], place[96];
        struct rows *rows = make_rows((size_t)_i);
        snprintf(call, sizeof call, "connect(4, 127.123.123.123:54321%s",
                 results[i]);
        for (int j = 0; j < _i; j++)
            fill(&rows->row[j], j + 1, call, "select_client.c", 100 + j);
        char *text = print_rows(rows, 1);
        ck_assert_int_eq(count_parts(text, results[i]), _i);
        ck_assert_int_eq(count_parts(text, "connect(4, "), _i);
        snprintf(place, sizeof place, "select_client.c\n");
        ck_assert_int_eq(count_parts(text, place), 1);
        for (int j = 0; j < _i; j++) {
            snprintf(place, sizeof place, ":%d\n", 100 + j);
            ck_assert_int_eq(count_parts(text, place), 1);
        }
        free(text);
        free(rows);
    }
}
END_TEST

// As wide as rows come: calls, arrows, numbers. _i is the number of peers.
START_TEST(keeps_to_its_width)
{
    for (int unicode = 0; unicode < 2; unicode++) {
        style_set(&(struct style){.unicode = unicode == 1});
        struct rows *rows = make_rows(2 * (size_t)_i + 1);
        fill(&rows->row[2 * _i], 1, "recv(4, 9) = 9", "select_server.c", 345);
        for (int j = 0; j < _i; j++) {
            struct row *row = &rows->row[2 * j], *deed = row + 1;
            fill(row, j + 1,
                 "pselect(r10,11,12,13,14,... w15,16,17,18,19,...) "
                 "= 12: r10,11,12,13,14,... w15,16,17,18,19,...",
                 "select_server.c", 345);
            fill(deed, j + 1, "recv(1023, 18446744073709551615) = -1 EAGAIN",
                 _i % 2 ? "" : "select_server.c", 345);
            deed->is_deed = true;
            deed->direction = j % 3 - 1;
            strcpy(deed->grader, "send 18446744073709551615 B");
            strcpy(deed->brief, "1844674407370 B");
        }
        free(print_rows(rows, _i));
        free(rows);
    }
}
END_TEST

START_TEST(cuts_in_whole_characters)
{
    style_set(&(struct style){.unicode = true});
    struct rows *rows = make_rows(3);
    for (int j = 0; j < 3; j++)
        fill(&rows->row[j], j + 1,
             "select(r1,2,3,4,5,… w1,2,3,4,5,…) = 1: w5 ⚡", "select_server.c",
             10);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct columns columns = columns_for(rows, 1, "client");
    ck_assert(columns_tell_peers_apart(&columns));
    columns_print_row(out, &columns, &rows->row[0]);
    fclose(out);
    ck_assert_uint_le(style_columns(text), STYLE_WIDTH + 1);
    expect_part(text, "  select(r1,2,3,4,5,… w…) = 1: w5 ⚡ :10\n");
    free(text);
    free(rows);
}
END_TEST

Suite *columns_suite(void)
{
    Suite *suite = suite_create("columns");
    TCase *tcase = tcase_create("columns");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, keeps_the_result_of_a_long_call, 1, 6);
    tcase_add_loop_test(tcase, keeps_to_its_width, 1, 6);
    tcase_add_test(tcase, cuts_in_whole_characters);
    suite_add_tcase(suite, tcase);
    return suite;
}
