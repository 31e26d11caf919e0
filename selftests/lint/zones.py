# SPDX-License-Identifier: GPL-2.0-only
"""The zones of zones.txt: as files for two name servers, and what lint says of each.

    zones.py build DIR       writes zone files, both configurations and DIR/sign.sh
    zones.py serve DIR       HTTPS with the policies, and SMTP in all roles
    zones.py judge DIR TOOL  runs lint for all, and prints TAP
"""
import collections, concurrent.futures, hashlib, http.server, json, os, re, socket, ssl, subprocess
import sys, threading, time

here = os.path.dirname(os.path.abspath(__file__))
NET = "192.175.48."
SERVER, SECOND, SILENT, DROPPED, WEB = (NET + n for n in ("53", "54", "56", "57", "80"))
ROLES = f"low={NET}10 real={NET}20 high={NET}30"
# The root servers' addresses, which a resolver has built in.
ROOTS = """198.41.0.4 170.247.170.2 199.9.14.201 192.33.4.12 199.7.91.13 192.203.230.10
192.5.5.241 192.112.36.4 198.97.190.53 192.36.148.17 192.58.128.30 193.0.14.129 199.7.83.42
202.12.27.33""".split()
WORDS = ("expect", "roles", "as", "signed", "bogus", "second", "policy", "probe", "at", "conf")


def read():
    """Of zones.txt, or of the file that ZONES names."""
    zones = []
    for line in open(os.environ.get("ZONES", os.path.join(here, "zones.txt"))):
        line = line.rstrip("\n")
        word, _, rest = line.partition(" ")
        if not line or line[0] == "#":
            continue
        if word == "zone":
            zones.append(dict(name=rest, lines=[], roles=ROLES, expect=""))
        elif word == "copies":
            zones += [dict(zones[-1], name=f"{zones[-1]['name']}-{i}") for i in range(int(rest))]
        elif word in ("says", "never"):
            zones[-1][word] = zones[-1].get(word, []) + [rest.split(" ", 1)]
        elif word in WORDS:
            zones[-1][word] = rest
        else:
            zones[-1]["lines"] += generate(line)
    return zones


def generate(line):
    m = re.match(r"\$GENERATE (\d+)-(\d+) (.*)", line)
    if not m:
        return [line]
    return [m[3].replace("$", str(i)) for i in range(int(m[1]), int(m[2]) + 1)]


def zone_text(z, serial=1):
    name = z["name"] + ".example."
    lines = [f"$ORIGIN {name}", "$TTL 3600", f"@ SOA ns1.example. h. {serial} 3600 600 86400 60"]
    lines += ["@ NS ns1.example."] + [f"@ NS {s}." for s in servers(z)]
    for host, last in (("fake0", 10), ("mx", 20), ("fake1", 30)):
        if not any(l.startswith(f"{host} A") for l in z["lines"]):
            lines.append(f"{host} A {NET}{last}")
    if "policy" in z:
        lines += ['_mta-sts TXT "v=STSv1; id=1;"']
        if z["policy"] != "missing":
            lines += [f"mta-sts A {WEB}"]
    return "\n".join(lines + z["lines"]) + "\n"


def tlsa(d, words):
    """ "%NAME 3 1 1": the record of the certificate DIR/NAME.pem, the first there."""
    name, usage, selector, kind = words.split()
    pem = open(f"{d}/{name}.pem").read()
    data = ssl.PEM_cert_to_DER_cert(pem[:pem.index("-----END") + 25])
    if selector == "1":
        key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=pem.encode(), stdout=subprocess.PIPE)
        data = ssl.PEM_cert_to_DER_cert(key.stdout.decode().replace("PUBLIC KEY", "CERTIFICATE"))
    data = {"0": bytes, "1": lambda b: hashlib.sha256(b).digest(), "2": lambda b: hashlib.sha512(b).digest()}[kind](data)
    return f"{usage} {selector} {kind} {data.hex()}"


