#include "trace/format.h"
#include "base/safe.h"
#include "base/style.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// What a format function has written; the FILE * is opened by begin().
static char *text;
static size_t text_size;

static FILE *begin(void)
{
    FILE *out = open_memstream(&text, &text_size);
    ck_assert_ptr_nonnull(out);
    return out;
}

static void expect(FILE *out, const char *expected)
{
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

static void use(bool unicode)
{
    style_set(&(struct style){.unicode = unicode});
}

START_TEST(counts_columns)
{
    ck_assert_uint_eq(style_columns(""), 0);
    ck_assert_uint_eq(style_columns("abc"), 3);
    ck_assert_uint_eq(style_columns("◀──▶"), 4);
    ck_assert_uint_eq(style_columns("é…⚡𝄞"), 4);
}
END_TEST

START_TEST(chooses_characters_and_colours)
{
    ck_assert_str_eq(style_either("…", "..."), "…"); // at first
    use(false);
    ck_assert_str_eq(style_either("…", "..."), "...");
    ck_assert_str_eq(style_colour(RED), "");
    ck_assert_str_eq(style_colour(PLAIN), "");
    style_set(&(struct style){.colour = true});
    ck_assert_str_eq(style_colour(RED), "\033[31m");
    ck_assert_str_eq(style_colour(PLAIN), "\033[0m");
    ck_assert(!style_current()->unicode && style_current()->colour);
}
END_TEST

static bool unicode_with(const char *all, const char *ctype, const char *lang)
{
    setenv("LC_ALL", all, 1);
    setenv("LC_CTYPE", ctype, 1);
    setenv("LANG", lang, 1);
    return style_for(STDOUT_FILENO, false).unicode;
}

START_TEST(follows_the_locale)
{
    ck_assert(unicode_with("", "", "en_US.UTF-8"));
    ck_assert(unicode_with("", "", "C.utf8"));
    ck_assert(!unicode_with("", "", "C"));
    ck_assert(!unicode_with("", "C", "en_US.UTF-8"));
    ck_assert(!unicode_with("C", "C.UTF-8", "en_US.UTF-8"));
    ck_assert(unicode_with("C.UTF-8", "C", "C"));
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    unsetenv("LANG");
    ck_assert(!style_for(STDOUT_FILENO, false).unicode);
    ck_assert(style_for(STDOUT_FILENO, true).verbose);
}
END_TEST

START_TEST(colours_a_terminal_only)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    int null = open("/dev/null", O_WRONLY);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    ck_assert(!style_for(null, false).colour);
    if (terminal == -1)
        return; // no terminals here
    ck_assert(style_for(terminal, false).colour);
    setenv("NO_COLOR", "", 1); // no-color.org: only if it is not empty
    ck_assert(style_for(terminal, false).colour);
    setenv("NO_COLOR", "1", 1);
    ck_assert(!style_for(terminal, false).colour);
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    ck_assert(!style_for(terminal, false).colour);
}
END_TEST

static void expect_bytes(const char *bytes, size_t size, size_t limit,
                         const char *expected)
{
    FILE *out = begin();
    format_bytes(out, bytes, size, limit);
    expect(out, expected);
}

START_TEST(escapes_bytes)
{
    use(false);
    expect_bytes("", 0, 10, "\"\"");
    expect_bytes("abc", 3, 3, "\"abc\"");
    expect_bytes("abcd", 4, 3, "\"abc...\"");
    expect_bytes("a\n\"\\z", 5, 9, "\"a\\n\\\"\\\\z\"");
    expect_bytes("\0\033\x7f\x80\xff", 5, 9, "\"\\x00\\x1b\\x7f\\x80\\xff\"");
    expect_bytes("é", 2, 9, "\"\\xc3\\xa9\"");
    use(true);
    expect_bytes("abcd", 4, 3, "\"abc…\"");
    for (int byte = 0; byte < 256; byte++) {
        char one = (char)byte;
        FILE *out = begin();
        format_bytes(out, &one, 1, 1);
        fclose(out);
        for (size_t i = 0; i < text_size; i++)
            ck_assert(text[i] >= ' ' && text[i] <= '~');
        free(text);
    }
}
END_TEST

static void expect_status(int status, const char *expected)
{
    FILE *out = begin();
    format_status(out, status);
    expect(out, expected);
}

static void expect_safe(const char *given, const char *expected)
{
    char *safe = safe_text(given);
    ck_assert_str_eq(safe, expected);
    free(safe);
}

