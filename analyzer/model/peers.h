/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which connections of a recording are the two ends of one.
 *
 * A socket may be known as several connections: of the process that made it, of its
 * children, of those that it was passed to.  These are its users.  Two sockets are each
 * other's peers
 *
 *	Unix    if the one's other end has the other's inode; if only this connect()
 *	        waited to be accepted when that was; of datagram sockets with names also as
 *	        below
 *	others  if the one's local address is the other's remote one and the other way
 *	        round, they were open at the same time, and where addresses mean
 *	        something else on each machine (loopback), they are on the same one.
 *
 * What does not tell is not guessed: a connection then has no peer here.
 */
#ifndef MODEL_PEERS_H
#define MODEL_PEERS_H

#include "analyzer/model/model.h"

struct peers;

/* When the model is finished; recording and model outlive it. */
struct peers *peers_new(const struct recording *r, const struct model *m);
void peers_free(struct peers *p);

/*
 * The other end; NULL if it is not known or was not recorded.  If several connections are
 * that socket's, it is the one that moved most bytes.
 */
const struct connection *peers_of(const struct peers *p, const struct connection *c);

/*
 * What to add to the offsets of the connection's events so that the same byte has the same
 * offset at both ends.  It is 0 unless others had used the socket before this process first
 * saw it; UNKNOWN if it was not seen how much they moved, or if they went on.
 */
struct stream_shift {
	uint64_t sent, received;
};
struct stream_shift peers_shift(const struct peers *p, const struct connection *c);

#endif
