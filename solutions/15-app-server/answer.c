#include "answer.h"

#include "codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The values that a search finds.
static const struct {
    const char *value, *result;
} found[] = {
    {"morpheus", "Follow the white rabbit. \U0001F430"},
    {"ring", "In the caves beneath the Misty Mountains. \U0001F48D"},
    {"\U0001F436", "\U0001F43E Playing ball! \U0001F3D0"},
};

// A zero is a character like any other in JSON, so strcmp() is not enough.
static bool equals(const json_t *value, const char *text)
{
    return json_is_string(value) && json_string_length(value) == strlen(text) &&
           memcmp(json_string_value(value), text, strlen(text)) == 0;
}

static const char *find(const json_t *value)
{
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (equals(value, found[i].value))
            return found[i].result;
    return NULL;
}

// Makes the string of BEFORE, the value and BEHIND: the value's own text if it
// is a string, else its JSON; "null" if there is none. NULL: no memory.
static json_t *sentence(const char *before, const json_t *value,
                        const char *behind)
{
    struct buffer text = {.memory = NULL};
    bool is_string = json_is_string(value);
    char *dumped = is_string       ? NULL
                   : value == NULL ? strdup("null")
                                   : json_dumps(value, JSON_ENCODE_ANY);
    const char *middle = is_string ? json_string_value(value) : dumped;
    json_t *result = NULL;
    if (middle != NULL && buffer_append(&text, before, strlen(before)) == 0 &&
        buffer_append(&text, middle,
                      is_string ? json_string_length(value) : strlen(middle)) ==
            0 &&
        buffer_append(&text, behind, strlen(behind)) == 0)
        result =
            json_stringn((const char *)buffer_bytes(&text), buffer_size(&text));
    free(dumped);
    buffer_free(&text);
    return result;
}

static json_t *result_of(const json_t *request)
{
    const json_t *action = json_object_get(request, "action");
    const json_t *value = json_object_get(request, "value");
    if (!equals(action, "search"))
        return sentence("Error: invalid action '", action, "'.");
    const char *result = find(value);
    return result != NULL ? json_string(result)
                          : sentence("No match for '", value, "'.");
}

int answer_json(struct buffer *out, const json_t *request)
{
    json_t *content = json_pack("{s:o}", "result", result_of(request));
    char *text = content == NULL ? NULL : json_dumps(content, 0);
    json_decref(content);
    if (text == NULL) {
        errno = ENOMEM;
        return -1;
    }
    int result = codec_build(out, CODEC_JSON, "utf-8", text, strlen(text));
    int reason = errno;
    free(text);
    errno = reason;
    return result;
}

int answer_bytes(struct buffer *out, const void *beginning, size_t size)
{
    static const char before[] = "First 10 bytes of request: ";
    char text[sizeof before + 10];
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, beginning, size);
    return codec_build(out, "binary/custom-server-binary-type", CODEC_BINARY,
                       text, sizeof before - 1 + size);
}
