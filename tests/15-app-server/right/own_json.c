// A JSON parser of its own, which keeps what it reads in one block of memory;
// responses in UTF-16, with a header in another order, more members and
// escapes, sent by sendmsg() from two places. ppoll().

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // for ppoll()
#endif
#include "net.h"

#include <endian.h>
#include <errno.h>
#include <iconv.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void say(const char *what, const struct sockaddr_in *address)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    printf("%s %s\n", what, net_address_text(address, text, sizeof text));
    fflush(stdout);
}

static void complain(const char *what, const struct sockaddr_in *address)
{
    int reason = errno;
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "app_server: %s %s: %s\n", what,
            net_address_text(address, text, sizeof text), strerror(reason));
}

static int usage(const char *problem, const char *argument)
{
    fprintf(stderr,
            "app_server: %s: '%s'\n"
            "usage: app_server HOST PORT\n",
            problem, argument);
    return 2;
}

static int arguments(int argc, char *argv[], struct sockaddr_in *address)
{
    uint16_t port;
    if (argc < 3)
        return usage("missing argument", argc < 2 ? "HOST" : "PORT");
    if (argc > 3)
        return usage("unexpected argument", argv[3]);
    if (net_parse_port(argv[2], &port) == -1)
        return usage("invalid PORT", argv[2]);
    if (net_parse_address(argv[1], argv[2], address) == -1)
        return usage("invalid HOST", argv[1]);
    return 0;
}

static int open_listener(struct sockaddr_in *address, int backlog)
{
    int fd = net_listen(address, backlog);
    if (fd != -1 && net_set_nonblocking(fd) == 0 &&
        net_local_address(fd, address) == 0)
        return fd;
    complain("listen", address);
    if (fd != -1)
        close(fd);
    return -1;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

// --- JSON: a tree of values.

enum { DEEPEST = 100 };

enum kind { NOTHING, TRUTH, NUMBER, STRING, LIST, OBJECT };

struct value {
    enum kind kind;
    bool is_whole;     // NUMBER: digits only
    long long number;  // if it is whole
    char *name, *text; // as a member; STRING, or any other as it was written
    size_t name_size, size;
    struct value *first, *next;
};

struct parser {
    const char *at, *end, *why;
};

static void free_value(struct value *v)
{
    while (v != NULL) {
        struct value *next = v->next;
        free_value(v->first);
        free(v->name);
        free(v->text);
        free(v);
        v = next;
    }
}

static bool fail(struct parser *p, const char *why)
{
    if (p->why == NULL)
        p->why = why;
    return false;
}

static void skip_space(struct parser *p)
{
    while (p->at < p->end && *p->at != '\0' && strchr(" \t\r\n", *p->at))
        p->at++;
}

static bool accept_char(struct parser *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static bool hex4(struct parser *p, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        const char digits[] = "0123456789abcdef";
        if (p->at == p->end || *p->at == '\0')
            return fail(p, "an escape is cut off");
        const char *digit = strchr(digits, *p->at | ' ');
        if (digit == NULL)
            return fail(p, "an escape has no hexadecimal digits");
        *code = *code * 16 + (unsigned)(digit - digits);
    }
    return true;
}

static char *put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *to++ = (char)((0xf00U >> more) | (code >> (6 * more)));
    while (more-- > 0)
        *to++ = (char)(0x80 | ((code >> (6 * more)) & 0x3f));
    return to;
}

static bool read_escape(struct parser *p, char **to)
{
    static const char from[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end || *p->at == '\0')
        return fail(p, "an escape is cut off");
    char c = *p->at++;
    const char *found = strchr(from, c);
    if (found != NULL) {
        *(*to)++ = meant[found - from];
        return true;
    }
    unsigned code, low;
    if (c != 'u')
        return fail(p, "an unknown escape");
    if (!hex4(p, &code))
        return false;
    if (code >= 0xdc00 && code < 0xe000)
        return fail(p, "half of a pair of surrogates");
    if (code >= 0xd800 && code < 0xdc00) {
        if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u')
            return fail(p, "half of a pair of surrogates");
        p->at += 2;
        if (!hex4(p, &low) || low < 0xdc00 || low >= 0xe000)
            return fail(p, "half of a pair of surrogates");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, code);
    return true;
}

