// The channel's end of a socket pair, whose other end is the peer; what it says
// goes to memory.

#include "channel.h"
#include "net.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEADER                                         \
    "{\"byteorder\":\"big\",\"content-type\":\"a/b\"," \
    "\"content-encoding\":\"c\",\"content-length\":41}"

enum { AT_ONCE = 64 * 1024, ALL = AT_ONCE + 20000 };

static struct channel channel;
static int peer;
static char *said;
static size_t said_size;

// STREAM is stdout or stderr.
static void begin(FILE **stream)
{
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    peer = pair[1];
    channel = (struct channel){.fd = pair[0],
                               .address = {.sin_family = AF_INET,
                                           .sin_port = htons(7007),
                                           .sin_addr = {htonl(0x7f000001)}},
                               .kind = "request"};
    *stream = open_memstream(&said, &said_size);
    ck_assert_ptr_nonnull(*stream);
}

// What was said to standard error is TEXT, behind the program and the address.
static void expect_complaint(const char *text)
{
    char want[512];
    int size = snprintf(want, sizeof want, "%s: 127.0.0.1:7007: %s\n",
                        program_invocation_short_name, text);
    ck_assert_int_lt(size, (int)sizeof want);
    ck_assert_int_eq(fflush(stderr), 0);
    ck_assert_uint_eq(said_size, (size_t)size);
    ck_assert_mem_eq(said, want, said_size);
    rewind(stderr);
}

static void expect_silence(void)
{
    ck_assert_int_eq(fflush(stderr), 0);
    ck_assert_uint_eq(said_size, 0);
}

static void expect_received(const void *bytes, size_t size)
{
    ck_assert_uint_eq(buffer_size(&channel.received), size);
    if (size > 0)
        ck_assert_mem_eq(buffer_bytes(&channel.received), bytes, size);
}

static void put(const void *bytes, size_t size)
{
    ck_assert_int_eq(buffer_append(&channel.received, bytes, size), 0);
}

START_TEST(receives_what_is_there)
{
    static char bytes[ALL];
    memset(bytes, 'x', sizeof bytes);
    begin(&stderr);
    ck_assert_int_eq(write(peer, "ab", 2), 2);
    ck_assert_int_eq(channel_receive(&channel), 0);
    expect_received("ab", 2);
    ck_assert_int_eq(write(peer, "c\0d", 3), 3);
    ck_assert_int_eq(channel_receive(&channel), 0);
    expect_received("abc\0d", 5);
    buffer_free(&channel.received);

    ck_assert_int_eq(write(peer, bytes, sizeof bytes), ALL);
    ck_assert_int_eq(channel_receive(&channel), 0);
    expect_received(bytes, AT_ONCE);
    ck_assert_int_eq(channel_receive(&channel), 0);
    expect_received(bytes, ALL);
    ck_assert(!channel.peer_finished);
    ck_assert_uint_eq(channel.processed, 0);
    expect_silence();
}
END_TEST

START_TEST(receives_nothing)
{
    begin(&stderr);
    ck_assert_int_eq(net_set_nonblocking(channel.fd), 0);
    ck_assert_int_eq(channel_receive(&channel), 0);
    ck_assert(!channel.peer_finished);
    expect_received("", 0);
    ck_assert_ptr_null(channel.received.memory);
    expect_silence();
}
END_TEST

static void no_action(int signal)
{
    (void)signal;
}

START_TEST(is_interrupted)
{
    begin(&stderr);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = no_action}, NULL);
    pid_t test = getpid(), helper = fork_helper();
    if (helper == 0) {
        await_call(test, SYS_recvfrom);
        kill(test, SIGUSR1);
        _exit(0);
    }
    ck_assert_int_eq(channel_receive(&channel), 0);
    ck_assert(!channel.peer_finished);
    expect_received("", 0);
    expect_silence();
    int status;
    ck_assert_int_eq(waitpid(helper, &status, 0), helper);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(notes_the_end)
{
    begin(&stderr);
    ck_assert_int_eq(write(peer, "ab", 2), 2);
    close(peer);
    ck_assert_int_eq(channel_receive(&channel), 0);
    ck_assert(!channel.peer_finished);
    ck_assert_int_eq(channel_receive(&channel), 0);
    ck_assert(channel.peer_finished);
    expect_received("ab", 2);
    expect_silence();
}
END_TEST