def servers(z):
    kind = z.get("second")
    if kind in ("same", "differs", "moved", "lame"):
        return ["ns2.example"]
    return ["ns3.example"] if kind == "silent" else []


def parents(z):
    """The servers that the parent names: "dropped" is the only one, and drops all."""
    return ["ns4.example"] if z.get("second") == "dropped" else ["ns1.example"] + servers(z)


def conf(path, addresses, directory, zones):
    with open(path, "w") as f:
        f.write("server:\n" + "".join(f"\tip-address: {a}\n" for a in addresses))
        f.write(f'\tusername: ""\n\tzonesdir: "{directory}"\n\tdatabase: ""\n\tserver-count: 1\n'
                f'\tpidfile: "{directory}/pid"\n\txfrdfile: ""\n\trrl-ratelimit: 0\n\tround-robin: yes\n'
                'remote-control:\n\tcontrol-enable: no\n')
        for name, file in zones:
            f.write(f"zone:\n\tname: {name}\n\tzonefile: {file}\n")


def is_signed(z):
    return "signed" in z or "bogus" in z


def build(d):
    zones = read()
    for sub in ("one", "two"):
        os.makedirs(f"{d}/{sub}", exist_ok=True)
    put = lambda file, text: open(f"{d}/{file}", "w").write(text)
    sign, served, second = [], [], []
    parent = f"$ORIGIN example.\n$TTL 3600\n@ SOA ns1 h. 1 3600 600 86400 60\n@ NS ns1\n" \
             f"ns1 A {SERVER}\nns2 A {SECOND}\nns3 A {SILENT}\n" \
             f"ns4 A {DROPPED}\n"
    parent += "refused NS ns2\n"
    for z in zones:
        name, file = z["name"], z["name"] + ".zone"
        z["lines"] = [re.sub("%(.*)", lambda m: tlsa(d, m[1]), l) if " TLSA %" in l else l for l in z["lines"]]
        put("one/" + file, zone_text(z))
        parent += "".join(f"{name} NS {s}.\n" for s in parents(z))
        if is_signed(z):
            sign.append(f"sign {name}.example {file} {('bogus' + z['bogus']) if 'bogus' in z else ''}")
            file += ".signed"
        if z.get("second") != "dropped":
            served.append((name + ".example", file))
        if z.get("second") in ("same", "differs", "moved"):
            if z["second"] == "differs":
                z = dict(z, lines=z["lines"] + ["@ MX 99 fake1"])
            if z["second"] == "moved":
                z = dict(z, lines=[l.replace("MX 20 ", "MX 21 ") for l in z["lines"]])
            put("two/" + z["name"] + ".zone", zone_text(z))
            second.append((name + ".example", z["name"] + ".zone"))
    put("one/example.zone", parent)
    put("one/root.zone", "$TTL 3600\n. SOA a.root-servers.net. h. 1 3600 600 86400 60\n"
        ". NS a.root-servers.net.\na.root-servers.net. A 198.41.0.4\n"
        f"example. NS ns1.example.\nns1.example. A {SERVER}\n"
        "48.175.192.in-addr.arpa. NS ns1.example.\n49.175.192.in-addr.arpa. NS ns2.example.\n")
    put("one/reverse.zone", "$ORIGIN 48.175.192.in-addr.arpa.\n$TTL 3600\n"
        "@ SOA ns1.example. h. 1 3600 600 86400 60\n@ NS ns1.example.\n"
        "12 PTR low.ptr-failed.example.\n22 PTR mail.ptr-failed.example.\n33 PTR else.example.\n"
        "12 PTR low.ptr-good.example.\n22 PTR mail.ptr-good.example.\n32 PTR high.ptr-good.example.\n")
    served += [("example", "example.zone.signed"), (".", "root.zone.signed"),
               ("48.175.192.in-addr.arpa", "reverse.zone")]
    conf(f"{d}/one.conf", ROOTS + [SERVER], f"{d}/one", served)
    conf(f"{d}/two.conf", [SECOND], f"{d}/two", second)
    put("sign.sh", SIGN % d + "\n".join(sign + ["sign example example.zone", "sign . root.zone"])
        + "\n")


