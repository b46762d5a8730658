// The hints for bytes that are lost, added or exchanged; and for how one
// conversation ended.

#include "explain/hints.h"

#include <stddef.h>

const struct ladder hints_bytes[] = {
    // Bytes: what one call was asked for, and what it moved.
    {"minus_one_as_length",
     {"Which call does that number come from, which types has it had on its "
      "way, and can it be less than 0?",
      "man 2 recv and man 2 send, RETURN VALUE: how many kinds of answers are "
      "there? Follow the number from the call that returned it to the call that "
      "got it: which line asks of which kind it is?",
      "Keep what such a call returns in a ssize_t, and ask at once whether it "
      "is -1. Only where it is not, it becomes a length, or is added to a "
      "count. No int, no char and no size_t between the call and that "
      "question."}},
    {"input_left",
     {"How does your program know how long its message is, when that is "
      "standard input?",
      "Try it both ways: `- < FILE`, and `cat FILE |` in front of it. What does "
      "each of the calls that look at standard input answer then? strace "
      "shows it.",
      "A loop that asks for more until nothing more is brought, with a "
      "realloc() whenever the array is full; the sum of what came is the "
      "message's size."}},
    {"char_end",
     {"What can a function answer that returns any byte, or says that there is "
      "none?",
      "Of which type is the variable that you compare with EOF? How many values "
      "can it have, and how many different answers are there?",
      "Keep what getc() or fgetc() returns in an int, compare that with EOF, "
      "and only then use it as a byte. Or move many bytes at once, by their "
      "count: recv() and send(), fread() and fwrite()."}},
    {"sent_to_another",
     {"From which descriptor did these bytes come, and to which did they go? "
      "Which of your variables says who is who?",
      "Compare in the timeline the descriptors of that send() and of the recv() "
      "before it. Where do your lines get these two numbers, and can another "
      "client, or another thread, change one of them in between?",
      "Let descriptor, buffer and count travel together, in one record for each "
      "client, or in local variables of the function that serves it. A thread "
      "is given its own copy of the number, or of a record, and not the address "
      "of a variable that the next accept() writes to."}},
    {"sent_again",
     {"Of this client's bytes, which has your program given to send() last, and "
      "which were taken?",
      "Follow the rows of send() on that descriptor in the timeline: add up "
      "what each took, and compare the sum with the numbers that your program "
      "keeps. At which row do they part?",
      "Keep one number for what was taken, of type size_t, and add to it what "
      "send() returned, each time and only if that is more than 0. If bytes are "
      "moved to the front of a buffer, take the difference of the two marks "
      "before either of them is changed."}},
    {"left_out",
     {"Where were these bytes kept between the call that brought them and the "
      "one that should take them back?",
      "Print, behind each call of recv() and of send(), the two marks that say "
      "what the buffer holds. Which bytes are in it after that recv(), by these "
      "marks, and what is written there next?",
      "Let recv() write only to the room behind the last byte that is held, and "
      "ask for no more than that room. Keep the marks in a size_t: one that "
      "wraps round makes a full buffer look like an empty one."}},
    {"sent_unasked",
     {"What is there to send back when nothing has come yet?",
      "Look at the first send() on that connection in the timeline, and at its "
      "line. Is it a greeting, what was left in a buffer, or something that was "
      "meant for somebody else?",
      "Each send() stands behind a recv() on the same connection that returned "
      "more than 0, and sends what that one brought. What you want to tell a "
      "person goes to stdout or stderr."}},
    {"buffer_filled",
     {"How many bytes can a client send in a day, and how many does your array "
      "have?",
      "Which variable says where the next recv() writes to? Look at each line "
      "that changes it: does one of them ever make it smaller?",
      "Set that count back to 0 when everything in the array has gone out; or "
      "move the rest to the front. An echo then needs one small array, for "
      "however long a conversation."}},
    {"wrong_amount",
     {"Between these two calls a number should stay what it is. Where does your "
      "send() get its length from?",
      "Look at the third argument of send(): is it the size of something, the "
      "length of a string, a number from an earlier round, or the result of "
      "recv() with something added or taken away?",
      "Store what recv() returned in one variable, and hand just that to "
      "send(), or to the function that sends all. Neither sizeof nor strlen() "
      "nor a +1 or -1 stands between the two."}},
    {"short_send",
     {"How many bytes have been taken so far, and which variable of yours knows "
      "it?",
      "Compare in the timeline, for each call that sends, what it was offered "
      "with what it returned. Where should the next one begin, and how many "
      "should it be offered?",
      "Send in a loop, with a place to begin and a count of what is left. What "
      "the call returns moves the one on and makes the other smaller; a call "
      "that was interrupted changes neither. The loop ends when nothing is "
      "left, or at an error that is one."}},
    {"receive_restarted",
     {"When a call was interrupted, which of your variables still say the "
      "truth?",
      "Look at the line that runs after EINTR, and at where it continues: is "
      "anything set back to 0 on the way, a count or a pointer?",
      "Only the one call is made again, with the arguments that it had. What "
      "counts the bytes is set to 0 once, before the loop, and the way back "
      "after EINTR must not lead past that."}},
    {"interrupted",
     {"What has become of what that call was about to do: has it failed, is it "
      "done, or did it only stop waiting?",
      "Look at the line behind the call, where it is asked for -1: does it ask "
      "errno as well, before it gives up or goes on? man 7 signal, "
      "\"Interruption of system calls\", lists the calls that this may happen "
      "to.",
      "accept(), recv() and send() go into a loop that calls them again as long "
      "as they return -1 with this errno; the -1 is added to nothing. connect() "
      "is the one that must not be called again: net_finish_connect() waits "
      "until its attempt has ended, and tells how."}},
    {"end_ignored",
     {"Which condition ends the loop around your recv(), and is it true when "
      "that returns 0?",
      "Find the first row with = 0 in the timeline, and go with that 0 through "
      "your code: which if sees it, and what does it take it for? Compare with "
      "the answers that man 2 recv has under RETURN VALUE.",
      "The answers of recv() need three branches: more than 0 are bytes, -1 is "
      "for errno to explain, and 0 leaves the loop. Behind the loop comes what "
      "is still owed, a reply or a report, and then close()."}},
    {"nothing_sent",
     {"The bytes are there. Which line of yours decides whether they are sent, "
      "and what did it look at?",
      "Follow the result of recv() line by line to the place where send() "
      "should be called: its type, each if that it meets, each function that "
      "gets the buffer. man 3 errno: after which answers does errno say "
      "anything?",
      "Keep the result in a ssize_t. If it is more than 0, send as many bytes, "
      "whatever is in them and whatever errno holds. Only if it is -1, look at "
      "errno. No other question stands between the two calls."}},
    {"socket_as_stdout",
     {"Which numbers are taken when your program begins, and which one does "
      "socket() get? Where does printf() write?",
      "man 2 open, DESCRIPTION: which number does a new descriptor get? Start "
      "your program by hand with >&- behind it, and let it say on stderr what "
      "socket() returns.",
      "Before the first socket() is made, ask with fcntl() and F_GETFD whether "
      "descriptor 1 is there. If it is not, nothing can be printed: say so on "
      "stderr, in one line, and end with status 1."}},
    {"output_lost",
     {"When does your program learn whether what it printed has gone out, and "
      "who asks?",
      "Start your program by hand with > /dev/full behind it, and then type "
      "echo $?. man 3 fflush, RETURN VALUE: which of your calls has told of the "
      "failure, and was it looked at?",
      "The last thing that main() does, when all is printed: fflush(stdout), "
      "then a look at what that returned, and at ferror(stdout). If one of the "
      "two complains: a line on stderr with the reason, and a status that is "
      "not 0. Who calls write() looks at its result."}},
    {"overwritten",
     {"Once the first piece is there, where does the free part of your buffer "
      "begin, and how large is it?",
      "Look at the second and the third argument of recv() in your loop. Which "
      "of them changes from round to round, and by how much? man 2 recv says "
      "what both are for.",
      "Count what has come in all. The next recv() writes that many bytes "
      "behind the buffer's beginning, and may bring that many fewer than its "
      "size. Or use up each piece, print it for example, before you receive the "
      "next."}},
    {"mixed_up",
     {"Where do a client's bytes wait between recv() and send(), and who else "
      "writes there?",
      "Look for buffers and counts that are global or static, or that stand "
      "outside of what serves one client. For each of them ask: what is in it "
      "when another client's bytes come before this client has taken all of its "
      "own?",
      "One record for each client, made when it comes, freed when it goes: its "
      "descriptor, its buffer, and where in it the unsent bytes begin and end. "
      "Each function gets the record of the one whom it serves, and touches no "
      "other."}},
    {"stream_break",
     {"What was left over by that send(): where is it kept, who offers it "
      "again, and when?",
      "Look in the timeline for the next send() on this descriptor: where does "
      "it begin? And what does your program wait for in between? man 2 send, "
      "RETURN VALUE, and EAGAIN in ERRORS.",
      "Beside each connection stands how far its bytes have been taken. Only "
      "what send() returned, if more than 0, moves that on. While something is "
      "left, wait for this socket to be writable, and let all that is new queue "
      "up behind it."}},
    {"bytes",
     {"Find the first byte that is not as it should be. Which call of yours "
      "made it, or left it out, and what did it take the bytes for: a string, a "
      "format, a line, or just bytes?",
      "The report shows what was expected, and what came. Look at how each of "
      "your calls learns the length: man 3 strlen, man 3 printf, man 3 fwrite, "
      "man 2 send. Which of them stops at a zero, which obeys a %, and which "
      "does what it is told?",
      "Let a pointer and a count travel together, from where the bytes come in "
      "to where they go out. send() and fwrite() get that count. strlen() is "
      "for what is a string from the start, such as an argument; a format is "
      "always written by you. And what is to be sent is what the task says."}},

    // How one conversation ended.
    {"no_connect",
     {"Which steps does the lesson show between socket() and the first byte "
      "that is sent? Which is the last that your program takes?",
      "Go to the line of the last row of the timeline that is yours, and read "
      "on from there: does your program return, skip something, or wait for "
      "something else? Which of the three arguments in man 2 connect do you "
      "have at that place?",
      "Behind socket(), hand its descriptor to connect(), with the server's "
      "address and the size of that structure, and look at the result. There is "
      "no new descriptor: the one that you have is the connection then."}},
    {"left_child",
     {"Whoever started your program waits for one process. Which of yours is "
      "that, and what does it do when the work is given to the other?",
      "man 2 waitpid says for whom it waits, and what it tells of it. Look in "
      "the timeline for the row where the first process ends, and for what its "
      "child does behind that.",
      "The parent keeps what fork() returned, and calls waitpid() for it before "
      "it returns from main(); again, if that was interrupted. WIFEXITED() and "
      "WEXITSTATUS() tell how the child ended, and the parent ends likewise."}},
    {"reply_left",
     {"What tells your program that it has the whole reply: how often it has "
      "called recv(), a certain byte, or a count that is complete?",
      "Add up what the rows of recv() have returned, and compare with what the "
      "rows of send() have. Which line of yours said \"enough\" before the sums "
      "were equal?",
      "Receive in a loop until as many bytes are there as were sent. More than "
      "0 is added, and the loop goes on. 0 before the count is full means that "
      "no more will come: print what is there, say on stderr how much is "
      "missing, end with status 1."}},
    {"closed_unasked",
     {"Which call of yours could still have brought something there, and why "
      "was it not made?",
      "Look at the condition between the wait and the close(): which of the "
      "bits of revents, or which count, does it ask about?",
      "Treat every event that is no timeout alike: call recv(). Its result "
      "says what it was, bytes, the end or an error. Only the last two are a "
      "reason to close()."}},
    {"took_too_much",
     {"Which number limits each of your recv(): what your buffer can hold, or "
      "what you still want?",
      "The number behind the comma in each recv() of the timeline is what it "
      "was allowed to bring. Does it get smaller by what the rows before it "
      "returned?",
      "Before each round compute what is missing: what was sent, less what has "
      "come. That is the most that recv() may bring, or the buffer's room, if "
      "that is less. When nothing is missing, stop, and leave the rest where it "
      "is."}},
    {"printed",
     {"At which byte do the line that was expected and yours part, and which "
      "statement of yours wrote that place, or should have?",
      "Three things make the line: what stands before the reply, the reply, the "
      "newline. Which statement writes each of them, how often is it run, and "
      "how many bytes does it write? man 3 fwrite; man 3 setbuf.",
      "What stands before the reply is printed once, before the first piece; "
      "each piece by fwrite(), with the number that recv() returned; one "
      "newline at the end, also if the rest never comes. Then leave by return "
      "or exit(), so that stdio's buffer is written out."}},
    {"error_ignored",
     {"What did that call promise to do, and what can those behind it do now "
      "that it has not been done?",
      "Its manual page says how it tells that it failed (RETURN VALUE), and "
      "what this errno means (ERRORS). Then look at the two lines that the "
      "explanation names: what stands between them?",
      "Behind each call that prepares a socket stands an if. On -1: say on "
      "stderr which call it was, and why (strerror(errno), before anything else "
      "is called), close the socket, and do nothing more with it. Only success "
      "leads on to the next call."}},
    {"deadlock",
     {"Your program waits for room to send. Who would have to take something "
      "first, and what does that one wait for?",
      "The lesson's README.md has a picture of it, with four buffers. Look in "
      "the timeline at how much was sent before the first recv(), if there is "
      "one.",
      "Let only a little be on its way: send a piece, 16 KiB at most, receive "
      "until all of it is back, then send the next piece. Or wait for both at "
      "once, with poll() or its kin, and do what can be done."}},
    {"short_receive",
     {"Where in your program is it written how many bytes are still missing?",
      "Find the row in the timeline whose result is smaller than what was asked "
      "for, and the one behind it on that socket. Which of your lines leads from "
      "the first to the second?",
      "A loop: as long as the sum of what has come is smaller than what is "
      "wanted, receive into the place behind that, and ask for what is "
      "missing. 0 ends it, too."}},
    {"ended_after_one",
     {"Which loop of yours brings it from one client to the next, and what ends "
      "that?",
      "Follow your functions from the last call in the timeline up to main(): "
      "what returns, and who calls accept() then?",
      "accept(), the conversation and close() of the client's socket stand in "
      "one loop without an end. The listening socket stays open, and return "
      "and exit() stand nowhere in it."}},
    {"left_early",
     {"Which condition ended your receiving, and what did it take for the "
      "client's end?",
      "Find the last recv() on that connection in the timeline, and go to its "
      "line. What came behind it: a count that was reached, a newline, a piece "
      "that was smaller than the buffer, or no loop at all?",
      "recv(), and the sending of what it brought, stand in a loop with two "
      "ways out: 0, and -1 with an errno that is not EINTR. Neither a count, "
      "nor a certain byte, nor the size of a piece ends it."}},
    {"miscounted",
     {"Which two numbers does your program compare to know that all is back, "
      "and what does each of them count?",
      "Print both on stderr, right before they are compared. Then follow each "
      "of them back: does it count what send() and recv() returned, or calls, "
      "or the length of a string, or one for its end as well?",
      "Two counts: how many bytes were sent, and how many have come. The second "
      "begins at 0, and each result of recv() that is more than 0 is added, "
      "wherever a zero stands in the bytes. When they are equal, that is status "
      "0."}},
    {"part_sent",
     {"Where does the message come from, and where was the rest lost: while it "
      "was read, while it was kept, or while it was sent?",
      "Follow the message from where it comes in: how many bytes did each read "
      "bring, how many fit into your array, how many was send() offered?",
      "An argument ends where strlen() says, however long it is. Standard input "
      "ends when read() returns 0: until then use what came and read again, or "
      "let the buffer grow. What getchar() returns goes into an int. The loop "
      "that sends ends when nothing is left."}},
    {NULL, {NULL}},
};