START_TEST(complains_of_a_reset)
{
    begin(&stderr);
    ck_assert_int_eq(write(channel.fd, "x", 1), 1);
    close(peer); // with a byte unread
    ck_assert_int_eq(channel_receive(&channel), -1);
    expect_complaint("recv: Connection reset by peer");
    ck_assert(!channel.peer_finished);
    expect_received("", 0);
}
END_TEST

START_TEST(complains_without_memory)
{
    begin(&stderr);
    ck_assert_int_eq(write(peer, "x", 1), 1);
    unsigned char byte;
    channel.received = (struct buffer){
        .memory = &byte, .from = 1, .to = SIZE_MAX, .room = SIZE_MAX};
    ck_assert_int_eq(channel_receive(&channel), -1);
    expect_complaint("receive: Cannot allocate memory");
}
END_TEST

START_TEST(drops_and_counts)
{
    begin(&stderr);
    put("abcdef", 6);
    channel_drop(&channel, 0);
    expect_received("abcdef", 6);
    channel_drop(&channel, 2);
    expect_received("cdef", 4);
    ck_assert_uint_eq(channel.processed, 2);
    channel_drop(&channel, 4);
    expect_received("", 0);
    ck_assert_uint_eq(channel.processed, 6);
}
END_TEST

START_TEST(waits_for_the_protoheader)
{
    begin(&stderr);
    ck_assert_int_eq(channel_process_protoheader(&channel), 0);
    put("\1", 1);
    ck_assert_int_eq(channel_process_protoheader(&channel), 0);
    ck_assert_uint_eq(channel.header_length, 0);
    ck_assert_uint_eq(channel.processed, 0);
    put("\2{", 2);
    ck_assert_int_eq(channel_process_protoheader(&channel), 0);
    ck_assert_uint_eq(channel.header_length, 0x0102);
    expect_received("{", 1);
    ck_assert_uint_eq(channel.processed, 2);
    expect_silence();
}
END_TEST

START_TEST(refuses_a_protoheader)
{
    begin(&stderr);
    put("\0\0{", 3);
    ck_assert_int_eq(channel_process_protoheader(&channel), -1);
    expect_complaint("malformed request: the header's length is 0 (at byte 0)");
    // It is where the stream has it, not the buffer.
    channel.processed = 165;
    ck_assert_int_eq(channel_process_protoheader(&channel), -1);
    expect_complaint(
        "malformed request: the header's length is 0 (at byte 165)");
    expect_received("\0\0{", 3);
    ck_assert_uint_eq(channel.header_length, 0);
}
END_TEST

START_TEST(waits_for_the_header)
{
    begin(&stderr);
    channel.header_length = sizeof HEADER - 1;
    for (const char *byte = HEADER; *byte != '\0'; byte++) {
        ck_assert_int_eq(channel_process_jsonheader(&channel), 0);
        ck_assert(!channel.has_header);
        put(byte, 1);
    }
    channel.processed = 2;
    ck_assert_int_eq(channel_process_jsonheader(&channel), 0);
    ck_assert(channel.has_header);
    ck_assert(channel.header.big_endian);
    ck_assert_str_eq(channel.header.type, "a/b");
    ck_assert_str_eq(channel.header.encoding, "c");
    ck_assert_uint_eq(channel.header.content_length, 41);
    expect_received("", 0);
    ck_assert_uint_eq(channel.processed, 2 + sizeof HEADER - 1);
    expect_silence();
}
END_TEST

START_TEST(leaves_what_is_behind_the_header)
{
    begin(&stderr);
    channel.header_length = sizeof HEADER - 1;
    put(HEADER "xyz", sizeof HEADER - 1 + 3);
    ck_assert_int_eq(channel_process_jsonheader(&channel), 0);
    ck_assert(channel.has_header);
    expect_received("xyz", 3);
}
END_TEST

