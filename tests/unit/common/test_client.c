// common/client: what it connects to, and what it says of what it can't.

#include "client.h"
#include "unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SAID_SIZE = 512 };

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(folder);
    int count = 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

// A socket at a port of 127.0.0.1, written to PORT; nobody else can have it.
static int hold_port(char port[8])
{
    union endpoint address;
    ck_assert_int_eq(endpoint_make("127.0.0.1", 0, &address), 0);
    int held = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(held, &address.any, endpoint_size(&address)), 0);
    snprintf(port, 8, "%d", ntohs(local_of(held).v4.sin_port));
    return held;
}

// Connects, and gives what was said on stderr meanwhile. It opens no
// descriptor but the one that it returns.
static int try_to_connect(const char *host, const char *port,
                          char said[SAID_SIZE])
{
    int ends[2], kept = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    int before = count_descriptors();
    int fd = client_connect("connects", host, port);
    int opened = count_descriptors() - before;
    dup2(kept, STDERR_FILENO); // now the pipe ends
    close(kept);
    close(ends[1]);
    ssize_t size = read(ends[0], said, SAID_SIZE - 1);
    ck_assert_int_ge(size, 0);
    said[size] = '\0';
    close(ends[0]);
    ck_assert_int_eq(opened, fd == -1 ? 0 : 1);
    return fd;
}

START_TEST(connects_to_who_listens)
{
    char port[8], said[SAID_SIZE];
    int listener = hold_port(port);
    ck_assert_int_eq(listen(listener, 1), 0);
    int fd = try_to_connect("127.0.0.1", port, said);
    ck_assert_int_ge(fd, 0);
    ck_assert_str_eq(said, "");
    union endpoint peer;
    socklen_t size = sizeof peer;
    int accepted = accept(listener, &peer.any, &size);
    ck_assert_uint_eq(peer.v4.sin_port, local_of(fd).v4.sin_port);
    close(accepted);
    close(fd);
    close(listener);
}
END_TEST

START_TEST(says_that_nobody_listens)
{
    char port[8], said[SAID_SIZE], expected[SAID_SIZE];
    int held = hold_port(port);
    ck_assert_int_eq(try_to_connect("127.0.0.1", port, said), -1);
    snprintf(expected, sizeof expected,
             "connects: connect to HOST '127.0.0.1', PORT '%s': addresses "
             "tried: 1; the last: %s\n",
             port, strerror(ECONNREFUSED));
    ck_assert_str_eq(said, expected);
    close(held);
}
END_TEST

START_TEST(says_that_there_is_no_such_name)
{
    char said[SAID_SIZE];
    static const char expected[] = "connects: HOST '1:2', PORT '7': ";
    // No name may have such a form: nobody has to be asked.
    ck_assert_int_eq(try_to_connect("1:2", "7", said), -1);
    ck_assert_msg(strncmp(said, expected, strlen(expected)) == 0, "%s", said);
    ck_assert_uint_gt(strlen(said), strlen(expected) + 1);
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

START_TEST(says_that_there_is_no_such_port)
{
    static const char *const ports[] = {"65536", "", "-1", " 7"};
    char said[SAID_SIZE], expected[SAID_SIZE];
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        ck_assert_int_eq(try_to_connect("127.0.0.1", ports[i], said), -1);
        snprintf(expected, sizeof expected,
                 "connects: HOST '127.0.0.1', PORT '%s': %s\n", ports[i],
                 gai_strerror(EAI_SERVICE));
        ck_assert_str_eq(said, expected);
    }
}
END_TEST

Suite *client_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *tcase = tcase_create("client");
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, connects_to_who_listens);
    tcase_add_test(tcase, says_that_nobody_listens);
    tcase_add_test(tcase, says_that_there_is_no_such_name);
    tcase_add_test(tcase, says_that_there_is_no_such_port);
    suite_add_tcase(suite, tcase);
    return suite;
}
