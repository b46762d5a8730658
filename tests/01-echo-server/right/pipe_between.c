// Two processes with a pipe between: one receives, the other one sends.

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

static int copy(int from, int to, bool to_socket)
{
    char buffer[3000];
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got == 0)
            return 0;
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return -1;
        if (to_socket && net_send_all(to, buffer, (size_t)got) == -1)
            return -1;
        for (ssize_t done = 0; !to_socket && done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put == -1 && errno != EINTR)
                return -1;
            if (put > 0)
                done += put;
        }
    }
}

static int serve(int client)
{
    // A reader that has failed has said so already: what the writer of the
    // pipe then meets is only an echo of that.
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    if (pipe(ends) == -1)
        return -1;
    pid_t child = fork();
    if (child == -1)
        return -1;
    if (child == 0) {
        close(ends[1]);
        int result = copy(ends[0], client, true);
        if (result == -1)
            complain("send");
        _exit(result == 0 ? 0 : 1);
    }
    close(ends[0]);
    int result = copy(client, ends[1], false), reason = errno;
    close(ends[1]);
    int status;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    if (status != 0)
        exit(1);
    errno = reason;
    return result;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    if (argc != 3 || net_parse_address(argv[1], argv[2], &address) == -1) {
        fprintf(stderr, "usage: echo_server HOST PORT\n");
        return 2;
    }
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
        listen(listener, 8) == -1 ||
        net_local_address(listener, &address) == -1) {
        complain("listener");
        return 1;
    }
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("listening on %s\n", net_address_text(&address, text, sizeof text));
    fflush(stdout);
    int client;
    while ((client = accept(listener, NULL, NULL)) == -1)
        if (errno != EINTR) {
            complain("accept");
            return 1;
        }
    close(listener);
    if (serve(client) == -1) {
        complain("echo");
        return 1;
    }
    return 0;
}
