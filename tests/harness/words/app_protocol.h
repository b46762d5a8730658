// app_protocol: what the programs of lesson 15 and those that speak with them
// ask and answer, in messages.

#ifndef APP_PROTOCOL_H
#define APP_PROTOCOL_H

// What a search finds: for "morpheus", for "ring", and for DOG.
#define RABBIT "Follow the white rabbit. \U0001F430"
#define CAVES "In the caves beneath the Misty Mountains. \U0001F48D"
#define DOG "\U0001F436"
#define BALL "\U0001F43E Playing ball! \U0001F3D0"

// A content that is no text, and what it is answered by: with its first bytes,
// ANSWERED_BYTES of them at most, behind BEGINNING.
#define BINARY "binary/custom-client-binary-type"
#define BINARY_RESPONSE "binary/custom-server-binary-type"
#define BEGINNING "First 10 bytes of request: "
#define DIGITS "0123456789"

enum { ANSWERED_BYTES = sizeof DIGITS - 1 };

#endif
