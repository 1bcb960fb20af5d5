/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "util/protobuf.h"

/* https://protobuf.dev/programming-guides/encoding/ */
#define WIRE_VARINT 0
#define WIRE_LEN 2
#define VARINT_MAX 10

static unsigned char *more(struct protobuf *p, size_t len)
{
	size_t room = p->room ? p->room : 256;
	unsigned char *data;

	while (room - p->len < len)
		room *= 2;
	if (room != p->room) {
		data = realloc(p->data, room);
		if (!data) {
			p->failed = true;
			return NULL;
		}
		p->data = data;
		p->room = room;
	}
	data = p->data + p->len;
	p->len += len;
	return data;
}

static void put(struct protobuf *p, const void *from, size_t len)
{
	unsigned char *to = more(p, len);

	if (to && len)
		memcpy(to, from, len);
}

static size_t varint(unsigned char out[VARINT_MAX], uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		out[n++] = (unsigned char)(value | 0x80);
	out[n++] = (unsigned char)value;
	return n;
}

static void put_varint(struct protobuf *p, uint64_t value)
{
	unsigned char bytes[VARINT_MAX];

	put(p, bytes, varint(bytes, value));
}

static void put_tag(struct protobuf *p, unsigned int field, unsigned int type)
{
	put_varint(p, (uint64_t)field << 3 | type);
}

void protobuf_reset(struct protobuf *p)
{
	p->len = 0;
	p->failed = false;
}

void protobuf_free(struct protobuf *p)
{
	free(p->data);
	memset(p, 0, sizeof(*p));
}

void protobuf_uint(struct protobuf *p, unsigned int field, uint64_t value)
{
	put_tag(p, field, WIRE_VARINT);
	put_varint(p, value);
}

void protobuf_int(struct protobuf *p, unsigned int field, int64_t value)
{
	protobuf_uint(p, field, (uint64_t)value);
}

void protobuf_bytes(struct protobuf *p, unsigned int field, const void *data, size_t len)
{
	put_tag(p, field, WIRE_LEN);
	put_varint(p, len);
	put(p, data, len);
}

void protobuf_string(struct protobuf *p, unsigned int field, const char *s)
{
	protobuf_bytes(p, field, s, strlen(s));
}

size_t protobuf_begin(struct protobuf *p, unsigned int field)
{
	put_tag(p, field, WIRE_LEN);
	return p->len;
}

/* How long it is, and how long that number is, is known only now: the message moves up. */
void protobuf_end(struct protobuf *p, size_t begun)
{
	unsigned char bytes[VARINT_MAX];
	size_t len = p->len - begun, n = varint(bytes, len);

	if (p->failed || !more(p, n))
		return;
	memmove(p->data + begun + n, p->data + begun, len);
	memcpy(p->data + begun, bytes, n);
}
