/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A view: one way to look at a recording.  One reading of the recording feeds any
 * number of views; a view then prints itself as text or as JSON.  Views know the
 * model's words only, never what a trace file looks like.
 */
#ifndef REPORTS_VIEW_H
#define REPORTS_VIEW_H

#include <jansson.h>

#include "analyzer/model/model.h"
#include "analyzer/reports/filter.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/util/out.h"

struct profile;

/* What all views of one reading share.  The counts grow while it is read. */
struct scope {
	const struct recording *recording;
	struct symbols *symbols;
	struct filter *filter;
	const struct model *model;
	struct profile *profile;       /* NULL unless a view wants it */
	uint64_t started_ns, ended_ns; /* of the recording */
	uint64_t events;               /* calls read */
	uint64_t trips, chosen_trips;  /* round trips in all, and those that passed the filter */
	struct out out;
	bool json;
	bool several;                  /* the view is one of several: each is a command of its own */
	bool failed;                   /* a view could not do all; it has said so on stderr */
};

struct view;

struct view_ops {
	const char *name;        /* also its key in the JSON of several views */
	bool wants_profile;      /* scope->profile is filled for it */
	bool streams;            /* prints while it is fed; has no document */
	bool writes_file;        /* print() has a file of its own: what else there is to say is on stderr */
	bool says_when_empty;    /* its text is worth reading even if empty() is true */

	/* options: of the view's own type, they outlive it */
	struct view *(*create)(struct scope *scope, const void *options);
	void (*free)(struct view *v);
	/* Each chosen round trip in order of completion, and each chosen call; may be NULL. */
	void (*trip)(struct view *v, const struct round_trip *t);
	void (*event)(struct view *v, const struct event *e);
	/* Each message that was decoded; may be NULL. */
	void (*message)(struct view *v, const struct message *m);
	/* Each sample of a chosen process; may be NULL. */
	void (*sample)(struct view *v, const struct sample *s);
	/* Everything was fed and the model is complete; may be NULL. */
	void (*finish)(struct view *v);
	/*
	 * Whether there is nothing to show; then reason, of EMPTY_TEXT_BYTES, says so
	 * in one line.  NULL: empty if no round trip was chosen.
	 */
	bool (*empty)(const struct view *v, char *reason);
	void (*print)(struct view *v, const struct out *o);
	/*
	 * The document, a new reference; or, where it may be too large to be built first, what
	 * writes it.  Both NULL: print() writes JSON lines if scope->json.
	 */
	json_t *(*json)(struct view *v);
	void (*write_json)(struct view *v, FILE *file);
};

#define EMPTY_TEXT_BYTES 512

/* The first member of every view's own struct. */
struct view {
	const struct view_ops *ops;
	struct scope *scope;
};

extern const struct view_ops summary_view, tree_view, timeline_view, slow_view, endpoints_view,
	connections_view, threads_view, hotspots_view, callers_view, annotate_view, trips_view,
	messages_view, dump_view, info_view;

/* The views' options. */

struct tree_options {
	uint64_t max_depth;  /* 0: no limit */
	double min_share;    /* percent of all waiting time; below 0: the default of text */
	int group;           /* enum frame_grouping */
	bool invert;         /* from the network calls outwards */
	bool no_fold;        /* keep recursion */
};

enum lane_kind { LANE_CONNECTION, LANE_THREAD };

struct timeline_options {
	uint64_t lanes;      /* the busiest ones */
	int by;              /* enum lane_kind */
};

struct slow_options {
	uint64_t top;
	uint64_t threshold_ns;
	bool full;           /* whole stacks */
	bool all;            /* those that wait by design too */
	uint64_t source_lines; /* before and after the innermost frame's; 0: none */
};

/* What tables are sorted by, with the names in the same order. */
enum group_key {
	BY_TOTAL, BY_TRIPS, BY_FAILED, BY_PENDING, BY_SENT, BY_RECEIVED,
	BY_MEAN, BY_STDEV, BY_MIN, BY_P50, BY_P95, BY_P99, BY_MAX,
};
extern const char *const group_keys[];

struct table_options {
	int sort;            /* enum group_key */
	uint64_t top;        /* 0: all */
};

enum hotspots_key { BY_SELF, BY_CUMULATIVE };
extern const char *const hotspots_keys[];

struct hotspots_options {
	int by;              /* enum weight */
	int sort;            /* enum hotspots_key */
	int group;           /* enum frame_grouping */
	uint64_t top;        /* 0: all */
};

struct callers_options {
	const char *function; /* a glob */
	bool callees;         /* the text shows them, and not the callers */
	int by;               /* enum weight */
	int group;            /* enum frame_grouping */
	uint64_t top;
};

struct annotate_options {
	const char *wanted;   /* a file's name, or a glob of functions */
	int by;               /* enum weight */
	uint64_t context;     /* lines around those with round trips */
	bool whole;           /* all lines */
	struct text_list source_dirs;
};

struct dump_options {
	bool stacks;         /* with the names of the frames */
	uint64_t source_lines; /* before and after the innermost frame's; 0: none */
};

#endif
