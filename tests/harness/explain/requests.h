// requests: the messages that a peer was told to send, as a server should have
// read them.

#ifndef REQUESTS_H
#define REQUESTS_H

#include "explain/scene.h"

#include <stdbool.h>
#include <stddef.h>

struct request {
    size_t start;   // where in all that the peer sends it begins
    size_t content; // where its content begins
    size_t length;  // the content's, as the header says it
};

// The request that the server has not answered yet: of as many as the peer
// sends, the one behind those for which a whole message has come back. Returns
// false if there is none, or if it is not plain to read.
bool request_due(const struct peer *peer, struct request *request);

// Says how much of that request there was when RECEIVED bytes of the peer's had
// been received, and what other length would explain what the server made of
// it. Returns false, and says nothing, if that is not known.
bool request_say(const struct scene *scene, const struct peer *peer,
                 size_t received);

// The same of one that was refused for what is in it, and not for what seemed
// to be missing: that it was there in whole, and what its header names. Returns
// false, and says nothing, if it was not.
bool request_say_refused(const struct scene *scene, const struct peer *peer,
                         size_t received);

// The same of the response that a client was sent. RECEIVED is how many bytes
// of it the client had received.
bool response_say_refused(const struct scene *scene, const struct peer *peer,
                          size_t received);

// True if the response that a client was sent has come in whole.
bool response_is_whole(const struct peer *peer, size_t received);

// The same of one that the client has received in whole, and goes on to wait.
bool response_say(const struct scene *scene, const struct peer *peer,
                  size_t received);

#endif