// Copies one character of several bytes.
static bool copy_character(struct parser *p, char **to)
{
    const unsigned char *c = (const unsigned char *)p->at;
    int more = c[0] >= 0xf0 && c[0] < 0xf5   ? 3
               : c[0] >= 0xe0 && c[0] < 0xf0 ? 2
               : c[0] >= 0xc2 && c[0] < 0xe0 ? 1
                                             : 0;
    if (more == 0 || p->end - p->at <= more)
        return fail(p, "no UTF-8");
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return fail(p, "no UTF-8");
    for (int i = 0; i <= more; i++) {
        if (i > 0 && (c[i] & 0xc0) != 0x80)
            return fail(p, "no UTF-8");
        *(*to)++ = (char)c[i];
    }
    p->at += more + 1;
    return true;
}

static bool read_string(struct parser *p, char **text, size_t *size)
{
    // Nothing gets longer by being read.
    size_t length = 0, left = (size_t)(p->end - p->at);
    while (length < left && p->at[length] != '"')
        length += p->at[length] == '\\' ? 2 : 1;
    char *to = *text = malloc((length < left ? length : left) + 8);
    if (to == NULL)
        return fail(p, "no memory");
    while (p->at < p->end && *p->at != '"') {
        unsigned char c = (unsigned char)*p->at;
        if (c < ' ')
            return fail(p, "a control character in a string");
        if (c == '\\') {
            p->at++;
            if (!read_escape(p, &to))
                return false;
        } else if (c < 0x80) {
            *to++ = *p->at++;
        } else if (!copy_character(p, &to)) {
            return false;
        }
    }
    if (p->at == p->end)
        return fail(p, "a string without an end");
    p->at++;
    *to = '\0';
    *size = (size_t)(to - *text);
    return true;
}

static bool read_value(struct parser *p, struct value *v, int depth);

static bool has_member(const struct value *object, const struct value *like)
{
    for (const struct value *m = object->first; m != NULL; m = m->next)
        if (m != like && m->name_size == like->name_size &&
            memcmp(m->name, like->name, m->name_size) == 0)
            return true;
    return false;
}

static bool read_members(struct parser *p, struct value *v, int depth)
{
    char end = v->kind == LIST ? ']' : '}';
    struct value **last = &v->first;
    if (depth == DEEPEST)
        return fail(p, "nested too deep");
    if (accept_char(p, end))
        return true;
    do {
        struct value *member = *last = calloc(1, sizeof *member);
        if (member == NULL)
            return fail(p, "no memory");
        last = &member->next;
        if (v->kind == OBJECT) {
            if (!accept_char(p, '"'))
                return fail(p, "a member without a name");
            if (!read_string(p, &member->name, &member->name_size))
                return false;
            if (has_member(v, member))
                return fail(p, "a member is there twice");
            if (!accept_char(p, ':'))
                return fail(p, "a colon is missing");
        }
        if (!read_value(p, member, depth + 1))
            return false;
    } while (accept_char(p, ','));
    return accept_char(p, end) || fail(p, "a bracket is missing");
}

static bool skip_digits(struct parser *p)
{
    const char *begin = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return p->at > begin || fail(p, "neither a number nor anything else");
}

static bool read_number(struct parser *p, struct value *v)
{
    const char *begin = p->at;
    v->kind = NUMBER;
    v->is_whole = true;
    if (*p->at == '-')
        p->at++;
    const char *first = p->at;
    if (!skip_digits(p))
        return false;
    if (*first == '0' && p->at - first > 1)
        return fail(p, "a number that begins with 0");
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        v->is_whole = false;
        if (!skip_digits(p))
            return false;
    }
    if (p->at < p->end && (*p->at | ' ') == 'e') {
        p->at++;
        v->is_whole = false;
        if (p->at < p->end && (*p->at == '+' || *p->at == '-'))
            p->at++;
        if (!skip_digits(p))
            return false;
    }
    if (v->is_whole && p->at - begin > 18)
        return fail(p, "a number that is too large");
    for (const char *c = first; v->is_whole && c < p->at; c++)
        v->number = v->number * 10 + (*c - '0');
    if (*begin == '-')
        v->number = -v->number;
    return true;
}

