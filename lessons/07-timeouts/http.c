#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// What a response begins with; '#' is a digit. RFC 9112, 4.
static const char status_line[] = "HTTP/#.# ###";

enum {
    STATUS_LINE_SIZE = sizeof status_line - 1,
    STATUS_FIRST_FINAL = 200, // all below are interim
    STATUS_NO_CONTENT = 204,
    STATUS_NOT_MODIFIED = 304,
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

// The '\r' before a newline counts, too.
static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static void malformed(struct http_response *response, const char *problem)
{
    response->state = HTTP_MALFORMED;
    response->problem = problem;
}

char *http_write_request(const char *host, const char *port, const char *path)
{
    static const char form[] = "GET %s HTTP/1.1\r\n"
                               "Host: %s%.*s%s:%s\r\n"
                               "Connection: close\r\n\r\n";
    // An IPv6 address stands in brackets, without the scope that it has on
    // this machine: RFC 3986, 3.2.2; RFC 6874.
    const bool is_ipv6 = strchr(host, ':') != NULL;
    const int host_size = (int)strcspn(host, is_ipv6 ? "%" : "");
    const char *open = is_ipv6 ? "[" : "", *close = is_ipv6 ? "]" : "";
    int size =
        snprintf(NULL, 0, form, path, open, host_size, host, close, port);
    char *request = malloc((size_t)size + 1);
    if (request != NULL)
        snprintf(request, (size_t)size + 1, form, path, open, host_size, host,
                 close, port);
    return request;
}

void http_begin(struct http_response *response)
{
    response->state = HTTP_HEADER;
    response->header_size = 0;
    response->has_length = false;
    response->length = response->content = 0;
    response->problem = NULL;
}

// Looks at the last byte of a header that has just grown by it.
static bool can_be_status_line(const struct http_response *response)
{
    const size_t at = response->header_size - 1;
    const char byte = response->header[at];
    if (at < STATUS_LINE_SIZE)
        return status_line[at] == '#' ? is_digit(byte)
                                      : status_line[at] == byte;
    return at > STATUS_LINE_SIZE || byte == ' ' || byte == '\r' || byte == '\n';
}

// The last line is empty. A newline alone ends a line, too: RFC 9112, 2.2.
static bool is_header_whole(const struct http_response *response)
{
    const size_t size = response->header_size;
    const char *end = response->header + size;
    return (size >= 2 && memcmp(end - 2, "\n\n", 2) == 0) ||
           (size >= 3 && memcmp(end - 3, "\n\r\n", 3) == 0);
}

// Reads SIZE bytes, with blanks around, as the number of a Content-Length.
// Returns false if they are none, or one that is too great.
static bool parse_length(const char *text, size_t size, uint64_t *length)
{
    while (size > 0 && is_blank(text[0]))
        text++, size--;
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    *length = 0;
    for (size_t i = 0; i < size; i++) {
        const unsigned digit = (unsigned char)text[i] - '0';
        if (digit > 9 || *length > (UINT64_MAX - digit) / 10)
            return false;
        *length = *length * 10 + digit;
    }
    return size > 0;
}

// Returns what stands behind "NAME:" in a line of SIZE bytes; NULL if it is
// another field.
static const char *find_value(const char *line, size_t size, const char *name)
{
    const size_t name_size = strlen(name);
    if (size <= name_size || line[name_size] != ':' ||
        strncasecmp(line, name, name_size) != 0)
        return NULL;
    return line + name_size + 1;
}

static void read_content_length(struct http_response *response,
                                const char *value, size_t size)
{
    uint64_t length;
    if (!parse_length(value, size, &length))
        malformed(response, "its Content-Length is no number of bytes");
    else if (response->has_length && response->length != length)
        malformed(response, "it has two Content-Lengths that differ");
    response->has_length = true;
    response->length = length;
}

// Finds out where the content ends: RFC 9112, 6.3.
static void read_header(struct http_response *response)
{
    const char *line = response->header;
    const char *end = line + response->header_size;
    const int status =
        (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (status < STATUS_FIRST_FINAL) {
        response->header_size = 0; // the next one's begins
        return;
    }
    bool is_encoded = false;
    response->state = HTTP_CONTENT;
    for (const char *next; line < end; line = next) {
        next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        const size_t size = (size_t)(next - 1 - line);
        const char *value = find_value(line, size, "Content-Length");
        if (value != NULL)
            read_content_length(response, value, (size_t)(next - 1 - value));
        if (find_value(line, size, "Transfer-Encoding") != NULL)
            is_encoded = true;
    }
    if (is_encoded)
        response->has_length = false; // it says where the end is instead
    if (status == STATUS_NO_CONTENT || status == STATUS_NOT_MODIFIED) {
        response->has_length = true;
        response->length = 0;
    }
}

static void take_header_byte(struct http_response *response, char byte)
{
    if (response->header_size == sizeof response->header) {
        malformed(response, "its header does not end");
        return;
    }
    response->header[response->header_size++] = byte;
    if (!can_be_status_line(response))
        malformed(response, "it does not begin as HTTP");
    else if (is_header_whole(response))
        read_header(response);
}

size_t http_take(struct http_response *response, const char *bytes, size_t size)
{
    size_t taken = 0;
    while (taken < size && response->state == HTTP_HEADER)
        take_header_byte(response, bytes[taken++]);
    if (response->state != HTTP_CONTENT)
        return taken;
    uint64_t content = size - taken;
    if (response->has_length && content > response->length - response->content)
        content = response->length - response->content;
    response->content += content;
    if (response->has_length && response->content == response->length)
        response->state = HTTP_COMPLETE;
    return taken + (size_t)content;
}

void http_end(struct http_response *response)
{
    if (http_is_over(response))
        return;
    response->state = response->state == HTTP_CONTENT && !response->has_length
                          ? HTTP_COMPLETE
                          : HTTP_ENDED;
}

bool http_is_over(const struct http_response *response)
{
    return response->state >= HTTP_COMPLETE;
}
