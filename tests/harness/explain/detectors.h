// detectors: what recognises the cause of a failure, and says it.

#ifndef DETECTORS_H
#define DETECTORS_H

#include "explain/scene.h"

#include <stdbool.h>

// A detector says what it found, or returns false and says nothing.
typedef bool detector(const struct scene *scene);

// The detectors, in the order in which they are asked; the first that says
// something is the explanation. Ends with one that has no name.
extern const struct detector_entry {
    const char *name; // what --json and the bank's lines "Detector:" call it
    detector *detect;
    enum protocol valid_for; // programs that speak any of these
} detectors[];

// Detectors for what is plain to see, and for what is left to say.
detector detect_open_todo, detect_signal, detect_nothing, detect_meaning,
    detect_sure_meaning;

// The detector for what a sanitizer stopped.
detector detect_sanitizer;

// Detectors for what goes wrong around a server's start, and for blocked and
// spinning programs; listed in detectors[].
detector detect_no_listener, detect_early_announcement, detect_no_flush,
    detect_arguments_refused, detect_listened_first, detect_wrong_target,
    detect_deadlock, detect_blocked, detect_spin;

// Detectors for names, and for addresses of two families.
detector detect_resolver_refused, detect_other_family, detect_address_cut,
    detect_address_passed_over, detect_socket_reused, detect_any_socket_type,
    detect_option_refused;

// Detectors for an option that is not as it should be, and for one that has a
// receive wait.
detector detect_option_missed, detect_low_water;

// Detectors for attempts to connect to one address after the other.
detector detect_success_left, detect_address_repeated;

// Detectors for what lies there and is not received.
detector detect_closed_unread, detect_turned_away, detect_edge_missed,
    detect_threads_share;

// The detectors for a program that gives up as time passes.
detector detect_time_limit, detect_reader_given_up;

// Detectors for how a program ended, where nothing else explains it.
detector detect_status, detect_wrong_status, detect_not_counted;

// Detectors for how bytes were moved over a connection; they are silent about
// programs that serve several from a loop, where much may lie between two
// calls on one of them.
detector detect_stream_break, detect_address_length, detect_minus_one_as_length,
    detect_wrong_amount, detect_short_send, detect_interrupted,
    detect_end_ignored, detect_nothing_sent, detect_sent_unasked,
    detect_left_early, detect_char_end, detect_short_receive;

// Detectors for connections that are ended too soon, or in the wrong way.
detector detect_shut_early, detect_linger, detect_closed_descriptor,
    detect_ended_after_one, detect_left_open;

// Detectors for what was not asked of a socket, or was asked for again.
detector detect_closed_unasked, detect_bad_buffer, detect_receive_restarted,
    detect_never_gives_up;

// Detectors for programs of several threads or processes.
detector detect_left_child, detect_never_closed, detect_sent_to_another,
    detect_sent_again, detect_left_out;

// Detectors for programs that serve several connections from a loop.
detector detect_mixed_up, detect_blocked_by_one, detect_unwatched,
    detect_sends_on, detect_idle_turns, detect_accept_forgotten,
    detect_fatal_answer, detect_stale_sets, detect_closed_early,
    detect_listener_closed, detect_backlog, detect_stop_ignored,
    detect_signal_missed, detect_connect_given_up, detect_not_below;

// Detectors for clients with many connections.
detector detect_all_given_up, detect_echo_left, detect_too_few, detect_too_many,
    detect_outcome_missed, detect_client_waits, detect_never_watched;

// Detectors for programs that exchange messages.
detector detect_server_ended, detect_answer_left, detect_message_left,
    detect_look_that_takes, detect_asked_again, detect_message_waited_for,
    detect_message_cut, detect_message_refused, detect_rest_unsent,
    detect_begun_again;

// Detectors for programs that speak datagrams: its servers, and its clients.
detector detect_no_datagrams, detect_sender_length, detect_datagram_cut,
    detect_unanswered, detect_answered_another, detect_connected_to_one,
    detect_datagram_amount, detect_answered_twice, detect_one_is_fatal,
    detect_nothing_left, detect_ended_unasked, detect_bound_elsewhere,
    detect_waits_for_the_lost, detect_gave_up_asking,
    detect_answer_to_old_socket;

// Detectors for calls on the wrong thing or with the wrong arguments.
detector detect_wrong_descriptor, detect_wrong_socket_type, detect_no_room,
    detect_peek, detect_nothing_yet, detect_own_port, detect_port_in_use,
    detect_shared_port, detect_odd_announcement, detect_error_ignored,
    detect_bad_address;

// Detectors for clients, and for bytes that are not as they should be.
detector detect_bytes, detect_took_too_much, detect_reply_left,
    detect_no_connect, detect_part_sent, detect_miscounted,
    detect_socket_as_stdout, detect_overwritten, detect_buffer_filled;

// The detector for standard input that is not sent.
detector detect_input_left;

// Detectors for what is written to standard output.
detector detect_output_lost, detect_printed;

#endif
