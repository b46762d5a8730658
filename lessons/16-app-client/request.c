#include "request.h"

#include "codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int build_json(struct buffer *out, const char *action, const char *value)
{
    json_t *content = json_pack("{s:s, s:s}", "action", action, "value", value);
    char *text = content == NULL ? NULL : json_dumps(content, 0);
    json_decref(content);
    if (text == NULL) {
        errno = EILSEQ; // what is not UTF-8 can't be in JSON
        return -1;
    }
    int result = codec_build(out, CODEC_JSON, "utf-8", text, strlen(text));
    int reason = errno;
    free(text);
    errno = reason;
    return result;
}

static int build_bytes(struct buffer *out, const char *action,
                       const char *value)
{
    struct buffer content = {.memory = NULL};
    int result = -1;
    if (buffer_append(&content, action, strlen(action)) == 0 &&
        buffer_append(&content, value, strlen(value)) == 0)
        result =
            codec_build(out, "binary/custom-client-binary-type", CODEC_BINARY,
                        buffer_bytes(&content), buffer_size(&content));
    int reason = errno;
    buffer_free(&content);
    errno = reason;
    return result;
}

int request_build(struct buffer *out, const char *action, const char *value)
{
    return strcmp(action, "search") == 0 ? build_json(out, action, value)
                                         : build_bytes(out, action, value);
}
