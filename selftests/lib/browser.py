# SPDX-License-Identifier: GPL-2.0-only
"""
A headless Chromium, told what to do over a pipe (its --remote-debugging-pipe): a message
is JSON with a zero byte behind it, to its descriptor 3 and from its descriptor 4.

    with Browser(path, library_path, directory) as b:
        b.open("file:///...", width, height, is_dark)
        b.evaluate("document.title")
        b.screenshot("page.png")

requests holds the addresses that pages have asked for, complaints what the browser had to say
of them.
"""
import base64
import json
import os
import select
import subprocess
import time

def ok(is_ok, name, got=""):
    """A line of a test, for look() of browser.sh."""
    print(f"{'ok' if is_ok else 'not ok'} - {name}{'' if is_ok else f': {got}'}")


# The numbers of a page that a person with a phone, or without a mouse, depends on.
LAYOUT = """(() => {
    const seen = e => e.getClientRects().length && getComputedStyle(e).visibility === "visible";
    const words = [...document.querySelectorAll("body *")].filter(e => seen(e) &&
        [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
    const light = c => {
        const [r, g, b] = c.match(/[\\d.]+/g).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = e => {
        for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor;
            if (!/, 0\\)$/.test(c))
                return c;
        }
        return "rgb(255, 255, 255)";
    };
    const contrast = e => {
        const a = light(getComputedStyle(e).color), b = light(behind(e));
        return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    };
    return {
        width: document.documentElement.scrollWidth,
        font: Math.min(...words.map(e => parseFloat(getComputedStyle(e).fontSize))),
        contrast: Math.min(...words.map(contrast)),
        edges: Math.min(21, ...[...document.querySelectorAll("input:not([type=hidden]), button")].filter(seen).map(e =>
            (Math.max(light(getComputedStyle(e).borderTopColor), light(behind(e.parentElement))) + .05) /
            (Math.min(light(getComputedStyle(e).borderTopColor), light(behind(e.parentElement))) + .05))),
        background: getComputedStyle(document.body).backgroundColor,
        unlabelled: [...document.querySelectorAll("svg, input:not([type=hidden]), button, select")].filter(e =>
            !(e.getAttribute("aria-label") || (e.labels && e.labels.length) || e.textContent.trim())).length,
    };
})()"""


class Browser:
    def __init__(self, path, library_path, directory, arguments=()):
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()

        def descriptors():
            # Away from 3 and 4 first: one may be where the other belongs.
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe",
             "--user-data-dir=" + directory, *arguments, "about:blank"],
            env={**os.environ, "LD_LIBRARY_PATH": library_path, "HOME": directory},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=descriptors)
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer, self.number = b"", 0
        self.events, self.requests, self.complaints = [], [], []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in "Page", "Network", "Log", "Runtime":
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _read(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.into], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            bytes_ = os.read(self.into, 1 << 16)
            if not bytes_:
                raise EOFError("the browser has ended")
            self.buffer += bytes_
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, p = message.get("method"), message.get("params", {})
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(p["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(p["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(p["exceptionDetails"]["text"])

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 30
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]
            self._note(answer)

    def open(self, url, width=1200, height=900, is_dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 30
        while "Page.loadEventFired" not in self.events:
            self._note(self._read(deadline))

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["text"])
        return result["result"].get("value")

    def key(self, key, code):
        for kind in "keyDown", "keyUp":
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, text="\r" if key == "Enter" else "")

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
