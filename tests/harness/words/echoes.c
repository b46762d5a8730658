#include "words/echoes.h"

#include "words/expect.h"

void talk(struct peer *client, const char *text)
{
    peer_send_text(client, text);
    expect_echo(client);
}

void finish(struct peer *client)
{
    peer_finish_sending(client);
    expect_echo(client);
    expect_end_of_stream(client);
}