static bool read_value(struct parser *p, struct value *v, int depth)
{
    static const char *const words[] = {"null", "true", "false"};
    skip_space(p);
    const char *begin = p->at;
    bool right = false;
    if (accept_char(p, '"')) {
        v->kind = STRING;
        return read_string(p, &v->text, &v->size);
    }
    if (accept_char(p, '[') || accept_char(p, '{')) {
        v->kind = *begin == '[' ? LIST : OBJECT;
        right = read_members(p, v, depth);
    } else if (p->at < p->end &&
               (*p->at == '-' || (*p->at >= '0' && *p->at <= '9'))) {
        right = read_number(p, v);
    }
    for (size_t i = 0; !right && p->why == NULL && i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(p->end - p->at) < length ||
            memcmp(p->at, words[i], length) != 0)
            continue;
        p->at += length;
        v->kind = i == 0 ? NOTHING : TRUTH;
        right = true;
    }
    if (!right)
        return fail(p, "no value");
    v->size = (size_t)(p->at - begin);
    v->text = strndup(begin, v->size);
    return v->text != NULL || fail(p, "no memory");
}

// Returns the value, or NULL after setting *why.
static struct value *read_json(const char *text, size_t size, const char **why)
{
    struct parser p = {.at = text, .end = text + size};
    struct value *v = calloc(1, sizeof *v);
    bool right = v != NULL && read_value(&p, v, 0);
    if (right) {
        skip_space(&p);
        if (p.at == p.end)
            return v;
        fail(&p, "something behind the JSON");
    }
    free_value(v);
    *why = p.why != NULL ? p.why : "no memory";
    return NULL;
}

static const struct value *member(const struct value *object, const char *name)
{
    if (object->kind == OBJECT)
        for (const struct value *m = object->first; m != NULL; m = m->next)
            if (m->name_size == strlen(name) &&
                memcmp(m->name, name, m->name_size) == 0)
                return m;
    return NULL;
}

static bool is_text(const struct value *v, const char *text)
{
    return v != NULL && v->kind == STRING && v->size == strlen(text) &&
           memcmp(v->text, text, v->size) == 0;
}

// --- requests and responses

// Converts all. Returns what is to be freed; NULL if it can't be.
static char *convert(const char *to, const char *from, const void *text,
                     size_t size, size_t *to_size)
{
    iconv_t converter =
        *from == '\0' || strchr(from, '/') ? (iconv_t)-1 : iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return NULL;
    size_t room = 4 * size + 16, left = room;
    char *result = malloc(room), *next = result;
    char *begin = (char *)(uintptr_t)text;
    bool right = result != NULL &&
                 iconv(converter, &begin, &size, &next, &left) != (size_t)-1 &&
                 iconv(converter, NULL, NULL, &next, &left) != (size_t)-1;
    iconv_close(converter);
    *to_size = room - left;
    if (right)
        return result;
    free(result);
    return NULL;
}

struct client {
    struct sockaddr_in address;
    unsigned char *in; // what has come
    size_t in_size, in_room;
    struct iovec out[2]; // header and content, as far as they are not sent
    char *header, *content;
    bool ended, answered;
    int fd;
};

static int refuse(const struct client *c, const char *why)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    fprintf(stderr, "app_server: no good request from %s: %s\n",
            net_address_text(&c->address, text, sizeof text), why);
    return -1;
}

// Takes over the content.
static int respond(struct client *c, const char *type, const char *encoding,
                   char *content, size_t size)
{
    char text[512];
    int length = snprintf(
        text, sizeof text,
        "{\"content\\u002dlength\":%zu,\n \"content-encoding\" : \"%s\",\t"
        "\"server\":[\"own\", {\"content-length\": 7}],"
        "\"content-type\":\"%s\",\"byteorder\":\"%s\"}\r\n",
        size, encoding, type, BYTE_ORDER == BIG_ENDIAN ? "big" : "little");
    c->content = content;
    c->header = malloc((size_t)length + 2);
    if (c->header == NULL || content == NULL)
        return refuse(c, "no memory");
    c->header[0] = (char)(length >> 8);
    c->header[1] = (char)(length & 255);
    memcpy(c->header + 2, text, (size_t)length);
    c->out[0] = (struct iovec){c->header, (size_t)length + 2};
    c->out[1] = (struct iovec){content, size};
    c->answered = true;
    return 0;
}

// Puts a text into JSON.
static void quote(FILE *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            fprintf(out, "\\%c", text[i]);
        else if ((unsigned char)text[i] < ' ')
            fprintf(out, "\\u%04X", text[i]);
        else
            fputc(text[i], out);
    }
}

