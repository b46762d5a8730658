#include "expected.h"

#include "answer.h"
#include "codec.h"
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- what the protocol asks for ----------------------------------------------

static bool is(const json_t *value, const char *text)
{
    json_t *string = json_string(text);
    bool equal = json_equal(value, string);
    json_decref(string);
    return equal;
}

// The value's own text if it is a string, else its JSON; "null" for none.
static json_t *as_text(const json_t *value)
{
    if (json_is_string(value))
        return json_stringn(json_string_value(value),
                            json_string_length(value));
    char *dumped =
        value == NULL ? strdup("null") : json_dumps(value, JSON_ENCODE_ANY);
    json_t *text = json_string(dumped);
    free(dumped);
    return text;
}

static json_t *around(const char *before, const json_t *value,
                      const char *behind)
{
    json_t *text = as_text(value);
    size_t first = strlen(before), middle = json_string_length(text);
    size_t size = first + middle + strlen(behind);
    char *all = malloc(size + 1);
    claim(all != NULL, "there is memory");
    memcpy(all, before, first);
    memcpy(all + first, json_string_value(text), middle);
    memcpy(all + first + middle, behind, size - first - middle + 1);
    json_t *result = json_stringn(all, size);
    free(all);
    json_decref(text);
    return result;
}

static json_t *result_for(const json_t *request)
{
    const json_t *action = json_object_get(request, "action");
    const json_t *value = json_object_get(request, "value");
    if (!is(action, "search"))
        return around("Error: invalid action '", action, "'.");
    if (is(value, "morpheus"))
        return json_string("Follow the white rabbit. 🐰");
    if (is(value, "ring"))
        return json_string("In the caves beneath the Misty Mountains. 💍");
    if (is(value, "🐶"))
        return json_string("🐾 Playing ball! 🏐");
    return around("No match for '", value, "'.");
}

static void check_json(const json_t *request,
                       const struct codec_message *response)
{
    claim(strcmp(response->header.type, "text/json") == 0 &&
              strcmp(response->header.encoding, "utf-8") == 0,
          "JSON is answered with JSON");
    struct codec_problem problem;
    json_t *content = codec_parse_json(
        response->content, response->header.content_length, "utf-8", &problem);
    json_t *result = result_for(request);
    claim(json_object_size(content) == 1 &&
              json_equal(json_object_get(content, "result"), result),
          "the result is what the protocol asks for");
    json_decref(result);
    json_decref(content);
}

static void check_bytes(const struct codec_message *request,
                        const struct codec_message *response)
{
    static const char before[] = "First 10 bytes of request: ";
    size_t first = sizeof before - 1;
    size_t size = request->header.content_length;
    size = size < 10 ? size : 10;
    claim(strcmp(response->header.type, "binary/custom-server-binary-type") ==
                  0 &&
              strcmp(response->header.encoding, "binary") == 0 &&
              response->header.content_length == first + size &&
              memcmp(response->content, before, first) == 0 &&
              (size == 0 ||
               memcmp(response->content + first, request->content, size) == 0),
          "other types are answered with their first bytes");
}

// --- the requests of a stream ------------------------------------------------

// Appends the response to a request. Returns false if its content is
// malformed.
static bool answer(struct expected *expected,
                   const struct codec_message *request)
{
    size_t size = request->header.content_length;
    size_t before = buffer_size(&expected->responses);
    struct codec_problem problem;
    bool is_json = strcmp(request->header.type, "text/json") == 0;
    json_t *json = NULL;
    int result;
    if (is_json) {
        json = codec_parse_json(request->content, size,
                                request->header.encoding, &problem);
        if (json == NULL)
            return false;
        result = answer_json(&expected->responses, json);
    } else
        result = answer_bytes(&expected->responses, request->content,
                              size < 10 ? size : 10);
    claim(result == 0, "a request can be answered");

    struct codec_message response;
    size_t length = buffer_size(&expected->responses) - before;
    claim(codec_parse(buffer_bytes(&expected->responses) + before, length,
                      &response, &problem) == CODEC_DONE &&
              response.size == length,
          "a response is a message");
    if (is_json)
        check_json(json, &response);
    else
        check_bytes(request, &response);
    json_decref(json);
    if (length > expected->longest)
        expected->longest = length;
    return true;
}

size_t expected_find(struct expected *expected, const uint8_t *stream,
                     size_t size)
{
    *expected = (struct expected){.malformed_at = SIZE_MAX};
    size_t at = 0;
    struct codec_message request;
    struct codec_problem problem;
    enum codec_result result;
    while ((result = codec_parse(stream + at, size - at, &request, &problem)) ==
           CODEC_DONE) {
        if (expected->count == EXPECTED_MAX)
            return at;
        if (!answer(expected, &request)) {
            expected->malformed_at = at + request.size;
            return size;
        }
        at += request.size;
        expected->request_end[expected->count] = at;
        expected->response_end[expected->count] =
            buffer_size(&expected->responses);
        expected->count++;
    }
    // A header is malformed once all of it is there.
    if (result == CODEC_MALFORMED)
        expected->malformed_at =
            at + 2 + ((size_t)stream[at] << 8 | stream[at + 1]);
    return size;
}

void expected_free(struct expected *expected)
{
    buffer_free(&expected->responses);
}

struct progress expected_after(const struct expected *expected, size_t bytes)
{
    struct progress progress = {.count = 0};
    size_t i = 0;
    while (i < expected->count && expected->request_end[i] <= bytes)
        i++;
    progress.count = i;
    if (i > 0) {
        progress.requested = expected->request_end[i - 1];
        progress.answered = expected->response_end[i - 1];
    }
    return progress;
}

size_t expected_sent(const struct expected *expected, size_t bytes)
{
    size_t i = 0;
    while (i < expected->count && expected->response_end[i] <= bytes)
        i++;
    return i;
}
