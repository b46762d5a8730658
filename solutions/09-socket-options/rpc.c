#include "rpc.h"

#include "transfer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int rpc_send(int fd, const void *bytes, size_t size)
{
    const uint32_t header = htonl((uint32_t)size);
    if (send_all(fd, &header, sizeof header) == -1)
        return -1;
    return send_all(fd, bytes, size);
}

enum rpc_result rpc_receive(int fd, unsigned char bytes[RPC_MAX], size_t *size)
{
    uint32_t header;
    size_t received;
    enum transfer result = recv_exactly(fd, &header, sizeof header, &received);
    if (result == TRANSFER_END)
        return RPC_END;
    if (result == TRANSFER_COMPLETE) {
        *size = ntohl(header);
        if (*size > RPC_MAX)
            return RPC_TOO_LONG;
        result = recv_exactly(fd, bytes, *size, &received);
    }
    if (result == TRANSFER_COMPLETE)
        return RPC_DONE;
    return result == TRANSFER_FAILED ? RPC_FAILED : RPC_BROKEN;
}

const char *rpc_problem(enum rpc_result result, char text[RPC_TEXT_SIZE])
{
    const char *problem = "";
    switch (result) {
    case RPC_DONE: break;
    case RPC_END: problem = "the end"; break;
    case RPC_BROKEN: problem = "a part, and then the end"; break;
    case RPC_TOO_LONG: problem = "a length that is too great"; break;
    case RPC_FAILED: problem = strerror(errno); break;
    }
    snprintf(text, RPC_TEXT_SIZE, "%s", problem);
    return text;
}
