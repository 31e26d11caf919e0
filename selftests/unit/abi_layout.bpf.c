// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every type of the ABI that clang 14 leaves out of the object's BTF, since no
 * map names it: unit/abi reads here how clang -target bpf lays it out.
 */
#include <linux/types.h>
#include "bpf/abi.h"

struct nolist_config abi_config;
struct nolist_domain_line abi_domain_line;
struct nolist_stamps abi_stamps;
