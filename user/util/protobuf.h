/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Protocol buffers' wire format, written: enough for messages that nobody here reads
 * back. What field has which number and type is the caller's to know.
 */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf {
	unsigned char *data;
	size_t len;
	size_t room;
	bool failed; /* out of memory: what is in it is not whole */
};

/* Empties it; its memory is used again. */
void protobuf_reset(struct protobuf *p);
void protobuf_free(struct protobuf *p);

/* uint32, uint64, bool, enum. */
void protobuf_uint(struct protobuf *p, unsigned int field, uint64_t value);
/* int32, int64: what is negative takes ten bytes. */
void protobuf_int(struct protobuf *p, unsigned int field, int64_t value);
/* bytes, string (which must be UTF-8), and a message that was written elsewhere. */
void protobuf_bytes(struct protobuf *p, unsigned int field, const void *data, size_t len);
void protobuf_string(struct protobuf *p, unsigned int field, const char *s);

/* A message within: what is written until the end of what begin returned is in it. */
size_t protobuf_begin(struct protobuf *p, unsigned int field);
void protobuf_end(struct protobuf *p, size_t begun);

#endif
