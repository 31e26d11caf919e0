// SPDX-License-Identifier: GPL-2.0-only
/* scenarios.h: the stories themselves. */
#include "selftests/lib/scenarios.h"

#define UP "0d 00:00 up 20d 4\n"

const struct scenario scenarios[] = {
	{ "a bot at the high fake only",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "the same without timestamps",
	  UP
	  "2d 10:20 203.0.113.66 weak\n"
	  "3d 11:20 203.0.113.66 weak\n"
	  "4d 11:20 203.0.113.66 weak\n"
	  "listed 203.0.113.66 5d 12:00 11d 12:00\n" },
	{ "a bot at it each hour is listed all the while",
	  UP
	  "2d 10:20 every 1h for 6d 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 3d 12:00 15d 10:00\n" },
	{ "Exim remembers the refused low fake, and the real MX greylists",
	  UP
	  "1d 09:10 198.51.100.7 low real data\n"
	  "3d 10:15 198.51.100.7 real high tempfailed\n"
	  "3d 14:15 198.51.100.7 real high tempfailed\n"
	  "4d 10:15 198.51.100.7 real high tempfailed\n"
	  "4d 12:20 198.51.100.7 real data\n"
	  "never 198.51.100.7\n" },
	{ "the same, and its SYNs to the real MX were too many to note",
	  UP
	  "1d 09:10 198.51.100.7 low real data\n"
	  "3d 10:15 198.51.100.7 tempfailed\n"
	  "4d 10:15 198.51.100.7 tempfailed\n"
	  "6d 12:20 198.51.100.7 data\n"
	  "never 198.51.100.7\n" },
	{ "a good sender whose second mail ever comes back after hours",
	  UP
	  "2d 10:20 198.51.100.7 tempfailed\n"
	  "5d 10:20 198.51.100.7 tempfailed\n"
	  "6d 09:50 198.51.100.7 real data\n"
	  "never 198.51.100.7\n" },
	{ "a pool in one network: another address of it comes back",
	  UP
	  "1d 10:00 198.51.100.10 low real data\n"
	  "2d 10:20 198.51.100.11 high tempfailed\n"
	  "3d 10:20 198.51.100.11 high tempfailed\n"
	  "never 198.51.100.11\n" },
	{ "a provider's pool in many networks, of which a set tells",
	  UP
	  "1d 10:00 198.18.0.10 low\n"
	  "1d 11:00 198.19.0.20 real data\n"
	  "2d 10:20 198.18.0.30 high tempfailed\n"
	  "3d 10:20 198.18.0.30 high tempfailed\n"
	  "2d 10:20 2001:db8:99:7::1 high tempfailed\n"
	  "3d 10:20 2001:db8:99:7::1 high tempfailed\n"
	  "never 198.18.0.30\n"
	  "never 2001:db8:99:7::1\n" },
	{ "a set without anyone at the low fake acquits no source",
	  UP
	  "1d 11:00 198.19.0.20 real data\n"
	  "2d 10:20 198.18.0.30 high tempfailed\n"
	  "3d 11:20 198.18.0.30 high tempfailed\n"
	  "listed 198.18.0.30 4d 12:00 10d 12:00\n" },
	{ "somebody forges SYNs of a good sender to the high fake",
	  UP
	  "2d 10:20 every 1h for 6d 198.51.100.7 high\n"
	  "never 198.51.100.7\n" },
	{ "somebody guesses acknowledgements, and hits",
	  UP
	  "2d 10:00 forged 60h\n"
	  "2d 10:20 198.51.100.7 weak\n"
	  "3d 10:20 198.51.100.7 weak\n"
	  "4d 10:20 198.51.100.7 weak\n"
	  "never 198.51.100.7\n" },
	{ "one bot at the real MX does not acquit its hoster's other bots",
	  UP
	  "1d 10:20 203.0.113.5 real data\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "a flood of forged SYNs before, during and after",
	  UP
	  "1d 00:00 every 1h for 12d 203.0.113.0/26 low real high\n"
	  "1d 00:00 every 1h for 12d 2001:db8:5::/58 low real high\n"
	  "2d 10:20 203.0.113.9 high tempfailed\n"
	  "3d 11:20 203.0.113.9 high tempfailed\n"
	  "2d 10:20 2001:db8:5:9:: high tempfailed\n"
	  "3d 11:20 2001:db8:5:9:: high tempfailed\n"
	  "listed 203.0.113.9 4d 12:00 10d 12:00\n"
	  "listed 2001:db8:5:9:: 4d 12:00 10d 12:00\n"
	  "never 203.0.113.7\n"
	  "never 2001:db8:5:7::\n" },
	/* The SYNs of a flood are so many that those of others are not noted. */
	{ "a flood while the real MX is down: a sender that says no QUIT comes again, and walks",
	  UP
	  "2d 10:00 flood 4h\n"
	  "2d 10:20 198.51.100.7 low real high tempfailed\n"
	  "2d 11:20 198.51.100.7 low real high tempfailed\n"
	  "2d 12:20 198.51.100.7 low real high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "three that do not come again, and send some mail in a flood that does not end",
	  UP
	  "2d 00:00 flood 18d\n"
	  "2d 10:20 every 30h for 12d 198.51.100.7 low real high tempfailed\n"
	  "2d 10:20 every 47h for 12d 198.51.101.8 low high tempfailed\n"
	  "2d 10:20 every 27h for 12d 2001:db8:7:1::25 real high weak\n"
	  "never 198.51.100.7\n"
	  "never 198.51.101.8\n"
	  "never 2001:db8:7:1::25\n" },
	{ "a flood ends more than an hour before the hour of an offence, or less",
	  UP
	  "2d 09:30 flood 20m\n"
	  "4d 09:30 flood 20m\n"
	  "2d 11:21 203.0.113.66 high tempfailed\n"
	  "4d 11:21 203.0.113.66 high tempfailed\n"
	  "2d 10:50 198.51.100.7 high tempfailed\n"
	  "4d 10:50 198.51.100.7 high tempfailed\n"
	  "listed 203.0.113.66 5d 12:00 11d 12:00\n"
	  "never 198.51.100.7\n" },
	{ "an endless flood, and a bot that comes each hour: one offence of it is in doubt",
	  UP
	  "2d 00:00 flood 18d\n"
	  "2d 10:20 every 1h for 6d 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 3d 13:00 15d 10:00\n" },
	{ "one that comes each day",
	  UP
	  "2d 00:00 flood 18d\n"
	  "2d 10:20 every 24h for 6d 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 5d 11:00 14d 11:00\n" },
	{ "one that was listed before it, and comes every other day",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "4d 00:00 flood 16d\n"
	  "5d 10:20 every 48h for 8d 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 18d 11:00\n" },
	{ "one that comes every other day waits for the end of the flood",
	  UP
	  "2d 00:00 flood 6d\n"
	  "2d 10:20 every 48h for 10d 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 11d 11:00 17d 11:00\n" },
	{ "a provider's pool in a flood: its low is not noted",
	  UP
	  "2d 10:00 flood 1h\n"
	  "2d 10:20 198.18.0.10 low\n"
	  "2d 10:20 198.19.0.20 real data\n"
	  "2d 10:20 198.18.0.30 high tempfailed\n"
	  "3d 10:20 198.18.0.30 high tempfailed\n"
	  "4d 10:20 198.18.0.30 high tempfailed\n"
	  "never 198.18.0.30\n" },
	{ "nor that of a neighbour",
	  UP
	  "2d 10:00 flood 1h\n"
	  "2d 10:20 198.51.100.10 low real data\n"
	  "4d 10:20 198.51.100.11 high tempfailed\n"
	  "5d 10:20 198.51.100.11 high tempfailed\n"
	  "never 198.51.100.11\n" },
	{ "a bot at the real MX does not acquit its neighbours for a flood that came later",
	  UP
	  "1d 10:20 203.0.113.5 real data\n"
	  "2d 10:00 flood 1h\n"
	  "4d 10:20 203.0.113.66 high tempfailed\n"
	  "5d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 6d 12:00 12d 12:00\n" },
	{ "nor one that was new in a flood, and at the real MX later",
	  UP
	  "2d 10:00 flood 1h\n"
	  "2d 10:20 203.0.113.5 high tempfailed\n"
	  "2d 20:20 203.0.113.5 real data\n"
	  "4d 10:20 203.0.113.66 high tempfailed\n"
	  "5d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 6d 12:00 12d 12:00\n" },
	{ "a load in a flood: the new program knows nobody",
	  UP
	  "1d 00:00 load 1\n"
	  "3d 10:00 load 1\n"
	  "3d 00:00 flood 2d\n"
	  "2d 10:20 198.51.100.7 high tempfailed\n"
	  "3d 10:20 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "a high fake with an AAAA beside a real MX without",
	  UP
	  "0d 00:00 no real6\n"
	  "2d 10:20 198.51.100.7 low real data\n"
	  "2d 10:20 2001:db8:7:1::25 high tempfailed\n"
	  "3d 10:20 2001:db8:7:1::25 high tempfailed\n"
	  "never 2001:db8:7:1::25\n"
	  "never 198.51.100.7\n" },
	{ "a dual stack sender, no low fake with an AAAA",
	  UP
	  "0d 00:00 no low6\n"
	  "2d 10:20 198.51.100.7 low\n"
	  "2d 10:20 2001:db8:7:1::25 real high tempfailed\n"
	  "3d 10:20 2001:db8:7:1::25 real high tempfailed\n"
	  "4d 10:20 2001:db8:7:1::25 real data\n"
	  "never 2001:db8:7:1::25\n" },
	{ "a dual stack sender at low and real over IPv4, at high over IPv6, where others use the "
	  "real MX over IPv6",
	  UP
	  "0d 00:00 no low6\n"
	  "2d 10:20 198.51.100.7 low real\n"
	  "2d 10:20 2001:db8:7:1::25 high tempfailed\n"
	  "3d 10:20 198.51.100.7 low real\n"
	  "3d 10:20 2001:db8:7:1::25 high tempfailed\n"
	  "5d 10:20 198.51.100.7 real data\n"
	  "never 2001:db8:7:1::25\n"
	  "never 198.51.100.7\n" },
	{ "the same, and a low fake with an AAAA, of which each address is tried",
	  UP
	  "2d 10:20 198.51.100.7 low real\n"
	  "2d 10:20 2001:db8:7:1::25 low high tempfailed\n"
	  "3d 10:20 198.51.100.7 low real\n"
	  "3d 10:20 2001:db8:7:1::25 high tempfailed\n" /* it remembers that it was refused */
	  "never 2001:db8:7:1::25\n" },
	{ "no low fake at all: sendmail met greylisting over IPv6, and goes on over IPv4",
	  UP
	  "0d 00:00 no low4\n"
	  "0d 00:00 no low6\n"
	  "2d 10:20 2001:db8:7:1::25 real\n"
	  "2d 10:20 198.51.100.7 high tempfailed\n"
	  "3d 10:20 2001:db8:7:1::25 real\n"
	  "3d 10:20 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "a bot over IPv4 is listed, though no low fake has IPv6",
	  UP
	  "0d 00:00 no low6\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "a low fake gets an AAAA: what was before lists nobody, what comes after does",
	  UP
	  "0d 00:00 load 1 blind6\n"
	  "5d 00:00 load 2\n"
	  "3d 10:20 2001:db8:7:1::25 high tempfailed\n"
	  "4d 10:20 2001:db8:7:1::25 high tempfailed\n"
	  "3d 10:20 2001:db8:66:1::66 high tempfailed\n"
	  "4d 10:20 2001:db8:66:1::66 high tempfailed\n"
	  "7d 10:20 2001:db8:66:1::66 high tempfailed\n"
	  "8d 11:20 2001:db8:66:1::66 high tempfailed\n"
	  "never 2001:db8:7:1::25\n"
	  "listed 2001:db8:66:1::66 9d 12:00 15d 12:00\n" },
	{ "a bot and a mail server behind one address (NAT)",
	  UP
	  "1d 09:10 198.51.100.7 low real data\n"
	  "2d 10:20 every 1h for 20d 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "IPv6 privacy addresses in one /64",
	  UP
	  "2d 10:20 2001:db8:7:1::a low\n"
	  "2d 10:20 2001:db8:7:1::b real\n"
	  "2d 10:20 2001:db8:7:1::c high tempfailed\n"
	  "3d 10:20 2001:db8:7:1::d high tempfailed\n"
	  "never 2001:db8:7:1::c\n" },
	{ "the wall clock jumps ahead, and the bot has its grace",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "2d 12:00 clock 200000\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "the wall clock jumps back while a good sender is on its way",
	  UP
	  "2d 10:20 198.51.100.7 high tempfailed\n"
	  "3d 11:20 198.51.100.7 high tempfailed\n"
	  "3d 12:00 clock -200000\n"
	  "4d 10:20 198.51.100.7 real data\n"
	  "never 198.51.100.7\n" },
	{ "a restart, and then the clock is found wrong by a day",
	  UP
	  "2d 10:20 198.51.100.7 low real data\n"
	  "3d 00:00 lost 10m\n"
	  "3d 00:10 reboot\n"
	  "3d 10:20 198.51.100.7 high tempfailed\n"
	  "3d 12:00 clock -86400\n"
	  "4d 11:20 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "a leap second",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 00:00 clock -1\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "daylight saving time: office hours come an hour earlier from one day on",
	  "0d 08:00 up 10h 8\n1d 08:00 up 10h 8\n2d 08:00 up 10h 8\n3d 08:00 up 10h 8\n"
	  "4d 08:00 up 10h 8\n5d 08:00 up 10h 8\n6d 08:00 up 10h 8\n7d 08:00 up 10h 8\n"
	  "8d 07:00 up 10h 8\n9d 07:00 up 10h 8\n10d 07:00 up 10h 8\n11d 07:00 up 10h 8\n"
	  "12d 07:00 up 10h 8\n13d 07:00 up 10h 8\n14d 07:00 up 10h 8\n15d 07:00 up 10h 8\n"
	  "7d 10:20 203.0.113.66 high tempfailed\n"
	  "8d 10:20 203.0.113.66 high tempfailed\n"
	  "7d 10:20 198.51.100.7 high tempfailed\n"
	  "8d 10:20 198.51.100.7 high tempfailed\n"
	  "9d 11:00 198.51.100.7 real data\n"
	  "listed 203.0.113.66 9d 12:00 15d 11:00\n" /* an hour of silence did not count */
	  "never 198.51.100.7\n" },
	{ "a restart: what came meanwhile is not known, and what came near it counts for nobody",
	  UP
	  "2d 23:55 lost 10m\n"
	  "3d 00:05 reboot\n"
	  "2d 22:00 198.51.100.7 high tempfailed\n"
	  "3d 00:20 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "a lost interval: what would have excused it is gone",
	  UP
	  "3d 09:50 lost 20m\n"
	  "3d 10:20 198.51.100.7 high tempfailed\n"
	  "4d 11:20 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "and two offences after that count",
	  UP
	  "3d 09:50 lost 20m\n"
	  "3d 10:20 203.0.113.66 high tempfailed\n"
	  "4d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 6d 12:00 12d 12:00\n" },
	{ "the real MX is down for an hour",
	  "0d 00:00 up 3d 12\n"
	  "3d 00:00 down 1h 12\n"
	  "3d 00:30 192.0.2.99 data\n" /* one got through */
	  "3d 01:00 up 20d 12\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "2d 12:20 203.0.113.66 high tempfailed\n"
	  "1d 23:20 198.51.100.7 high tempfailed\n"
	  "2d 00:50 198.51.100.7 high tempfailed\n"
	  "3d 01:20 198.51.100.7 real data\n"
	  "listed 203.0.113.66 3d 14:00 9d 13:00\n"
	  "never 198.51.100.7\n" },
	{ "the real MX is down for two days and silent, then mail comes back",
	  "0d 00:00 up 8d 4\n"
	  "10d 00:00 up 15d 4\n"
	  "8d 00:20 198.51.100.7 high tempfailed\n"
	  "8d 01:20 198.51.100.7 high tempfailed\n"
	  "10d 20:00 198.51.100.7 real data\n"
	  "8d 00:20 203.0.113.66 high tempfailed\n"
	  "8d 01:20 203.0.113.66 high tempfailed\n"
	  "never 198.51.100.7\n"
	  "listed 203.0.113.66 11d 00:00 15d 02:00\n" },
	{ "what excuses it is lost at the end of a grace that the real MX has stretched",
	  "0d 00:00 up 8d 4\n"
	  "10d 00:00 up 10d 4\n"
	  "7d 10:20 198.51.100.7 high tempfailed\n"
	  "7d 12:20 198.51.100.7 high tempfailed\n"
	  "10d 08:20 lost 10m\n"
	  "never 198.51.100.7\n" },
	{ "the real MX is gone, and somebody forges a SYN a day",
	  "0d 00:00 up 3d 4\n"
	  "3d 10:20 every 24h for 20d 192.0.2.200 real\n"
	  "6d 10:20 198.51.100.7 high tempfailed\n"
	  "7d 10:20 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "a source listed before it was gone stays for its time",
	  "0d 00:00 up 5d 4\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "the first day: caches hold the zone of before",
	  UP
	  "0d 00:00 load 1\n"
	  "0d 05:20 198.51.100.7 high tempfailed\n"
	  "0d 23:20 198.51.100.7 high tempfailed\n"
	  "1d 10:20 203.0.113.66 high tempfailed\n"
	  "2d 11:20 203.0.113.66 high tempfailed\n"
	  "never 198.51.100.7\n"
	  "listed 203.0.113.66 3d 12:00 9d 12:00\n" },
	{ "other MX addresses: a day in which nothing counts, and no grace runs",
	  UP
	  "0d 00:00 load 1\n"
	  "5d 00:00 load 2\n"
	  "5d 10:20 198.51.100.7 high tempfailed\n"
	  "5d 20:20 198.51.100.7 high tempfailed\n"
	  "3d 10:20 198.51.100.8 high tempfailed\n"
	  "4d 11:20 198.51.100.8 high tempfailed\n"
	  "6d 11:00 198.51.100.8 real data\n"
	  "never 198.51.100.7\n"
	  "never 198.51.100.8\n" },
	{ "a load of the same addresses, and a restart, begin no such day",
	  UP
	  "0d 00:00 load 1\n"
	  "5d 00:00 load 1\n"
	  "6d 00:00 reboot\n"
	  "6d 00:00 load 1\n"
	  "4d 10:20 203.0.113.66 high tempfailed\n"
	  "5d 11:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 6d 12:00 12d 12:00\n" },
	{ "a listing ended, and the address has another owner",
	  UP
	  "2d 10:20 198.51.100.7 high tempfailed\n"
	  "3d 11:20 198.51.100.7 high tempfailed\n"
	  "15d 10:20 198.51.100.7 high tempfailed\n"
	  "15d 20:20 198.51.100.7 real data\n"
	  "listed 198.51.100.7 4d 12:00 10d 12:00\n" },
	{ "a listed bot is refused at the real MX, once",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 real\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "it is refused each hour, and forges SYNs to the low fake",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 every 1h for 4d 203.0.113.66 low real\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "it is refused after its greeting: data, and no walk",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 every 1h for 4d 203.0.113.66 real data\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "one walk does not free it",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 low real data\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "nor do two within 15 minutes",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 low real data\n"
	  "5d 10:34 203.0.113.66 low real data\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "two walks in an hour free it",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 low real data\n"
	  "5d 10:40 203.0.113.66 low real data\n"
	  "listed 203.0.113.66 4d 12:00 5d 11:00\n" },
	{ "two walks on two days free it, and it walks on",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 low real data\n"
	  "6d 10:20 every 1h for 8d 203.0.113.66 low real data\n"
	  "listed 203.0.113.66 4d 12:00 6d 11:00\n" },
	{ "no low fake: data in two hours, and ten minutes apart, do not free it",
	  UP
	  "0d 00:00 no low4\n"
	  "0d 00:00 no low6\n"
	  "0d 00:00 no real6\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:55 203.0.113.66 real data\n"
	  "5d 11:05 203.0.113.66 real data\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "no low fake: data an hour and more apart frees it, and it sends on",
	  UP
	  "0d 00:00 no low4\n"
	  "0d 00:00 no low6\n"
	  "0d 00:00 no real6\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:45 203.0.113.66 real data\n"
	  "5d 12:05 every 1h for 2d 203.0.113.66 real data\n"
	  "listed 203.0.113.66 4d 12:00 5d 13:00\n" },
	{ "no low fake: data a quarter of an hour apart frees it",
	  UP
	  "0d 00:00 no low4\n"
	  "0d 00:00 no low6\n"
	  "0d 00:00 no real6\n"
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:45 203.0.113.66 real data\n"
	  "5d 11:05 203.0.113.66 real data\n"
	  "listed 203.0.113.66 4d 12:00 5d 12:00\n" },
	{ "what it did before it walked does not list it again",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "4d 20:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 low real data\n"
	  "5d 11:20 203.0.113.66 low real data\n"
	  "5d 12:20 203.0.113.66 high tempfailed\n"
	  "6d 12:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 5d 12:00\n" },
	{ "mail that was accepted on two days frees it",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 203.0.113.66 real accepted\n"
	  "5d 15:20 203.0.113.66 real accepted\n"
	  "6d 11:20 203.0.113.66 real accepted\n"
	  "listed 203.0.113.66 4d 12:00 6d 12:00\n" },
	{ "a neighbour that walks does not free it",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:20 every 1h for 6d 203.0.113.77 low real data\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "further offences renew it, though somebody forges a SYN an hour to the real MX",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "5d 10:30 every 1h for 5d 203.0.113.66 real\n"
	  "7d 10:50 203.0.113.66 high tempfailed\n"
	  "9d 10:50 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 16d 11:00\n" },
	{ "an offence after it was refused with data does not",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "7d 10:30 203.0.113.66 real data\n"
	  "7d 10:50 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "nor across the full hour",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "7d 10:55 203.0.113.66 real data\n"
	  "7d 11:50 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "two hours later it does",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "7d 10:05 203.0.113.66 real data\n"
	  "7d 12:20 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 14d 13:00\n" },
	{ "the policy service defers a stranger, and Exim goes to the high fake in the same second",
	  UP
	  "2d 10:20:30 198.51.100.7 real data high tempfailed\n"
	  "3d 11:20:30 198.51.100.7 real data high tempfailed\n"
	  "5d 11:20:30 198.51.100.7 real data high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "the real MX is on another host: only the service's request tells that it was there",
	  UP
	  "2d 10:20:30 198.51.100.7 data high tempfailed\n"
	  "3d 11:20:30 198.51.100.7 high tempfailed\n"
	  "4d 11:20:30 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "the policy service defers dma one second before the full hour",
	  UP
	  "2d 10:59:59 198.51.100.7 real data\n"
	  "2d 11:00:00 198.51.100.7 high tempfailed\n"
	  "3d 11:59:59 198.51.100.7 real data\n"
	  "3d 12:00:00 198.51.100.7 high tempfailed\n"
	  "never 198.51.100.7\n" },
	{ "a listed one is deferred, and goes to the high fake in the same second: that renews nothing",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "7d 10:20:30 203.0.113.66 real data high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "nor does it one second before the full hour",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "7d 10:59:59 203.0.113.66 real data\n"
	  "7d 11:00:00 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "its last refusal sends it to the high fake, after its listing has ended",
	  UP
	  "2d 10:20 203.0.113.66 high tempfailed\n"
	  "3d 11:20 203.0.113.66 high tempfailed\n"
	  "10d 11:10 203.0.113.66 real\n"
	  "10d 11:40 203.0.113.66 high tempfailed\n"
	  "listed 203.0.113.66 4d 12:00 10d 12:00\n" },
	{ "the real MX of a small site is not seen for days, and a good sender makes it seen",
	  "0d 00:00 up 3d 1\n"
	  "2d 10:20 198.51.100.7 high tempfailed\n"
	  "3d 11:20 198.51.100.7 high tempfailed\n"
	  "6d 10:20 198.51.100.7 real data\n"
	  "6d 10:30 every 1h for 2d 192.0.2.99 real data\n"
	  "never 198.51.100.7\n" },
	{ "a provider's set: one address at low, another at real, on two days, frees a third",
	  UP
	  "2d 10:20 198.18.0.30 high tempfailed\n"
	  "3d 11:20 198.18.0.30 high tempfailed\n"
	  "5d 10:20 198.18.0.10 low\n"
	  "5d 10:25 198.19.0.20 real data\n"
	  "6d 11:20 198.18.0.10 low\n"
	  "6d 11:25 198.19.0.20 real data\n"
	  "listed 198.18.0.30 4d 12:00 6d 12:00\n" },
	{ "once is not enough, nor is data alone",
	  UP
	  "2d 10:20 198.18.0.30 high tempfailed\n"
	  "3d 11:20 198.18.0.30 high tempfailed\n"
	  "5d 10:20 198.18.0.10 low\n"
	  "5d 10:25 198.19.0.20 real data\n"
	  "6d 11:20 198.19.0.20 real data\n"
	  "7d 11:20 198.19.0.20 real data\n"
	  "listed 198.18.0.30 4d 12:00 10d 12:00\n" },
	{ "a client that says QUIT, whatever it is reported",
	  UP
	  "2d 10:20 every 1h for 6d 198.51.100.7 high tempfailed quit\n"
	  "never 198.51.100.7\n" },
	{},
};