# Children first: their DS records go into the parent.
SIGN = """set -e
cd %s/one
sign() {
	key=$(ldns-keygen -r /dev/urandom -k -a ECDSAP256SHA256 "$1" 2>/dev/null)
	ldns-signzone -f "$2.signed" "$2" "$key"
	case $1 in
	*.example) cat "$key.ds" >>example.zone ;;
	example) cat "$key.ds" >>root.zone ;;
	.) cp "$key.key" ../anchor ;;
	esac
	[ "${3:-}" != bogus ] || sed -i 's/192\\.175\\.48\\.[123]0/192.175.48.66/; s/MX\\(.\\)20/MX\\121/' "$2.signed"
	[ -z "${3:-}" ] || sed -i 's/aaaaaaaa/bbbbbbbb/' "$2.signed"
}
"""


# --- the servers of the lab ------------------------------------------------------------------

def policy(kind, name):
    mx = {"enforce": ["mx"], "other": ["other"], "testing": ["other"], "off": ["other"],
          "all": ["fake0", "*"], "wildcard": ["fake0", "*"], "large": ["mx"] * 9000, "html": ["mx"]}.get(kind, [])
    if kind == "malformed":
        return "version: STSv1\r\nmode: perhaps\r\nmax_age: 1\r\nmx: x\r\n"
    lines = {"no-version": "mode: enforce max_age:86400 mx:x", "no-mode": "version:STSv1 max_age:86400 mx:x",
             "no-age": "version:STSv1 mode:enforce mx:x", "old-age": "version:STSv1 mode:enforce max_age:31557601 mx:x",
             "no-mx": "version:STSv1 mode:testing max_age:86400"}
    if kind in lines:
        return lines[kind].replace(": ", ":").replace(" ", "\n")
    mode = {"testing": "testing", "off": "none"}.get(kind, "enforce")
    return f"version: STSv1\r\nmode: {mode}\r\n" \
        "max_age: 86400\r\n" + "".join(f"mx: {m}.{name}\r\n" for m in mx)


class Policies(http.server.BaseHTTPRequestHandler):
    kinds = {}

    def do_GET(self):
        name = self.headers["Host"].removeprefix("mta-sts.")
        kind = self.kinds.get(name, "none")
        self.send_response(301 if kind == "redirect" else 200)
        if kind == "redirect":
            self.send_header("Location", "https://mta-sts.sts-good.example" + self.path)
        self.send_header("Content-Type", "text/html" if kind == "html" else "text/plain")
        self.end_headers()
        try:
            self.wfile.write(policy(kind, name).encode())
        except OSError:
            pass

    def log_message(self, *args):
        pass


# What each address says: to the connection, EHLO, MAIL, RCPT, DATA and QUIT.
REAL = ["220 mx", "250-mx\r\n250 STARTTLS", "250 ok", "250 ok", "354 go on", "221 bye"]
HIGH = ["220 fake", "250 fake", "250 ok", "250 ok", "451 4.7.1 later", "221 bye"]
TALKS = {20: REAL, 23: REAL, 24: ["220 mx", "250 mx"] + REAL[2:], 25: ["554 no"] + REAL[1:], 26: REAL, 27: REAL, 28: REAL, 29: REAL, 30: HIGH,
         35: HIGH[:3] + ["550 no such user", "451 4.7.1 later", "221 bye"], 14: REAL}


# What happens after STARTTLS: the certificate that is shown, or something else.
SHOWS = {20: "mail", 23: "injected", 26: "other", 27: "silence", 28: "garbage", 29: "expired"}
contexts = {}


