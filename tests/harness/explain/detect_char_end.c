// The detector for an echo that ends right before a byte 0xff.

#include "explain/detectors.h"

#include <string.h>

static bool is_first_of_its_kind(const struct peer *peer, unsigned char byte)
{
    size_t at = peer->in.size;
    return at < peer->out.size && peer->out.at[at] == byte &&
           memcmp(peer->in.at, peer->out.at, at) == 0 &&
           memchr(peer->out.at, byte, at) == NULL;
}

// A server of one has that byte, and has closed: no end had been found, and all
// before it went back.
bool detect_char_end(const struct scene *scene)
{
    const struct peer *peer = scene->failure->peer;
    if (peer == NULL || scene->program == NULL || !scene_is_server(scene) ||
        scene_is_loop(scene) || !scene->stage->traced ||
        !(peer->saw_end || peer->saw_error != 0) ||
        !is_first_of_its_kind(peer, 0xff) ||
        scene_received(scene) <= peer->in.size ||
        scene_has_seen_end(scene, peer) || scene_last_failed(scene) != NULL)
        return false;
    scene_say(scene,
              "Your program closed the connection right before byte %zu, which "
              "it had received: the first that is 0xff. Nothing had told it of "
              "an end. But in a char 0xff is -1, and so is EOF: what getc() "
              "and its kin return is an int, which can hold both.",
              peer->in.size);
    scene_say_read(scene, "man 3 getc, RETURN VALUE");
    return true;
}
