#include "frame_oracle.h"

void frame_oracle_begin(struct frame_oracle *oracle, enum framing framing)
{
    *oracle = (struct frame_oracle){
        .framing = framing,
        .result = FRAME_INCOMPLETE,
        .from = framing == FRAMING_LENGTH ? 4 : 0,
    };
}

static void feed_length(struct frame_oracle *oracle, uint8_t byte)
{
    if (oracle->fed <= 4)
        oracle->number = oracle->number * 256 + byte;
    if (oracle->fed < 4)
        return;
    oracle->size = oracle->fed - 4;
    if (oracle->number > 65536)
        oracle->result = FRAME_MALFORMED;
    else if (oracle->size == oracle->number)
        oracle->result = FRAME_DONE;
}

static void feed_line(struct frame_oracle *oracle, uint8_t byte)
{
    if (byte == '\n') {
        oracle->size = oracle->fed - (oracle->after_cr ? 2 : 1);
        oracle->result = FRAME_DONE;
    } else if (oracle->fed == 4096)
        oracle->result = FRAME_MALFORMED;
    oracle->after_cr = byte == '\r';
}

static void feed_fixed(struct frame_oracle *oracle, uint8_t byte)
{
    if (byte != 0)
        oracle->size = oracle->fed;
    if (oracle->fed == 32)
        oracle->result = FRAME_DONE;
}

void frame_oracle_feed(struct frame_oracle *oracle, uint8_t byte)
{
    oracle->fed++;
    switch (oracle->framing) {
    case FRAMING_LENGTH: feed_length(oracle, byte); break;
    case FRAMING_LINE: feed_line(oracle, byte); break;
    case FRAMING_FIXED: feed_fixed(oracle, byte); break;
    }
}

bool frame_oracle_can_carry(enum framing framing, const uint8_t *message,
                            size_t size)
{
    if (framing == FRAMING_LENGTH)
        return size <= 65536;
    if (framing == FRAMING_FIXED)
        return size <= 32;
    for (size_t i = 0; i < size; i++)
        if (message[i] == '\n')
            return false;
    return size < 4096 && (size == 0 || message[size - 1] != '\r');
}

size_t frame_oracle_write(enum framing framing, const uint8_t *message,
                          size_t size, uint8_t *frame)
{
    size_t written = 0;
    if (framing == FRAMING_LENGTH)
        for (int shift = 24; shift >= 0; shift -= 8)
            frame[written++] = (uint8_t)(size >> shift);
    for (size_t i = 0; i < size; i++)
        frame[written++] = message[i];
    if (framing == FRAMING_LINE)
        frame[written++] = '\n';
    while (framing == FRAMING_FIXED && written < 32)
        frame[written++] = 0;
    return written;
}
