/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces written as text, a record or call a line; empty lines and those that begin
 * with # are skipped.
 *
 *	process 100 tested PARENT        the header; not needed
 *	detail fine                      how much was recorded
 *	lost 3                           the counter of lost events
 *	connection ID KIND ORIGIN        KIND tcp tcp6 udp unix unixgram;
 *	                                 ORIGIN socket accept pair found forked peer
 *	  with  created=NS parent=ID sent=BYTES received=BYTES    before it was seen,
 *	  cookie=N inode=N offsets (those of a found one are known)
 *	unix_peer ID INODE PID
 *	network N                        the network namespace
 *	boot N                           another start of a machine, or another one
 *	lost_records N                   the counter of lost dictionary records
 *	addresses ID LOCAL REMOTE        1.2.3.4:5, /path, @abstract, or ? for unknown
 *	connected ID START-END [ERROR]
 *	tls ID START-END                 a handshake, of TLS 1.3 by OpenSSL;
 *	  with  sent=BYTES received=BYTES    before it, library=N version=N role=client|server
 *	  resumed=0|1 sni=NAME alpn=NAME error=ERROR reason=WITH_SPACES stack=N
 *	closed ID NS SENT RECEIVED
 *	lookup TID NAME START-END RESULT [ADDRESS…] [by=CALL] [numeric]     1.2.3.4
 *	last_view ID NS RTT_US MIN_RTT_US RETRANSMITS ACKNOWLEDGED RECEIVED UNREAD STATE
 *	blind BITS
 *	stack ID ADDRESS…                innermost first
 *	runtime START-END                CPython's loop in memory
 *	function ID NAME FILE            of Python
 *	frame ID FUNCTION LINE
 *	language_stack ID FRAME…         innermost first; | behind one that begins an activation
 *	module PATH START-END
 *	name TID NAME
 *	note TEXT
 *	handover TID                     the thread ended, its chunk goes to the next one
 *	skip CONNECTION [tls_]sent|received BYTES     calls that moved them are lost
 *	end NS                           a clean end of the process
 *	view TID ID NS RTT_US MIN_RTT_US RETRANSMITS    the kernel's, among the thread's calls
 *	sample TID NS CPU_NS RESIDENT_BYTES
 *
 *	TID CALL CONNECTION START-END RESULT [OPTION…]
 *	  a call; RESULT is a number, an errno's name, or * for as many bytes as in head.  Offsets follow from the results,
 *	  those of TLS calls in streams of their own.
 *	  OPTIONs: offset=N peek continued received stack=N language_stack=N tries=COUNT,FIRST_NS
 *	  waited=NS ready=NS
 *	  value=N
 *	  head=TEXT tail=TEXT, in which \xNN is a byte, \s a space, \r and \n what they are in C
 */
#ifndef TESTS_UNIT_SCRIPT_H
#define TESTS_UNIT_SCRIPT_H

#include "tests/unit/trace_writer.h"

/* Writes the trace that the text describes.  Exits with one line if it cannot be read. */
void script_write(const char *text, const char *path);

#endif