START_TEST(refuses_a_header)
{
    begin(&stderr);
    channel.kind = "response";
    channel.header_length = 3;
    channel.processed = 2;
    put("{x}" HEADER, 3 + sizeof HEADER - 1);
    ck_assert_int_eq(channel_process_jsonheader(&channel), -1);
    struct codec_problem problem;
    struct codec_header header;
    ck_assert_int_eq(codec_parse_header("{x}", 3, &header, &problem),
                     CODEC_MALFORMED);
    ck_assert_uint_gt(problem.offset, 0);
    char want[300];
    snprintf(want, sizeof want, "malformed response: %s (at byte %zu)",
             problem.why, 2 + problem.offset);
    expect_complaint(want);
    ck_assert(!channel.has_header);
    ck_assert_uint_eq(channel.processed, 2);
}
END_TEST

START_TEST(complains_of_an_end)
{
    begin(&stderr);
    put("abcdef", 1);
    ck_assert_int_eq(channel_complain_of_end(&channel, "it ended"), -1);
    expect_complaint("it ended: 1 of 2 bytes of the header's length");
    channel.header_length = 103;
    ck_assert_int_eq(channel_complain_of_end(&channel, "it ended"), -1);
    expect_complaint("it ended: 1 of 103 bytes of the header");
    channel.has_header = true;
    channel.header.content_length = 41;
    put("bcdef", 5);
    ck_assert_int_eq(channel_complain_of_end(&channel, "it broke off"), -1);
    expect_complaint("it broke off: 6 of 41 bytes of the content");
}
END_TEST

START_TEST(complains_in_one_line)
{
    begin(&stderr);
    ck_assert_int_eq(channel_complain(&channel, "%s: %d", "a", 5), -1);
    expect_complaint("a: 5");
    char text[256];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(channel_complain(&channel, "%s, and more", text), -1);
    expect_complaint(text);
}
END_TEST

static void expect_told(const char *text)
{
    ck_assert_int_eq(fflush(stdout), 0);
    ck_assert_uint_eq(said_size, strlen(text));
    ck_assert_mem_eq(said, text, said_size);
    rewind(stdout);
}

START_TEST(tells)
{
    begin(&stdout);
    channel_tell(&channel, "closing connection", NULL, 0, "to");
    expect_told("closing connection to 127.0.0.1:7007\n");
    channel_tell(&channel, "sending ", "\0g{\n\xc3\xa9%s\x1b", 9, "to");
    expect_told("sending \\x00g{\\n\\xc3\\xa9%s\\x1b to 127.0.0.1:7007\n");
    char text[1000];
    memset(text, 'x', sizeof text);
    channel_tell(&channel, "received ", text, sizeof text, "from");
    ck_assert_int_eq(fflush(stdout), 0);
    ck_assert_uint_lt(said_size, 300);
    ck_assert_ptr_nonnull(strstr(said, "xxx... from 127.0.0.1:7007\n"));
}
END_TEST

Suite *channel_suite(void)
{
    Suite *suite = suite_create("channel");
    TCase *tcase = tcase_create("channel");
    tcase_add_test(tcase, receives_what_is_there);
    tcase_add_test(tcase, receives_nothing);
    tcase_add_test(tcase, is_interrupted);
    tcase_add_test(tcase, notes_the_end);
    tcase_add_test(tcase, complains_of_a_reset);
    tcase_add_test(tcase, complains_without_memory);
    tcase_add_test(tcase, drops_and_counts);
    tcase_add_test(tcase, waits_for_the_protoheader);
    tcase_add_test(tcase, refuses_a_protoheader);
    tcase_add_test(tcase, waits_for_the_header);
    tcase_add_test(tcase, leaves_what_is_behind_the_header);
    tcase_add_test(tcase, refuses_a_header);
    tcase_add_test(tcase, complains_of_an_end);
    tcase_add_test(tcase, complains_in_one_line);
    tcase_add_test(tcase, tells);
    suite_add_tcase(suite, tcase);
    return suite;
}
