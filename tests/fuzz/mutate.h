// mutate: changes messages so that most of them still are messages.
//
// libFuzzer changes bytes anywhere. Of a message little is left then: its two
// lengths are wrong as soon as anything before or between them is longer. So
// most changes are made to the header or to the content alone, and the lengths
// are put right after that. One in four is made anywhere.

#ifndef MUTATE_H
#define MUTATE_H

#include <stddef.h>
#include <stdint.h>

// Changes SIZE bytes that are messages, one behind the other; there is room
// for MAX, more than 0. SEED decides how. Returns the new size.
size_t mutate_stream(uint8_t *bytes, size_t size, size_t max, unsigned seed);

// The same for an input that has a script before its messages, and one byte
// before that, which says how long the script is. Either is changed.
size_t mutate_scripted(uint8_t *bytes, size_t size, size_t max, unsigned seed);

// libFuzzer's own: changes bytes anywhere, and returns the new size.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);

#endif
