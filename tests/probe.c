// probe: a program that is right, by which the grader knows whether this
// machine lets programs be right (tests/harness/machine.h). It is built as a
// student's is, and does what the first lesson's does, for one small message:
//
// usage: probe 127.0.0.1 0

#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int start_listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == -1)
        err(1, "socket");
    if (bind(listener, (struct sockaddr *)&address, size) == -1)
        err(1, "bind");
    if (listen(listener, 1) == -1)
        err(1, "listen");
    if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
        err(1, "getsockname");
    printf("listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
    if (fflush(stdout) == EOF)
        err(1, "stdout");
    return listener;
}

int main(void)
{
    char bytes[16];
    int client = accept(start_listening(), NULL, NULL);
    if (client == -1)
        err(1, "accept");
    for (;;) {
        ssize_t size = recv(client, bytes, sizeof bytes, 0);
        if (size == -1)
            err(1, "recv");
        if (size == 0)
            return 0;
        if (send(client, bytes, (size_t)size, MSG_NOSIGNAL) != size)
            err(1, "send");
    }
}
