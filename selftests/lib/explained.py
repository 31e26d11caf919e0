# SPDX-License-Identifier: GPL-2.0-only
#
# Compares how two builds judge the same sources, one JSON object a line and source:
#
#	explained.py OLD NEW AS_OF UNTIL [flood]
#
# UNTIL: the earlier tables were read then, and count contacts that were too many to be noted, from
# the boot on. flood: there was another flood, at some time.
# What they say of a source's evidence must be the same. Where they judge it otherwise, a rule that
# is newer than the old build must explain it, found here from the source's evidence alone. Prints
# how many differ by which rule. Fails, and prints them, if there are others. To add a rule: a
# function of the old and the new object, and its row.
import ipaddress, json, sys

H, D = 3600, 86400
REPLAY = 2200  # seconds for which a segment of a dialogue is good
VERDICT = ("verdict", "strong", "weak", "excused", "learning", "paused", "since", "until")


def offences(s):
	return [h for h in s["hours"] if h.get("strong") or (h.get("weak") and h.get("tempfailed_weak"))]


def apart(a, b):
	return max(0, abs(a["start"] - b["start"]) - (H - 1))


def last(s, what):
	return (s.get(what) or {}).get("last", 0)


def quit_near(old, new):
	"""A QUIT of the hour before, or of an hour of another boot, excuses."""
	return any(q.get("quit") and 0 < apart(q, h) + (q["start"] != h["start"]) and apart(q, h) <= REPLAY
		for h in offences(new) for q in new["hours"])


def burst(old, new):
	"""Hours in which commands were sent together do not list alone."""
	return any(h.get("pipelined") for h in offences(new))


def stays(old, new):
	"""It was listed before its last contact, which excused it then."""
	return new["since"] and any(last(new, w) >= new["since"] for w in ("low", "real", "data"))


def between(old, new):
	"""Offences between two contacts, of which none is known to have been near."""
	return any((new.get(w) or {}).get("first", 0) < h["start"] < last(new, w)
		for w in ("low", "real", "data") for h in offences(new))


def caused(old, new):
	"""An offence in the hour after it was at the real MX."""
	return any(0 <= h["start"] + H - t <= 2 * H for h in offences(new)
		for w in ("real", "data") for t in ((new.get(w) or {}).get("first", 0), last(new, w)))


def seen_later(old, new):
	"""It begins when the real MX was seen, as far as that is known."""
	return old["verdict"] == new["verdict"] and new["since"] > old["since"]


def ended(old, new):
	"""Of an hour the last dialogue is known to the second: the offence ended with it."""
	return (old["verdict"] == new["verdict"] and 0 <= old["since"] - new["since"] < H and
		0 <= old["until"] - new["until"] < H)


def edge(old, new):
	"""So it may be nearer to a contact, by less than an hour, and within the window of an alibi."""
	return any(0 <= abs(h["start"] - t) - 7 * D + H <= 2 * H for h in offences(new)
		for w in ("low", "real") for t in ((new.get(w) or {}).get("first", 0), last(new, w)))


def stays_near(old, new):
	"""It was listed before a neighbour sent data, which excused it then."""
	return new["since"] and any(t >= new["since"] for t in DATA.get(network(new), ()))


def walk_hidden(old, new):
	"""A neighbour sent data, and a flood may have hidden that it was at low."""
	return new["excused"] > old["excused"] and any(FLOOD or t <= UNTIL + 2 * H
		for t in DATA.get(network(new), ()))


def hidden(old, new):
	"""A flood may have hidden what it did before the first offence, or before its last SYN."""
	return FLOOD and new["strong"] + new["weak"] < max(2, old["strong"] + old["weak"]) and (
		new["verdict"] in ("held", "few", "waiting", "expired"))


def running(old, new):
	"""Of the hour that was not over then only its last dialogue is known, which came later."""
	return any(h["start"] <= AS_OF < h["start"] + H for h in offences(new))


def network(s):
	"""The /24 or /48 around a source."""
	net = s["source"].split("/")[0]
	bits, size = (48, 128) if ":" in net else (24, 32)
	return int(ipaddress.ip_address(net)) >> size - bits, bits


RULES = (quit_near, burst, stays, between, caused, seen_later, ended, edge, stays_near, walk_hidden, hidden,
	running)


def read(name):
	# A line may lack its last brackets, or have those of the whole.
	return [json.JSONDecoder().raw_decode(line.rstrip() + "}")[0] for line in open(name)]


def main(old_file, new_file):
	count, bad = {}, []
	old, new = read(old_file), read(new_file)
	if [s["source"] for s in old] != [s["source"] for s in new]:
		print("other sources")
		return 1
	for s in new:
		if s.get("data"):
			DATA.setdefault(network(s), []).append(s["data"]["first"])
	for a, b in zip(old, new):
		if a == b:
			continue
		rest = [{k: v for k, v in s.items() if k not in VERDICT} for s in (a, b)]
		why = next((r.__name__ for r in RULES if rest[0] == rest[1] and r(a, b)), None)
		if why:
			count[why] = count.get(why, 0) + 1
		else:
			bad.append((a, b))
	print(" ".join(f"{n} {k}" for k, n in sorted(count.items())) or "none")
	for a, b in bad[:3]:
		print(json.dumps(a), json.dumps(b), sep="\n")
	return len(bad) > 0


AS_OF, UNTIL = map(int, sys.argv[3:5])
FLOOD = sys.argv[5:] == ["flood"]
DATA = {} # when the addresses of a network first sent data
sys.exit(main(*sys.argv[1:3]))