static int respond_to_json(struct client *c, const struct value *request)
{
    static const char *const known[][2] = {
        {"morpheus", "Follow the white rabbit. \U0001F430"},
        {"ring", "In the caves beneath the Misty Mountains. \U0001F48D"},
        {"\U0001F436", "\U0001F43E Playing ball! \U0001F3D0"},
    };
    const struct value *action = member(request, "action");
    const struct value *value = member(request, "value");
    bool is_search = is_text(action, "search");
    const struct value *named = is_search ? value : action;
    const char *result = NULL;
    for (size_t i = 0; is_search && i < 3; i++)
        if (is_text(value, known[i][0]))
            result = known[i][1];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return refuse(c, "no memory");
    fprintf(out, "{\"more\": null, \"result\": \"%s",
            result != NULL ? result
            : is_search    ? "No match for '"
                           : "Error: invalid action '");
    if (result == NULL && named != NULL)
        quote(out, named->text, named->size);
    fputs(result != NULL ? "\"}" : "'.\"}", out);
    fclose(out);
    size_t wide_size = 0;
    char *wide = convert("UTF-16", "UTF-8", text, size, &wide_size);
    free(text);
    return respond(c, "text/json", "UTF-16", wide, wide_size);
}

static int respond_to_text(struct client *c, const char *encoding,
                           const void *content, size_t size)
{
    size_t utf8_size;
    const char *why = NULL;
    char *utf8 = convert("UTF-8", encoding, content, size, &utf8_size);
    if (utf8 == NULL)
        return refuse(c, "not in its encoding");
    struct value *request = read_json(utf8, utf8_size, &why);
    int result = request == NULL ? refuse(c, why) : respond_to_json(c, request);
    free_value(request);
    free(utf8);
    return result;
}

// Answers the request that has come, if it is complete and none is being
// answered. Returns -1 if that is the end.
static int answer(struct client *c)
{
    const char *why = "wrong members";
    size_t length = c->in_size < 2 ? 0 : (size_t)(c->in[0] << 8 | c->in[1]);
    if (c->out[0].iov_len + c->out[1].iov_len > 0 || c->in_size < 2)
        return 0;
    if (length == 0)
        return refuse(c, "an empty header");
    if (c->in_size < 2 + length)
        return 0;
    struct value *header = read_json((const char *)c->in + 2, length, &why);
    if (header == NULL)
        return refuse(c, why);
    const struct value *order = member(header, "byteorder");
    const struct value *type = member(header, "content-type");
    const struct value *encoding = member(header, "content-encoding");
    const struct value *size = member(header, "content-length");
    int result = -1;
    if ((!is_text(order, "little") && !is_text(order, "big")) || type == NULL ||
        type->kind != STRING || encoding == NULL || encoding->kind != STRING ||
        size == NULL || size->kind != NUMBER || !size->is_whole ||
        size->number < 0 || size->number > 64 * 1024 * 1024) {
        refuse(c, why);
    } else if (c->in_size - 2 - length < (size_t)size->number) {
        result = 0;
    } else {
        const unsigned char *content = c->in + 2 + length;
        size_t content_size = (size_t)size->number;
        if (is_text(type, "text/json")) {
            result = respond_to_text(c, encoding->text, content, content_size);
        } else {
            static const char before[] = "First 10 bytes of request: ";
            size_t shown = content_size < 10 ? content_size : 10;
            char *text = malloc(sizeof before + 10);
            if (text != NULL)
                memcpy(mempcpy(text, before, sizeof before - 1), content,
                       shown);
            result = respond(c, "binary/custom-server-binary-type", "binary",
                             text, sizeof before - 1 + shown);
        }
        c->in_size -= 2 + length + content_size;
        memmove(c->in, content + content_size, c->in_size);
    }
    free_value(header);
    return result;
}

// --- the loop

enum { MOST = 5000 };

static struct client clients[MOST];
static struct pollfd polled[1 + MOST];
static size_t count;
static volatile sig_atomic_t stop_wanted;
static bool full;

static void on_signal(int number)
{
    stop_wanted = number;
}

static void forget_response(struct client *c)
{
    free(c->header);
    free(c->content);
    c->header = c->content = NULL;
}

