/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A filter of OpenSMTPD: a process that smtpd starts, as a user that may read nothing of ours. So it asks
 * the service, as any other mail server does.
 */
#ifndef NOLIST_POLICYD_OPENSMTPD_H
#define NOLIST_POLICYD_OPENSMTPD_H

/*
 * Speaks smtpd-filters(7) on standard input and output until that ends. where: of the service, ADDR:PORT or
 * a path; without an answer in time mail passes. 0 or -errno, explained by failure_of().
 */
int opensmtpd_filter(const char *where);

#endif
