# SPDX-License-Identifier: GPL-2.0-only
"""The zones of walks.txt, their mail servers, and what senders did there.

    walks.py build DIR                  DIR/zone, DIR/conf, DIR/addresses
    walks.py serve DIR                  the real MXes; notes in DIR/taken who has delivered where
    walks.py judge DIR SYNS JSON NAME=SOURCES...  compares with lint's walks, and prints TAP
"""
import json, os, re, socket, sys, threading

here = os.path.dirname(os.path.abspath(__file__))
ROLES = {"L": "low", "R": "real", "H": "high"}


def read():
    """name, state, [(host, role, preference, addresses)]"""
    zones = []
    for line in open(os.path.join(here, "walks.txt")):
        if line[0] == "#":
            continue
        name, state, *mxes = line.split()
        hosts, preference, n = [], 0, len(zones) + 1
        for k, mx in enumerate(mxes, 1):
            m = re.fullmatch(r"(=?)([LRH])([2-5]?)([6v]?)", mx)
            preference += 0 if m[1] else 10
            count = int(m[3] or 1)
            addresses = [f"192.0.{64 + n}.{10 * k + i}" for i in range(count if m[4] != "v" else 0)]
            if m[4]:
                addresses += [f"2001:db8:64:{n:x}::{10 * k + i}" for i in range(count)]
            hosts.append((f"{m[2].lower()}{k}", ROLES[m[2]], preference, addresses))
        zones.append((name, state, hosts))
    return zones


def build(d):
    zone, conf, addresses = [], ['interface = {"eth0"}'], []
    for name, _, hosts in read():
        for host, role, preference, all in hosts:
            zone.append(f"{name}.example. MX {preference} {host}.{name}.example.")
            for a in all:
                zone.append(f"{host}.{name}.example. {'AAAA' if ':' in a else 'A'} {a}")
                conf.append(f'{role} = {{"{a}"}}')
                addresses.append(f"address add {a} dev eth0" + (" nodad" if ":" in a else ""))
    # All of these are documentation's, or nobody's.
    conf.append('never-list-except = {"198.18.0.0/15", "2001:db8::/32"}')
    for file, lines in (("zone", zone), ("conf", conf), ("addresses", addresses)):
        open(f"{d}/{file}", "w").write("\n".join(lines) + "\n")


# --- the real MX ---------------------------------------------------------------------------

def talk(c, name, state, taken):
    says = {"EHLO": "250 mx", "HELO": "250 mx", "MAIL": "250 ok", "DATA": "354 go on",
            "RCPT": "451 4.7.1 later" if state == "greylists" else "250 ok", "QUIT": "221 bye"}
    f, sender = c.makefile(), "?"
    try:
        c.sendall(b"220 mx\r\n")
        for line in f:
            word = line[:4].upper()
            if word == "MAIL":
                sender = re.search(r"@([a-z]*)", line)[1]
            if word == "DATA" and state == "greylists":
                c.sendall(b"503 no recipient\r\n")
                continue
            c.sendall(says.get(word, "250 ok").encode() + b"\r\n")
            if word == "DATA":
                for text in f:
                    if text in (".\n", ".\r\n"):
                        break
                taken.write(f"{sender} {name}\n")
                taken.flush()
                c.sendall(b"250 taken\r\n")
            if word == "QUIT":
                break
    except OSError:
        pass
    c.close()


def accept_all(s, *args):
    while True:
        c = s.accept()[0]
        threading.Thread(target=talk, args=(c, *args), daemon=True).start()


def serve(d):
    taken = open(f"{d}/taken", "w")
    threads = []
    for name, state, hosts in read():
        for _, role, _, addresses in hosts:
            for a in addresses if role == "real" and state != "down" else []:
                s = socket.create_server((a, 25), family=socket.AF_INET6 if ":" in a else
                                         socket.AF_INET, backlog=64)
                threads.append(threading.Thread(target=accept_all, args=(s, name, state, taken)))
                threads[-1].start()
    open(f"{d}/serving", "w")


# --- both walks ------------------------------------------------------------------------------

def squeeze(names):
    return [n for i, n in enumerate(names) if i == 0 or n != names[i - 1]]


def judge(d, syns, document, *sources):
    zones, where, walked = read(), {}, {}
    for name, _, hosts in zones:
        where |= {a: (name, host) for host, _, _, all in hosts for a in all}
    who = {a: s.split("=")[0] for s in sources for a in s.split("=")[1].split(",")}
    for line in open(syns):
        m = re.search(r" IP6? (\S+)\.\d+ > (\S+)\.25: ", line)
        if m and m[1] in who and m[2] in where:
            name, host = where[m[2]]
            walked.setdefault((who[m[1]], name), []).append(host)
    taken = {tuple(line.split()) for line in open(f"{d}/taken")}
    lint = {x["domain"]: x for x in json.load(open(document))["domains"]}
    n = 0
    for sender in sorted(set(who.values())):
        for name, state, _ in zones:
            w = next(w for w in lint[name + ".example"]["senders"] if w["sender"] == sender
                     and w["real"] == state and w["ip4_only"] == (sender == "qmail"))
            steps = [s.split() for s in w["steps"]]
            said = squeeze([where[a][1] for a, _, t in steps if t == "1"])
            did = squeeze(walked.get((sender, name), []))
            arrives, arrived = w["tries"] == 1, (sender, name) in taken
            n += 1
            ok = said == did and arrives == arrived
            print(f"{'ok' if ok else 'not ok'} {n} - {sender}, {name}, {state}: {' '.join(said)}"
                  f"{', delivers' if arrives else ''}")
            if not ok:
                print(f"# walked: {' '.join(did)}{', has delivered' if arrived else ''}")
    print(f"1..{n}")


if __name__ == "__main__":
    {"build": build, "serve": serve, "judge": judge}[sys.argv[1]](*sys.argv[2:])
