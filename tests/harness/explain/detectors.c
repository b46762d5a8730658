// The detectors in their order.

#include "explain/detectors.h"

#include <stddef.h>

// In bands, and within a band what is most certain first: whoever moves one
// says what it must not speak before, and after.
const struct detector_entry detectors[] = {
    // Certain: what is said of itself needs no reading of the calls, and these
    // end a program at a place that would mislead whoever read only them.
    {"sanitizer", detect_sanitizer, ANY_PROTOCOL},
    // Silent where what is finished has been set up wrongly.
    {"open_todo", detect_open_todo, ANY_PROTOCOL},
    // Before the signal, which may be that of an alarm.
    {"time_limit", detect_time_limit,
     ANY_PROTOCOL & ~(PROTOCOL_DEADLINE | PROTOCOL_DATAGRAMS)},
    // Likewise: a line for stdout may be what SIGPIPE comes of.
    {"socket_as_stdout", detect_socket_as_stdout, ANY_PROTOCOL},
    {"signal", detect_signal, ANY_PROTOCOL},
    // Before what the message then looks like.
    {"begun_again", detect_begun_again, PROTOCOL_MESSAGES},
    // Before the meaning, which it says, too.
    {"left_open", detect_left_open, ANY_PROTOCOL},
    // It speaks of nothing else than what the expectation is about.
    {"option_missed", detect_option_missed, ANY_PROTOCOL},
    {"sure_meaning", detect_sure_meaning, ANY_PROTOCOL},
    {"signal_missed", detect_signal_missed, ANY_PROTOCOL},
    {"closed_descriptor", detect_closed_descriptor, ANY_PROTOCOL},
    {"arguments_refused", detect_arguments_refused, ANY_PROTOCOL},

    // Set-up: it comes before any byte, so all that goes wrong later follows
    // from it. A call that failed comes before one that did not happen.
    {"resolver_refused", detect_resolver_refused, ANY_PROTOCOL},
    {"address_length", detect_address_length, ANY_STREAM},
    {"sender_length", detect_sender_length, PROTOCOL_DATAGRAMS},
    {"no_datagrams", detect_no_datagrams, PROTOCOL_DATAGRAMS},
    {"wrong_socket_type", detect_wrong_socket_type, ANY_STREAM},
    {"any_socket_type", detect_any_socket_type, ANY_STREAM},
    // These before the address, which is not bad in itself. A socket that has
    // been used before may be of another family, too: that is said first.
    {"socket_reused", detect_socket_reused, ANY_PROTOCOL},
    {"other_family", detect_other_family, ANY_PROTOCOL},
    // After the family: an option of IPv6 is refused by a socket for IPv4.
    {"option_refused", detect_option_refused, ANY_PROTOCOL},
    {"address_cut", detect_address_cut, ANY_PROTOCOL},
    {"bad_address", detect_bad_address, ANY_PROTOCOL},
    {"listened_first", detect_listened_first, ANY_STREAM},
    {"odd_announcement", detect_odd_announcement, ANY_PROTOCOL},
    // Before an address that failed: one that has not is worth more.
    {"success_left", detect_success_left, ANY_STREAM},
    {"address_repeated", detect_address_repeated, ANY_PROTOCOL},
    // Before the port, which is in use at one address, and not at another.
    {"address_passed_over", detect_address_passed_over, ANY_PROTOCOL},
    {"own_port", detect_own_port, ANY_PROTOCOL},
    {"port_in_use", detect_port_in_use, ANY_PROTOCOL},
    {"shared_port", detect_shared_port, ANY_PROTOCOL},
    {"early_announcement", detect_early_announcement, ANY_PROTOCOL},
    {"listener_closed", detect_listener_closed, ANY_STREAM},
    // After these: a listener may be missing because of them.
    {"no_listener", detect_no_listener, ANY_STREAM},
    // Before what it waits for, which never comes there.
    {"bound_elsewhere", detect_bound_elsewhere, PROTOCOL_DATAGRAMS},
    {"no_flush", detect_no_flush, ANY_PROTOCOL},
    {"wrong_target", detect_wrong_target, ANY_STREAM},

    // Calls on the wrong thing, or with arguments that make their answers say
    // what they don't mean: whoever counts bytes must not believe them.
    {"wrong_descriptor", detect_wrong_descriptor, ANY_PROTOCOL},
    {"peek", detect_peek, ANY_PROTOCOL},
    {"no_room", detect_no_room, ANY_PROTOCOL},
    {"low_water", detect_low_water, ANY_STREAM},
    {"shut_early", detect_shut_early, ANY_STREAM},
    {"linger", detect_linger, ANY_STREAM},

    // What was reported was noticed: it is the status alone that is wrong.
    {"not_counted", detect_not_counted, ANY_PROTOCOL},

    // Answers taken for what they are not, by programs that serve several:
    // they give up what is left, so the counts below would be of a program
    // that was interrupted, not of one that is finished.
    {"connect_given_up", detect_connect_given_up, ANY_PROTOCOL},
    {"outcome_missed", detect_outcome_missed, ANY_PROTOCOL},
    {"fatal_answer", detect_fatal_answer, ANY_STREAM},
    {"stale_sets", detect_stale_sets, ANY_PROTOCOL},
    {"closed_early", detect_closed_early, PROTOCOL_ECHO},
    {"backlog", detect_backlog, ANY_STREAM},
    {"nothing_yet", detect_nothing_yet, ANY_PROTOCOL},

    // Bytes: what one call was asked for and what it moved. An error taken for
    // a length comes first, as the amounts that follow are made of it; what
    // differs for no reason that the calls show comes last.
    {"minus_one_as_length", detect_minus_one_as_length, ANY_PROTOCOL},
    // Datagrams: what was cut on its way in is wrong on its way out, too; and
    // who is sent to before how much it is.
    {"datagram_cut", detect_datagram_cut, PROTOCOL_DATAGRAMS},
    {"connected_to_one", detect_connected_to_one, PROTOCOL_DATAGRAMS},
    {"answered_another", detect_answered_another, PROTOCOL_DATAGRAMS},
    {"answered_twice", detect_answered_twice, PROTOCOL_DATAGRAMS},
    {"datagram_amount", detect_datagram_amount, PROTOCOL_DATAGRAMS},
    // A call that failed comes before an answer that is missing.
    {"one_is_fatal", detect_one_is_fatal, PROTOCOL_DATAGRAMS},
    {"nothing_left", detect_nothing_left, PROTOCOL_DATAGRAMS},
    {"unanswered", detect_unanswered, PROTOCOL_DATAGRAMS},
    {"ended_unasked", detect_ended_unasked, PROTOCOL_DATAGRAMS},
    {"bad_buffer", detect_bad_buffer, ANY_PROTOCOL},
    {"sent_to_another", detect_sent_to_another, PROTOCOL_ECHO},
    {"sent_unasked", detect_sent_unasked, PROTOCOL_ECHO},
    // Before the amounts: that of the last one is what was left of a buffer.
    {"buffer_filled", detect_buffer_filled, PROTOCOL_ECHO},
    {"wrong_amount", detect_wrong_amount, PROTOCOL_ECHO},
    {"short_send", detect_short_send, ANY_STREAM},
    {"short_receive", detect_short_receive, PROTOCOL_COUNTS},
    {"receive_restarted", detect_receive_restarted, ANY_PROTOCOL},
    {"interrupted", detect_interrupted, ANY_PROTOCOL},
    {"end_ignored", detect_end_ignored, PROTOCOL_ECHO},
    {"nothing_sent", detect_nothing_sent, PROTOCOL_ECHO},
    {"output_lost", detect_output_lost, ANY_PROTOCOL},
    {"overwritten", detect_overwritten, PROTOCOL_ECHO},
    {"sent_again", detect_sent_again, PROTOCOL_ECHO},
    {"mixed_up", detect_mixed_up, PROTOCOL_ECHO},
    // After who knows why the rest was not sent.
    {"stream_break", detect_stream_break, PROTOCOL_ECHO},
    {"left_out", detect_left_out, PROTOCOL_ECHO},
    {"bytes", detect_bytes, PROTOCOL_ECHO},

    // A client that asks by datagrams, and what it makes of silence.
    {"gave_up_asking", detect_gave_up_asking, PROTOCOL_DATAGRAMS},
    {"answer_to_old_socket", detect_answer_to_old_socket, PROTOCOL_DATAGRAMS},
    {"waits_for_the_lost", detect_waits_for_the_lost, PROTOCOL_DATAGRAMS},

    // How one conversation ended, where its bytes were right as far as they
    // went.
    {"no_connect", detect_no_connect, ANY_STREAM},
    {"ended_after_one", detect_ended_after_one, PROTOCOL_ECHO},
    // Before what the parent has not done, as the child was to do it.
    {"left_child", detect_left_child, ANY_PROTOCOL},
    {"reply_left", detect_reply_left, PROTOCOL_ECHO},
    // Both before what was printed, which follows from it.
    {"closed_unasked", detect_closed_unasked, ANY_STREAM},
    {"took_too_much", detect_took_too_much, PROTOCOL_ECHO},
    {"printed", detect_printed, PROTOCOL_ECHO},
    {"error_ignored", detect_error_ignored, ANY_PROTOCOL},
    {"deadlock", detect_deadlock, ANY_STREAM},
    {"char_end", detect_char_end, PROTOCOL_ECHO},
    {"left_early", detect_left_early, PROTOCOL_ECHO},
    {"miscounted", detect_miscounted, PROTOCOL_ECHO},
    {"input_left", detect_input_left, PROTOCOL_ECHO},
    // After what else may have kept it from sending the rest.
    {"part_sent", detect_part_sent, PROTOCOL_ECHO},

    // The loop: it turns, or waits, for the wrong thing. One that turns is not
    // asked what it waits for, so spinning comes before waiting.
    {"sends_on", detect_sends_on, ANY_PROTOCOL},
    {"idle_turns", detect_idle_turns, ANY_PROTOCOL},
    {"spin", detect_spin, ANY_PROTOCOL},
    {"stop_ignored", detect_stop_ignored, ANY_PROTOCOL},
    // Before who looks at one of the threads, or at one loop's sets.
    {"threads_share", detect_threads_share, ANY_STREAM},
    {"blocked_by_one", detect_blocked_by_one, ANY_STREAM},
    {"accept_forgotten", detect_accept_forgotten, ANY_STREAM},
    {"unwatched", detect_unwatched, ANY_PROTOCOL},
    {"never_closed", detect_never_closed, PROTOCOL_ECHO},

    // The crowd: a client's many connections as a whole, once none of them
    // alone explains it.
    {"too_many", detect_too_many, PROTOCOL_ECHO},
    {"client_waits", detect_client_waits, PROTOCOL_ECHO},
    {"all_given_up", detect_all_given_up, PROTOCOL_ECHO},
    {"echo_left", detect_echo_left, PROTOCOL_ECHO},
    {"too_few", detect_too_few, PROTOCOL_ECHO},
    {"never_watched", detect_never_watched, PROTOCOL_ECHO},

    // The protocol: messages that were not finished, answered or waited for,
    // by calls that were right one by one.
    // Before what is missing, as nobody is there any more to send it.
    {"server_ended", detect_server_ended, PROTOCOL_MESSAGES},
    {"answer_left", detect_answer_left, PROTOCOL_MESSAGES},
    {"asked_again", detect_asked_again, PROTOCOL_MESSAGES},
    {"rest_unsent", detect_rest_unsent, PROTOCOL_MESSAGES},
    {"message_left", detect_message_left, PROTOCOL_MESSAGES},
    // Before what it looks like: as if it had forgotten the rest.
    {"reader_given_up", detect_reader_given_up, PROTOCOL_MESSAGES},
    {"message_cut", detect_message_cut, PROTOCOL_MESSAGES},
    // Before these two: what is made of the rest of a message makes no sense.
    {"look_that_takes", detect_look_that_takes, PROTOCOL_MESSAGES},
    {"turned_away", detect_turned_away, PROTOCOL_MESSAGES},
    {"message_refused", detect_message_refused, PROTOCOL_MESSAGES},
    {"message_waited_for", detect_message_waited_for, PROTOCOL_MESSAGES},

    // After all who know what waits at such a descriptor.
    {"not_below", detect_not_below, ANY_PROTOCOL},

    // Last words: no cause was found. What the expectation means is worth more
    // than where the program stands, and that more than how it ended.
    {"meaning", detect_meaning, ANY_PROTOCOL},
    {"closed_unread", detect_closed_unread, ANY_STREAM},
    {"edge_missed", detect_edge_missed, ANY_PROTOCOL},
    {"never_gives_up", detect_never_gives_up, ANY_STREAM},
    {"blocked", detect_blocked, ANY_PROTOCOL},
    {"status", detect_status, ANY_PROTOCOL},
    {"wrong_status", detect_wrong_status, ANY_PROTOCOL},
    {"last_call", detect_nothing, ANY_PROTOCOL},
    {NULL, NULL, ANY_PROTOCOL},
};