static void leave(size_t i)
{
    struct client *c = &clients[i];
    say("closing connection to", &c->address);
    close(c->fd);
    free(c->in);
    forget_response(c);
    *c = clients[--count];
    full = false;
}

// Receives what is there, up to the room there is.
static int receive(struct client *c)
{
    if (c->in_room - c->in_size < 512) {
        size_t room = c->in_room == 0 ? 1024 : 2 * c->in_room;
        unsigned char *in = realloc(c->in, room);
        if (in == NULL)
            return refuse(c, "no memory");
        c->in = in;
        c->in_room = room;
    }
    struct iovec rest = {c->in + c->in_size, c->in_room - c->in_size};
    struct msghdr message = {.msg_iov = &rest, .msg_iovlen = 1};
    ssize_t got = recvmsg(c->fd, &message, 0);
    if (got == -1 && errno != EAGAIN && errno != EINTR)
        return refuse(c, strerror(errno));
    if (got == 0)
        c->ended = true;
    if (got > 0)
        c->in_size += (size_t)got;
    return 0;
}

static int deliver(struct client *c)
{
    struct msghdr message = {.msg_iov = c->out, .msg_iovlen = 2};
    if (c->out[0].iov_len + c->out[1].iov_len == 0)
        return 0;
    ssize_t put = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (put == -1)
        return errno == EAGAIN || errno == EINTR ? 0
                                                 : refuse(c, strerror(errno));
    for (size_t i = 0, left = (size_t)put; i < 2; i++) {
        size_t part = left < c->out[i].iov_len ? left : c->out[i].iov_len;
        c->out[i].iov_base = (char *)c->out[i].iov_base + part;
        c->out[i].iov_len -= part;
        left -= part;
    }
    if (c->out[0].iov_len + c->out[1].iov_len == 0)
        forget_response(c);
    return 0;
}

// Returns false when the client is to be left.
static bool serve(struct client *c, bool readable)
{
    size_t before;
    if (readable && receive(c) == -1)
        return false;
    if (deliver(c) == -1)
        return false;
    do { // for each request that is there
        before = c->in_size;
        if (answer(c) == -1 || deliver(c) == -1)
            return false;
    } while (c->in_size < before);
    char byte;
    if (c->header != NULL)
        return true;
    if (c->ended && c->in_size > 0)
        refuse(c, "it ends half-way");
    if (c->ended)
        return false;
    return !c->answered || c->in_size > 0 ||
           recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void welcome(int listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = net_accept(listener, &address);
    if (fd == -1) {
        full = is_shortage(errno);
        if (errno != EAGAIN && errno != EINTR)
            complain("accept", &address);
        return;
    }
    say("accepted connection from", &address);
    clients[count++] = (struct client){.fd = fd, .address = address};
}

static int run(int listener, const sigset_t *mask)
{
    const struct timespec second = {.tv_sec = 1};
    while (!stop_wanted) {
        for (size_t i = 0; i < count; i++)
            polled[i] = (struct pollfd){
                .fd = clients[i].fd,
                .events = clients[i].header != NULL ? POLLOUT : POLLIN};
        bool deaf = full || count == MOST;
        polled[count] = (struct pollfd){.fd = listener, .events = POLLIN};
        size_t listeners = count;
        int ready = ppoll(polled, deaf ? count : count + 1,
                          full ? &second : NULL, mask);
        if (ready == -1 && errno != EINTR)
            return -1;
        if (ready == 0)
            full = false;
        if (ready <= 0)
            continue;
        for (size_t i = listeners; i-- > 0;)
            if (polled[i].revents != 0 &&
                !serve(&clients[i], polled[i].events == POLLIN))
                leave(i);
        if (!deaf && polled[listeners].revents != 0)
            welcome(listener);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct sockaddr_in address;
    int status = arguments(argc, argv, &address);
    if (status != 0)
        return status;
    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &before);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // Kept, so that the converter's files are loaded while there are
    // descriptors.
    iconv_t loaded = iconv_open("UTF-16", "UTF-8");
    int listener = open_listener(&address, SOMAXCONN);
    if (listener == -1 || loaded == (iconv_t)-1)
        return 1;
    say("listening on", &address);
    if (run(listener, &before) == -1) {
        complain("ppoll", &address);
        status = 1;
    }
    while (count > 0)
        leave(count - 1);
    close(listener);
    iconv_close(loaded);
    return status;
}
