/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where "run" answers with metrics: a Unix socket in the state directory. The client sends one
 * byte, the format, and reads to the end. Nothing at all: it could not.
 */
#ifndef NOLIST_METRICS_SOCKET_H
#define NOLIST_METRICS_SOCKET_H

#define METRICS_SOCKET "metrics.sock"
#define METRICS_SOCKET_TEXT 't'
#define METRICS_SOCKET_OPENMETRICS 'o'

#endif
