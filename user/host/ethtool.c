// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool's ioctl: driver, queues, rings and offloads of an interface, by the
 * numbers and names that linux/ethtool.h documents.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/host/netlink.h"

static int ask(const char *name, void *command)
{
	struct ifreq req = { .ifr_data = command };
	int fd, ret;

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = ioctl(fd, SIOCETHTOOL, &req) ? -errno : 0;
	close(fd);
	return ret;
}

int ethtool_driver(const char *name, struct ethtool_drvinfo *drv)
{
	int ret;

	*drv = (struct ethtool_drvinfo){ .cmd = ETHTOOL_GDRVINFO };
	ret = ask(name, drv);
	drv->driver[sizeof(drv->driver) - 1] = '\0';
	drv->bus_info[sizeof(drv->bus_info) - 1] = '\0';
	return ret;
}

int ethtool_channels(const char *name, struct ethtool_channels *channels)
{
	*channels = (struct ethtool_channels){ .cmd = ETHTOOL_GCHANNELS };
	return ask(name, channels);
}

int ethtool_rings(const char *name, struct ethtool_ringparam *rings)
{
	*rings = (struct ethtool_ringparam){ .cmd = ETHTOOL_GRINGPARAM };
	return ask(name, rings);
}

/* The number of features that this kernel has names for. */
static int count_features(const char *name, unsigned int *count)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES } };
	int ret = ask(name, &set);

	if (!ret && !(set.info.sset_mask && set.count && set.count <= 1024))
		ret = -EOPNOTSUPP;
	*count = set.count;
	return ret;
}

static int find_feature(const char *name, const char *feature, unsigned int count)
{
	struct ethtool_gstrings *s = calloc(1, sizeof(*s) + count * ETH_GSTRING_LEN);
	unsigned int i;
	int ret;

	if (!s)
		return -ENOMEM;
	s->cmd = ETHTOOL_GSTRINGS;
	s->string_set = ETH_SS_FEATURES;
	s->len = count;
	ret = ask(name, s);
	if (!ret) {
		ret = -ENOENT;
		for (i = 0; i < count && i < s->len && ret < 0; i++)
			if (!strncmp((char *)s->data + i * ETH_GSTRING_LEN, feature,
				     ETH_GSTRING_LEN))
				ret = i;
	}
	free(s);
	return ret;
}

int ethtool_feature(const char *name, const char *feature)
{
	struct ethtool_gfeatures *f;
	unsigned int count, blocks;
	int at, ret;

	ret = count_features(name, &count);
	if (ret)
		return ret;
	at = find_feature(name, feature, count);
	if (at < 0)
		return at;
	blocks = (count + 31) / 32;
	f = calloc(1, sizeof(*f) + blocks * sizeof(f->features[0]));
	if (!f)
		return -ENOMEM;
	f->cmd = ETHTOOL_GFEATURES;
	f->size = blocks;
	ret = ask(name, f);
	if (!ret && f->features[at / 32].active >> (at % 32) & 1)
		ret = f->features[at / 32].available >> (at % 32) & 1 ? 1 : 2;
	free(f);
	return ret;
}