def starttls(c, shows):
    c.sendall(b"220 go on\r\n" + (b"250 ok\r\n" if shows == "injected" else b""))
    if shows == "garbage":
        c.recv(1)
        c.sendall(b"\x16\x03\x01\xff\xff" + b"\x1b[31m" * 20000)
    if shows == "silence":
        time.sleep(60)
    return contexts[shows].wrap_socket(c, server_side=True) if shows in contexts else c


def talk_on(c, says, shows):
    words = {"EHLO": 1, "MAIL": 2, "RCPT": 3, "DATA": 4, "QUIT": 5}
    for line in c.makefile():
        if line.startswith("STARTTLS"):
            return talk_on(starttls(c, shows), says, shows)
        c.sendall(says[words.get(line[:4].upper(), 1)].encode() + b"\r\n")
        if line.upper().startswith("QUIT"):
            return c.close()


def talk(c, says, shows):
    try:
        c.sendall(says[0].encode() + b"\r\n")
        talk_on(c, says, shows)
    except (OSError, ValueError):
        pass
    c.close()


def listen(address, port=25):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen(64)
    return s


def accept_all(s, says, shows):
    while True:
        c = s.accept()[0]
        threading.Thread(target=talk, args=(c, says, shows), daemon=True).start()


def serve(d):
    Policies.kinds = {z["name"] + ".example": z["policy"] for z in read() if "policy" in z}
    for name in ("mail", "other", "expired"):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(f"{d}/{name}.pem", f"{d}/{name}.key")
    for last, says in TALKS.items():
        threading.Thread(target=accept_all, args=(listen(NET + str(last)), says, SHOWS.get(last)),
                         daemon=True).start()
    web = http.server.ThreadingHTTPServer((WEB, 443), Policies)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(f"{d}/cert.pem", f"{d}/key.pem")
    web.socket = tls.wrap_socket(web.socket, server_side=True)
    open(f"{d}/serving", "w")
    web.serve_forever()


# --- what lint says ----------------------------------------------------------------------------

def run(d, tool, zones):
    z = zones[0]
    conf = f"{d}/{z.get('conf', 'empty').replace(' ', '').replace('/', '')}.conf"
    if conf != f"{d}/none.conf":
        open(conf, "w").write(z.get("conf", "") + "\n")
    args = ["nsenter", "--net=/run/netns/" + z.get("at", "client"), tool, "lint", "--json",
            "--trust-anchor", f"{d}/anchor"]
    args += ["-c", conf] if os.path.exists(conf) else []
    for role in z["roles"].split():
        args += ["--" + role.split("=")[0], role.split("=")[1]]
    args += ["--probe"] if "probe" in z else []
    p = subprocess.run(args + [x.get("as", x["name"] + ".example") for x in zones],
                       capture_output=True, text=True)
    try:
        found = json.loads(p.stdout)["domains"]
    except ValueError:
        return [(x, None, p.stderr) for x in zones]
    wanted = 1 if any(f["errors"] for f in found) else 3 if any(f["warnings"] for f in found) else 0
    if p.returncode != wanted or p.stderr:
        return [(x, None, f"status {p.returncode}, not {wanted}: {p.stderr}") for x in zones]
    return [(x, f, 0) for x, f in zip(zones, found)]


def judge_zone(z, domain):
    wanted = set(z["expect"].split())
    got = {f"{f['grade']}:{f['check']}" for f in domain["findings"]}
    says = lambda word, words: any(f["check"] == word and re.search(words, f"{f['subject']}: {f['text']}")
                                   for f in domain["findings"])
    if not all(says(*x) for x in z.get("says", [])) or any(says(*x) for x in z.get("never", [])):
        return False
    strict = lambda s: {x for x in s if x.startswith(("error", "warning"))}
    return strict(got) == strict(wanted) and wanted <= got


