/* SPDX-License-Identifier: GPL-2.0-only */
/* import --spam. */
#ifndef NOLIST_CMD_IMPORT_SPAM_H
#define NOLIST_CMD_IMPORT_SPAM_H

/* Reads the log, "-" is standard input; returns the exit status, with all printed. */
int cmd_import_spam(const char *name);

#endif
