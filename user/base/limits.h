/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the configuration may ask of the kernel: the mode of attachment, and sizes.
 */
#ifndef NOLIST_LIMITS_H
#define NOLIST_LIMITS_H

#define KERN_IFS_MAX 64
#define KERN_SOURCES_MIN 1024u /* capacity of a table: a smaller LRU evicts too early */
#define KERN_SOURCES_MAX 16777216u

enum kern_mode { KERN_AUTO, KERN_NATIVE, KERN_GENERIC };

#endif
