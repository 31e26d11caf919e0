/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics over HTTP, as they come from "run", which answers at a socket in the state directory.
 */
#ifndef NOLIST_EXPORTER_H
#define NOLIST_EXPORTER_H

#include "user/http/http.h"

/* arg is the path of the socket. */
http_fn exporter_answer;

#endif
