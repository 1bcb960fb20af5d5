/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The numbers of those fields of Perfetto's trace format that are written here, as
 * protos/perfetto/trace/ of its sources has them: an enum a message.
 */
#ifndef PERFETTO_FIELDS_H
#define PERFETTO_FIELDS_H

/* trace.proto: Trace */
enum {
	TRACE_PACKET = 1,
};

/* trace_packet.proto: TracePacket */
enum {
	PACKET_CLOCK_SNAPSHOT = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10, /* trusted_packet_sequence_id */
	PACKET_TRACK_EVENT = 11,
	PACKET_INTERNED_DATA = 12,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_DEFAULTS = 59, /* trace_packet_defaults */
	PACKET_TRACK_DESCRIPTOR = 60,
	PACKET_FIRST_ON_SEQUENCE = 87, /* first_packet_on_sequence */
};

/* trace_packet.proto: TracePacket.SequenceFlags */
enum {
	SEQ_INCREMENTAL_STATE_CLEARED = 1,
	SEQ_NEEDS_INCREMENTAL_STATE = 2,
};

/* trace_packet_defaults.proto: TracePacketDefaults */
enum {
	DEFAULTS_CLOCK_ID = 58, /* timestamp_clock_id */
};

/* clock_snapshot.proto: ClockSnapshot, ClockSnapshot.Clock */
enum {
	SNAPSHOT_CLOCKS = 1,
	SNAPSHOT_PRIMARY = 2, /* primary_trace_clock */
	CLOCK_ID = 1,
	CLOCK_TIMESTAMP = 2,
};

/* ../common/builtin_clock.proto: BuiltinClock */
enum {
	BUILTIN_CLOCK_REALTIME = 1,
	BUILTIN_CLOCK_MONOTONIC = 3,
};

/* interned_data/interned_data.proto: InternedData */
enum {
	INTERNED_CATEGORIES = 1, /* event_categories: EventCategory */
	INTERNED_ARG_NAMES = 3, /* debug_annotation_names: DebugAnnotationName */
};

/* track_event.proto: EventCategory; debug_annotation.proto: DebugAnnotationName */
enum {
	INTERNED_IID = 1,
	INTERNED_NAME = 2,
};

/* track_event/track_descriptor.proto: TrackDescriptor */
enum {
	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PARENT = 5, /* parent_uuid */
	TRACK_CHILD_ORDERING = 11,
	TRACK_RANK = 12, /* sibling_order_rank */
};

/* track_descriptor.proto: TrackDescriptor.ChildTracksOrdering */
enum {
	CHILD_ORDERING_EXPLICIT = 3,
};

/* track_event/track_event.proto: TrackEvent; its types are enum packet_type */
enum {
	EVENT_CATEGORY_IIDS = 3,
	EVENT_ARGS = 4, /* debug_annotations */
	EVENT_TYPE = 9,
	EVENT_TRACK = 11, /* track_uuid */
	EVENT_NAME = 23,
};

/* track_event/debug_annotation.proto: DebugAnnotation */
enum {
	ANNOTATION_NAME_IID = 1,
	ANNOTATION_BOOL = 2,
	ANNOTATION_UINT = 3,
	ANNOTATION_INT = 4,
	ANNOTATION_STRING = 6,
	ANNOTATION_POINTER = 7,
	ANNOTATION_ARRAY_VALUES = 12,
};

#endif
