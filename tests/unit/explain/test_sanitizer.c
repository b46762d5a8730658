// What is said of a sanitizer's report. The reports are those of several
// versions of gcc and glibc, which name different functions.

#include "explain/diagnosis.h"
#include "base/style.h"
#include "unit.h"
#include "stage/stage.h"

#include <stdlib.h>
#include <string.h>

#define CRASH "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0\n"
#define OVERFLOW "==7==ERROR: AddressSanitizer: stack-buffer-overflow\n"
#define LIBC "    #0 0x7f12 (/lib/x86_64-linux-gnu/libc.so.6+0x64241)\n"
#define COMMON(line) "/sanitizer_common/sanitizer_common_interceptors" line "\n"
#define MAIN "    #9 0x557e in main server.c:276\n\n"

// The caller frees what is said.
static char *said_of(const char *report)
{
    struct program program = {.ended = true};
    program.err.bytes = strdup(report);
    ck_assert_ptr_nonnull(program.err.bytes);
    struct failure failure = {.program = &program};
    static struct explanation explanation;
    stage_begin(1, false);
    stage_current()->speaks = PROTOCOL_ECHO;
    diagnosis_make(&failure, &explanation);
    free(program.err.bytes);
    ck_assert_str_eq(explanation.detector, "sanitizer");
    char *text = strdup(explanation.text);
    ck_assert_ptr_nonnull(text);
    expect_part(text, "A sanitizer, which is built into your program, stopped");
    return text;
}

static void expect_format_blamed(const char *report, bool blamed)
{
    char *text = said_of(report);
    bool is = strstr(text, "printf() took for") != NULL;
    if (is != blamed)
        ck_abort_msg("the format is%s blamed: %s", is ? "" : " not", text);
    free(text);
}

START_TEST(blames_a_format)
{
    // gcc 12, 14; clang names no file there.
    expect_format_blamed(
        CRASH "    #0 0x7f12 in printf_common "
              "../../../../src/libsanitizer" COMMON("_format.inc:551") MAIN,
        true);
    expect_format_blamed(
        CRASH LIBC "    #2 0x7f12 in __interceptor_vasprintf "
                   "../../../../src/libsanitizer" COMMON(".inc:1693") MAIN,
        true);
    expect_format_blamed(
        CRASH LIBC "    #2 0x7f12 in vasprintf "
                   "../../../../src/libsanitizer" COMMON(".inc:1680") MAIN,
        true);
    expect_format_blamed(
        CRASH LIBC "    #1 0x55 in vprintf (/tmp/server+0x5)\n" MAIN, true);
}
END_TEST

START_TEST(blames_no_format)
{
    // Of a text that is too long, not of its format.
    expect_format_blamed(OVERFLOW
                         "    #0 0x7f12 in vsprintf "
                         "../../../../src/libsanitizer" COMMON(".inc:1") MAIN,
                         false);
    // Of a stack that is full, whatever was called last.
    expect_format_blamed("==7==ERROR: AddressSanitizer: stack-overflow\n"
                         "    #0 0x7f12 in printf_common "
                         "../../../../src/libsanitizer" COMMON(".inc:1") MAIN,
                         false);
    // Of a stack that was written over, it knows nothing.
    char *text = said_of(OVERFLOW "WRITE of size 4096 at 0x7f thread T0\n"
                                  "AddressSanitizer:DEADLYSIGNAL\n");
    expect_part(text, "It names no line of yours");
    free(text);
    // Of a stream that is none.
    expect_format_blamed(CRASH LIBC
                         "    #1 0x7f12 in vfprintf "
                         "../../../../src/libsanitizer" COMMON(".inc:1") MAIN,
                         false);
    // Of memory that asprintf() got, and that something else used.
    expect_format_blamed(OVERFLOW
                         "    #0 0x55 in answer server.c:3\n" MAIN
                         "allocated by thread T0 here:\n"
                         "    #1 0x7f12 in vasprintf "
                         "../../../../src/libsanitizer" COMMON(".inc:1") MAIN,
                         false);
}
END_TEST

#define FULL "==7==ERROR: AddressSanitizer: stack-overflow on address 0x7f\n"

// A function stands on it twice, or one takes too much.
START_TEST(tells_why_a_stack_is_full)
{
    char *text = said_of(FULL "    #0 0x55 in follow parse.c:3\n"
                              "    #1 0x55 in follow parse.c:7\n" MAIN);
    expect_part(text, "It called itself until the stack was full");
    free(text);
    // The second stack, of who made a thread, is another.
    text = said_of(FULL "    #0 0x55 in echo server.c:112\n"
                        "    #1 0x55 in serve server.c:148\n" MAIN
                        "Thread T1 created by T0 here:\n"
                        "    #0 0x55 in serve server.c:90\n");
    expect_part(text, "no function stands on it twice");
    free(text);
}
END_TEST

// A pointer that was never set is no number that stands in the wrong place.
START_TEST(knows_what_was_never_set)
{
    char *text = said_of("names.c:80:12: runtime error: member access within "
                         "misaligned address 0xfefefefefefefefe for type\n"
                         "    #0 0x55 in is_every_ipv6 names.c:80\n" MAIN);
    expect_part(text, "what was in memory before");
    free(text);
    text = said_of("names.c:80:12: runtime error: load of misaligned address "
                   "0x7ffefefefefe for type\n" MAIN);
    expect_part(text, "a multiple of the number's size");
    free(text);
}
END_TEST

// A length that nobody has kept, and where that is used.
START_TEST(knows_a_control_message)
{
#define BEYOND "socket.h:345:29: runtime error: pointer index expression "
    char *text = said_of(BEYOND "with base 0x7f overflowed to 0x1\n"
                                "    #0 0x55 in __cmsg_nxthdr socket.h:345\n"
                                "    #1 0x55 in forget datagram.c:142\n" MAIN);
    expect_part(text, "a length that nobody has set");
    expect_part(text, "what recvmsg() has made of it");
    free(text);
    text = said_of(BEYOND "with base 0x7f overflowed to 0x1\n"
                          "    #0 0x55 in echo server.c:142\n" MAIN);
    expect_part(text, "a length that nobody has set");
    ck_assert_ptr_null(strstr(text, "recvmsg"));
    free(text);
}
END_TEST

// The line of its own is there, whatever stands above it.
START_TEST(shows_the_line)
{
    char *text = said_of(CRASH LIBC MAIN);
    expect_part(text, "in main server.c:276\n");
    free(text);
}
END_TEST

Suite *sanitizer_suite(void)
{
    Suite *suite = suite_create("sanitizer");
    TCase *tcase = tcase_create("sanitizer");
    tcase_add_test(tcase, knows_a_control_message);
    tcase_add_test(tcase, blames_a_format);
    tcase_add_test(tcase, blames_no_format);
    tcase_add_test(tcase, tells_why_a_stack_is_full);
    tcase_add_test(tcase, knows_what_was_never_set);
    tcase_add_test(tcase, shows_the_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
