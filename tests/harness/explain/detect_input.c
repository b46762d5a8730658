// The detector for a client that sends nothing of its standard input.

#include "explain/detectors.h"

#include <string.h>

static bool reads_its_input(const struct program *program)
{
    static const char dash[] = " -";
    size_t size = strlen(program->command), end = sizeof dash - 1;
    return size > end && strcmp(program->command + size - end, dash) == 0;
}

// It had a connection, and has ended well: as if there were no message.
bool detect_input_left(const struct scene *scene)
{
    const struct failure *failure = scene->failure;
    const struct program *program = scene->program;
    if (program == NULL || !program->ended || program->status != 0 ||
        scene_is_server(scene) || !scene->stage->traced ||
        scene->peer == NULL || failure->expected == NULL ||
        failure->expected_size == 0 || failure->actual_size != 0 ||
        !reads_its_input(program) || scene_last(scene, CALLS_SEND) != NULL)
        return false;
    scene_say(scene,
              "Your program has ended as if there were no message, and %zu "
              "bytes stood in its standard input. That is a pipe: how much "
              "will come nobody can say beforehand, neither fstat() nor "
              "fseek(), which are for files. Read until read() returns 0, into "
              "an array that grows.",
              failure->expected_size);
    scene_say_read(scene, "man 2 read, RETURN VALUE; man 7 pipe");
    return true;
}
