// Two unbuffered stdio streams on the socket, one byte at a time.
// Case: survives

#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void complain(const char *call)
{
    fprintf(stderr, "echo_server: %s: %s\n", call, strerror(errno));
}

static int serve(int client)
{
    signal(SIGPIPE, SIG_IGN);
    FILE *in = fdopen(client, "r");
    FILE *out = fdopen(dup(client), "w");
    if (in == NULL || out == NULL)
        return -1;
    setvbuf(in, NULL, _IONBF, 0);
    setvbuf(out, NULL, _IONBF, 0);
    for (;;) {
        int byte = getc(in);
        if (byte == EOF && ferror(in) && errno == EINTR) {
            clearerr(in);
            continue;
        }
        if (byte == EOF)
            return ferror(in) ? -1 : 0;
        // Unbuffered, a byte is written at once or not at all.
        while (putc(byte, out) == EOF) {
            if (errno != EINTR)
                return -1;
            clearerr(out);
        }
    }
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
