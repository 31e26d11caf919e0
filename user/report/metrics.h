/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and states for a monitoring system, in the text format of Prometheus or in
 * OpenMetrics 1.0. No address of a source is in them, and what they cost does not
 * depend on how many sources there are.
 */
#ifndef NOLIST_METRICS_H
#define NOLIST_METRICS_H

#include "user/base/writer.h"
#include "user/config/conf.h"

enum metrics_format {
	METRICS_PROMETHEUS,  /* text format 0.0.4, also for node_exporter's textfile collector */
	METRICS_OPENMETRICS, /* OpenMetrics 1.0 */
};

/*
 * Writes one exposition to o and flushes it. 0, or -errno that failure_of() explains. Where the
 * program is not attached and nothing is pinned, that is what the metrics say, and no error.
 */
int metrics_write(struct writer *o, enum metrics_format format, const struct conf *conf,
		  const char *pin_dir, const char *state_dir);

#endif
