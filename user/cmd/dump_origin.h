/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dump --origin: all networks of autonomous systems and countries.
 */
#ifndef NOLIST_CMD_DUMP_ORIGIN_H
#define NOLIST_CMD_DUMP_ORIGIN_H

/*
 * what: keys with commas between them, or the file with one a line, which has a '/' in it. output may be
 * NULL. An exit status.
 */
int dump_origin(const char *conf_file, const char *what, const char *format, const char *output);

#endif