def judge_table(seen, n):
    """Each of the 22 checks passes in a zone, and fails in one with each grade that docs/lint.md has."""
    page = open(os.path.join(here, "../../docs/lint.md")).read()
    grades = {"E": "error", "W": "warning", "N": "note"}
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \| ([EWN ]+) \|", page, re.M)
    print(f"{'ok' if [int(r[0]) for r in rows] == list(range(1, 23)) else 'not ok'} {n + 1} - 22 checks")
    for i, (number, name, letters) in enumerate(rows, n + 2):
        zones = lambda grade: seen.get((int(number), grade), [])
        wanted = ["ok"] + [grades[l] for l in letters.split()]
        ok = all(zones(g) for g in wanted) and not any(zones(g) for g in grades.values() if g not in wanted)
        print(f"{'ok' if ok else 'not ok'} {i} - {number} {name}: " +
              "; ".join(f"{g} in {', '.join(sorted(set(zones(g)))[:3]) or 'no zone'}" for g in
                        wanted + [g for g in grades.values() if g not in wanted and zones(g)]))
    return n + 1 + len(rows)


def judge(d, tool):
    groups, seen, n = {}, {}, 0
    for z in read():
        key = z["roles"], z.get("at"), "probe" in z, z.get("conf")
        groups.setdefault(key, []).append(z)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = [r for g in pool.map(lambda g: run(d, tool, g), groups.values()) for r in g]
    for z, domain, status in results:
        n += 1
        ok = domain is not None and judge_zone(z, domain)
        print(f"{'ok' if ok else 'not ok'} {n} - {z['name']}: {z['expect'] or 'nothing'}")
        for f in domain["findings"] if domain else []:
            if not ok and f["grade"] not in ("ok",):
                print(f"# {f['grade']} {f['check']} {f['subject']}: {f['text']}")
            if not f["text"].startswith(("not looked at", "not probed")):
                seen.setdefault((f["number"], f["grade"]), []).append(z["name"])
        if domain is None:
            print("# " + str(status))
    n = judge_table(seen, n)
    n += 1
    good = next(r[1] for r in results if r[0]["name"] == "good")
    again = {w["sender"]: [s.split()[0] for s in w["steps"] if s.endswith(" 2")]
             for w in good["senders"] if w["real"] == "greylists" and w["ip4_only"]}
    skips = sorted(s for s, steps in again.items() if steps == [NET + "20"])
    ok = skips == ["exchange", "exim", "opensmtpd"] and again["postfix"] == [NET + "10", NET + "20"]
    print(f"{'ok' if ok else 'not ok'} {n} - in the second try some skip who refused them: {skips}")
    n += 1
    walks = {(r[0]["name"], w["sender"], w["real"], w["ip4_only"]): w for r in results if r[1] for w in r[1]["senders"]}
    ok = walks["low-real", "exim", "down", True]["tries"] == 2
    print(f"{'ok' if ok else 'not ok'} {n} - but where all have refused, none is skipped")
    n += 1
    ok = len(walks["real-sixth", "stalwart", "well", True]["steps"]) == 3
    print(f"{'ok' if ok else 'not ok'} {n} - of an MX some try two addresses")
    n += 1
    ok = walks["real-sixth", "exim", "well", True]["tries"] == 1
    print(f"{'ok' if ok else 'not ok'} {n} - and some one of each preference behind their limit")
    n += 1
    page = open(os.path.join(here, "../../user/nolist-xdp.8")).read()
    unknown = sorted(m for m in members([r[1] for r in results]) if not
                     re.search(rf"\b{m}\b", page))
    print(f"{'not ok' if unknown else 'ok'} {n} - the manual has each member of the JSON")
    print("".join(f"# {m}\n" for m in unknown), end="")
    print(f"1..{n}")


def members(x):
    if isinstance(x, list):
        return set().union(*map(members, x)) if x else set()
    return set(x).union(*map(members, x.values())) if isinstance(x, dict) else set()


if __name__ == "__main__":
    {"build": build, "serve": serve, "judge": judge}[sys.argv[1]](*sys.argv[2:])