START_TEST(leaves_nothing_for_a_terminal_to_do)
{
    expect_safe("", "");
    expect_safe("as it is: ~ \n \u00a0 \u00fc \u20ac \U0001f430 \U0010ffff",
                "as it is: ~ \n \u00a0 \u00fc \u20ac \U0001f430 \U0010ffff");
    expect_safe("\033[2J\a\r\t\x7f\x01", "\\x1b[2J\\x07\\x0d\\x09\\x7f\\x01");
    // C1 controls, as UTF-8 and as single bytes.
    expect_safe("\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
    expect_safe("\x9b", "\\x9b");
    // No UTF-8: cut short, too long, a surrogate, beyond the last, no
    // beginning.
    expect_safe("\xe2\x82", "\\xe2\\x82");
    expect_safe("\xf0\x9f\x90", "\\xf0\\x9f\\x90");
    expect_safe("\xc3", "\\xc3");
    expect_safe("\xc3(", "\\xc3(");
    expect_safe("\xc0\x9b", "\\xc0\\x9b");
    expect_safe("\xe0\x82\x9b", "\\xe0\\x82\\x9b");
    expect_safe("\xf0\x80\x82\x9b", "\\xf0\\x80\\x82\\x9b");
    expect_safe("\xed\xa0\x80", "\\xed\\xa0\\x80");
    expect_safe("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
    expect_safe("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
}
END_TEST

START_TEST(names_a_status)
{
    expect_status(0, "exit status 0");
    expect_status(255 << 8, "exit status 255");
    expect_status(SIGPIPE, "killed by SIGPIPE (Broken pipe)");
    expect_status(SIGSEGV | 0x80, "killed by SIGSEGV (Segmentation fault)");
}
END_TEST

START_TEST(names_a_real_time_signal)
{
    FILE *out = begin();
    format_status(out, SIGRTMIN + 3);
    fclose(out);
    ck_assert_ptr_null(strstr(text, "null"));
    free(text);
}
END_TEST

START_TEST(shows_a_difference)
{
    use(false);
    FILE *out = begin();
    format_difference(out, "", "Hello, world", 12, "Hello, World", 12);
    expect(out, "byte 7 is the first that differs (counted from 0):\n"
                "  expected  6c 6f 2c 20 77 6f 72 6c  |lo, worl|\n"
                "  got       6c 6f 2c 20 57 6f 72 6c  |lo, Worl|\n"
                "                        ^^\n");
    out = begin();
    format_difference(out, ">", "ab", 2, "", 0);
    expect(out, ">byte 0 is the first that differs (counted from 0):\n"
                ">  expected  61 62                    |ab|\n"
                ">  got                                ||\n"
                ">            ^^\n");
    out = begin();
    format_difference(out, "", "ab", 2, "ab\n", 3);
    expect(out, "byte 2 is the first that differs (counted from 0):\n"
                "  expected  61 62                    |ab|\n"
                "  got       61 62 0a                 |ab.|\n"
                "                  ^^\n");
}
END_TEST

static void expect_call(struct call call, long number, const char *expected)
{
    FILE *out = begin();
    call.info = call_find(number);
    call.group = call.info->group;
    format_call(out, &call);
    expect(out, expected);
}

START_TEST(writes_calls)
{
    use(false);
    expect_call((struct call){.fd = 4, .asked = 100}, SYS_recvfrom,
                "recv(4, 100) ...");
    struct call call = {.fd = 4, .asked = 100, .finished = true};
    call.result = 100;
    expect_call(call, SYS_sendto, "send(4, 100) = 100");
    call.args[4] = 1;
    expect_call(call, SYS_recvfrom, "recvfrom(4, 100) = 100");
    call.result = -EINTR;
    expect_call(call, SYS_read, "read(4, 100) = -1 EINTR");
    call.result = 3;
    expect_call(call, SYS_socket, "socket() = 3");
    call.result = 0;
    expect_call(call, SYS_close, "close(4)");
    call.args[1] = SHUT_WR;
    expect_call(call, SYS_shutdown, "shutdown(4, SHUT_WR)");
    call.args[1] = SOL_SOCKET;
    call.args[2] = SO_REUSEADDR;
    expect_call(call, SYS_setsockopt, "setsockopt(4, SO_REUSEADDR)");
    memcpy(call.note, "127.0.0.1:80", 12);
    call.note_size = 12;
    call.result = -ECONNREFUSED;
    expect_call(call, SYS_connect,
                "connect(4, 127.0.0.1:80) = -1 ECONNREFUSED");
    call.result = 12;
    call.fd = 1;
    expect_call(call, SYS_write, "write(1, \"127.0.0.1:80\") = 12");
}
END_TEST

START_TEST(writes_options)
{
    use(false);
    const int value = 30;
    struct call call = {.fd = 4, .finished = true, .note_size = sizeof value};
    memcpy(call.note, &value, sizeof value);
    call.args[1] = IPPROTO_TCP;
    call.args[2] = TCP_KEEPIDLE;
    call.args[4] = sizeof value;
    expect_call(call, SYS_setsockopt, "setsockopt(4, TCP_KEEPIDLE, 30)");
    expect_call(call, SYS_getsockopt, "getsockopt(4, TCP_KEEPIDLE): 30");
    // It has asked at another level.
    call.args[1] = IPPROTO_UDP;
    expect_call(call, SYS_setsockopt, "setsockopt(4, IPPROTO_UDP, 4, 30)");
    call.args[1] = 1000;
    expect_call(call, SYS_setsockopt, "setsockopt(4, 1000, 4, 30)");
    // What it has told of the value's size is not an int's.
    call.args[1] = IPPROTO_TCP;
    call.args[4] = 1;
    call.result = -EINVAL;
    expect_call(call, SYS_setsockopt,
                "setsockopt(4, TCP_KEEPIDLE) = -1 EINVAL");
    expect_call(call, SYS_getsockopt,
                "getsockopt(4, TCP_KEEPIDLE) = -1 EINVAL");
}
END_TEST

Suite *style_format_suite(void)
{
    Suite *suite = suite_create("style_format");
    TCase *tcase = tcase_create("style");
    tcase_add_test(tcase, counts_columns);
    tcase_add_test(tcase, chooses_characters_and_colours);
    tcase_add_test(tcase, follows_the_locale);
    tcase_add_test(tcase, colours_a_terminal_only);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("format");
    tcase_add_test(tcase, escapes_bytes);
    tcase_add_test(tcase, leaves_nothing_for_a_terminal_to_do);
    tcase_add_test(tcase, names_a_status);
    tcase_add_test(tcase, names_a_real_time_signal);
    tcase_add_test(tcase, shows_a_difference);
    tcase_add_test(tcase, writes_calls);
    tcase_add_test(tcase, writes_options);
    suite_add_tcase(suite, tcase);
    return suite;
}
