// http: what a client has to know of HTTP/1.1 (RFC 9112): how to ask, and where
// the response ends.
//
// Nothing here knows of sockets: bytes come in, as they come, and it is said
// what they are.
//
//     struct http_response response;
//     http_begin(&response);
//     while (!http_is_over(&response)) {
//         ... receive SIZE bytes, of which ...
//         size_t own = http_take(&response, bytes, size);
//         ... belong to the response; or, at the end of the stream ...
//         http_end(&response);
//     }
//
// What it knowingly leaves out: the chunks of "Transfer-Encoding: chunked". The
// end of the stream ends them.

#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEADER_MAX = 65536 }; // bytes; more than all servers send

// How far a response has come.
enum http_state {
    HTTP_HEADER,    // its header has begun, or will
    HTTP_CONTENT,   // its header is whole: header_size, has_length, length
    HTTP_COMPLETE,  // all of it is there
    HTTP_ENDED,     // the stream has ended before
    HTTP_MALFORMED, // it is no response, whatever follows: problem is set
};

struct http_response {
    enum http_state state;
    char header[HTTP_HEADER_MAX]; // from the status line to the empty line
    size_t header_size;           // how much of it has come
    bool has_length;              // the server says how long the content is
    uint64_t length;              // that, in bytes
    uint64_t content;             // how many bytes of it have come
    const char *problem;          // what is wrong with it; never freed
};

// Writes the request for PATH, after which the server is to end the connection.
// HOST is a name or an address, PORT a number, and none of them has a blank or
// a control character in it.
// Returns it, to be freed, ending in a zero; NULL with errno.
char *http_write_request(const char *host, const char *port, const char *path);

// Begins with a response of which nothing has come. (It is large: static, or
// allocated.)
void http_begin(struct http_response *response);

// Takes the next SIZE bytes of the stream. Interim responses (1xx) belong to
// the response, too. Returns how many of the bytes belong to it: less than
// SIZE only if it is over.
size_t http_take(struct http_response *response, const char *bytes,
                 size_t size);

// The stream has ended: the response is complete now, or HTTP_ENDED.
void http_end(struct http_response *response);

// True if nothing more is to be taken: it is complete, ended or malformed.
bool http_is_over(const struct http_response *response);

#endif
