// The children that the weather meets: what they see of it is what they say.

#include "base/names.h"
#include "net.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// A call that moves up to 100 bytes over FD, from or to two buffers of 50.
struct move {
    const char *name;
    bool sends, vector;
    ssize_t (*move)(int fd, struct iovec *vector);
};

static ssize_t move_recv(int fd, struct iovec *v)
{
    return recv(fd, v[0].iov_base, v[0].iov_len, 0);
}

static ssize_t move_read(int fd, struct iovec *v)
{
    return read(fd, v[0].iov_base, v[0].iov_len);
}

static ssize_t move_readv(int fd, struct iovec *v)
{
    return readv(fd, v, 2);
}

static ssize_t move_recvmsg(int fd, struct iovec *v)
{
    struct msghdr message = {.msg_iov = v, .msg_iovlen = 2};
    ssize_t size = recvmsg(fd, &message, 0);
    return message.msg_iovlen == 2 ? size : -2;
}

static ssize_t move_send(int fd, struct iovec *v)
{
    return send(fd, v[0].iov_base, v[0].iov_len, MSG_NOSIGNAL);
}

static ssize_t move_write(int fd, struct iovec *v)
{
    return write(fd, v[0].iov_base, v[0].iov_len);
}

static ssize_t move_writev(int fd, struct iovec *v)
{
    return writev(fd, v, 2);
}

static ssize_t move_sendmsg(int fd, struct iovec *v)
{
    struct msghdr message = {.msg_iov = v, .msg_iovlen = 2};
    ssize_t size = sendmsg(fd, &message, MSG_NOSIGNAL);
    return message.msg_iovlen == 2 ? size : -2;
}

static ssize_t move_recv_now(int fd, struct iovec *v)
{
    return recv(fd, v[0].iov_base, v[0].iov_len, MSG_DONTWAIT);
}

static ssize_t move_send_now(int fd, struct iovec *v)
{
    return send(fd, v[0].iov_base, v[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static const struct move moves[] = {
    {"recv", false, false, move_recv},
    {"read", false, false, move_read},
    {"readv", false, true, move_readv},
    {"recvmsg", false, true, move_recvmsg},
    {"send", true, false, move_send},
    {"write", true, false, move_write},
    {"writev", true, true, move_writev},
    {"sendmsg", true, true, move_sendmsg},
    {"recv now", false, false, move_recv_now},
    {"send now", true, false, move_send_now},
};

static const struct move *find_move(const char *name)
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (strcmp(moves[i].name, name) == 0)
            return &moves[i];
    exit(2);
}

// Makes the call NAME so many times, with 100 bytes to receive or room to send
// them, and says what each came to: "7 EINTR 100".
static int make_moves(const char *name, const char *times, int flags)
{
    const struct move *move = find_move(name);
    int pair[2];
    char bytes[200], halves[2][50] = {"", ""};
    memset(bytes, 'x', sizeof bytes);
    if (socketpair(AF_UNIX, SOCK_STREAM | flags, 0, pair) == -1)
        return 1;
    struct iovec both[2] = {{halves[0], 50}, {halves[1], 50}};
    struct iovec whole[2] = {{bytes, 100}, {NULL, 0}};
    struct iovec *used = move->vector ? both : whole;
    for (long i = strtol(times, NULL, 10); i > 0; i--) {
        if (!move->sends && net_send_all(pair[1], bytes, 100) == -1)
            return 1;
        ssize_t size = move->move(pair[0], used);
        // The weather must leave no trace in the program's memory.
        if (both[0].iov_len != 50 || both[1].iov_len != 50)
            return 3;
        if (size == -1)
            printf("%s ", name_of_error(errno));
        else
            printf("%zd ", size);
    }
    printf("\n");
    return 0;
}

int child_moves(char *argv[])
{
    return make_moves(argv[1], argv[2], 0);
}

int child_moves_on(char *argv[])
{
    return make_moves(argv[1], argv[2], SOCK_NONBLOCK);
}

// A copy of the address where nobody may write, not even for a moment.
static const struct sockaddr_in *seal(const struct sockaddr_in *address)
{
    void *page = mmap(NULL, sizeof *address, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        exit(2);
    memcpy(page, address, sizeof *address);
    mprotect(page, sizeof *address, PROT_READ);
    return page;
}

// As libraries do: asks a service, by its path, which is not there.
static void look_for_service(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/none"};
    int service = socket(AF_UNIX, SOCK_STREAM, 0);
    if (service == -1 ||
        connect(service, (struct sockaddr *)&address, sizeof address) == 0 ||
        errno != ENOENT)
        exit(4);
    close(service);
}

// Connects to a socket of its own that listens, or if told "refused" to one
// that does not, as a program should that knows of signals; says how it went.
int child_connects(char *argv[])
{
    struct sockaddr_in address;
    look_for_service();
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    bool refused = strcmp(argv[1], "refused") == 0;
    if (net_parse_address("127.0.0.1", "0", &address) == -1 ||
        bind(server, (struct sockaddr *)&address, sizeof address) == -1 ||
        net_local_address(server, &address) == -1 ||
        (!refused && listen(server, 1) == -1))
        return 1;
    const struct sockaddr_in *sealed = seal(&address);
    int result =
        connect(client, (const struct sockaddr *)sealed, sizeof *sealed);
    printf("%s, ", result == 0 ? "connected" : name_of_error(errno));
    if (result == -1 && errno == EINTR)
        result = net_finish_connect(client);
    printf("%s, ", result == 0 ? "connected" : name_of_error(errno));
    if (memcmp(sealed, &address, sizeof address) != 0)
        return 3;
    bool blocks = (fcntl(client, F_GETFL) & O_NONBLOCK) == 0;
    printf("%s\n", blocks ? "blocks" : "does not block");
    return 0;
}

// Says which addresses a host's name has, and which port a service's; then
// makes a socket for datagrams of its own.
int child_resolves(char *argv[])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int error = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (error != 0)
        printf("%s ", gai_strerror(error));
    for (struct addrinfo *one = list; one != NULL; one = one->ai_next) {
        char host[NI_MAXHOST], port[NI_MAXSERV];
        getnameinfo(one->ai_addr, one->ai_addrlen, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
        printf("%s:%s ", host, port);
    }
    if (list != NULL)
        freeaddrinfo(list);
    int own = socket(AF_INET, SOCK_DGRAM, 0);
    printf("%d", own);
    return close(own);
}
