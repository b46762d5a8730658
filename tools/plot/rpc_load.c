// rpc_load HOST PORT SECONDS
//
// Asks lesson 09's rpc_server for as much as it takes: requests of 64 KiB, one
// behind the other, by one thread, while another receives the responses. Prints
// how many MB came back in a second.

#include "client.h"
#include "transfer.h"

#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LENGTH = 65536, WHOLE = 4 + LENGTH };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Sends request after request, until the connection is shut down.
static void *send_requests(void *argument)
{
    static unsigned char request[WHOLE];
    const uint32_t header = htonl(LENGTH);
    memcpy(request, &header, sizeof header);
    while (send_all(*(const int *)argument, request, sizeof request) == 0)
        ;
    return NULL;
}

int main(int argc, char *argv[])
{
    static unsigned char response[WHOLE];
    if (argc != 4)
        errx(2, "usage: rpc_load HOST PORT SECONDS");
    int server = client_connect("rpc_load", argv[1], argv[2]);
    if (server == -1)
        return EXIT_FAILURE;
    pthread_t sender;
    if (pthread_create(&sender, NULL, send_requests, &server) != 0)
        errx(1, "no thread");
    const double begun = now(), seconds = strtod(argv[3], NULL);
    size_t count = 0, received;
    while (now() - begun < seconds) {
        if (recv_exactly(server, response, sizeof response, &received) !=
            TRANSFER_COMPLETE)
            errx(1, "the server has gone");
        count++;
    }
    printf("%.1f\n", (double)count * LENGTH / (now() - begun) / 1e6);
    shutdown(server, SHUT_RDWR);
    return EXIT_SUCCESS;
}
