"""One browser for all checks: opens pages from file:// with the network forbidden, and notes what they do."""

import base64
import html
import json
import pathlib
import re
import time

from playwright.sync_api import sync_playwright

from records import Record

CHROMIUM = "/usr/bin/chromium-headless-shell"
CHECKS = []


def check(number, title, needs=()):
    """Registers a check; `needs` names states that its records are needed of."""
    def register(function):
        CHECKS.append((number, title, function, needs))
        return function
    return register


class Skip(Exception):
    """A check that does not apply to this page."""


class Opened:
    """A page in a tab, with what it asked for and what it complained of."""

    def __init__(self, tab):
        self.tab, self.requests, self.complaints = tab, [], []
        tab.on("request", lambda r: self.requests.append(r.url))
        tab.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        tab.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))

    def run(self, script, argument=None):
        return self.tab.evaluate(script, argument)

    def text(self, selector):
        return self.tab.locator(selector).first.inner_text()

    def settle(self):
        """Waits until two frames have been painted."""
        self.run("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def ready(self):
        """Waits until what the state needs is decoded, and painted: numbers come in the frame after their arrays."""
        self.run("penumbra.ready()")
        self.settle()

    def until(self, script, argument=None, seconds=30):
        """Waits until something is so; the page's policy lets no script of playwright's wait in it."""
        end = time.time() + seconds
        while not self.run(script, argument):
            assert time.time() < end, f"never: {script[:120]}"
            self.tab.wait_for_timeout(20)
        self.settle()

    def update(self, **changes):
        self.run("changes => penumbra.update(changes)", changes)
        self.settle()

    def numbers(self):
        """The numbers written above the maps."""
        return [number_of(t) for t in self.tab.locator(".map-panel .number").all_inner_texts()]

    def press(self, *keys):
        for key in keys:
            self.tab.keyboard.press(key)
        self.settle()

    def close(self):
        self.tab.context.close()


def number_of(text):
    """The first number of a text with a true minus."""
    found = re.search(r"[−+]?\d+(?:\.\d+)?", text)
    return float(found[0].replace("−", "-")) if found else None


class Session:
    """The browser, the page under test and its records."""

    def __init__(self, page, paths, states=None, make=None):
        self.path = pathlib.Path(page).resolve()
        self.make, self.state_paths, self.program = make, states or {}, None
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.records = [Record(path) for path in paths]
        self.header = header_of(self.path)
        self.networks = self.match(self.header, self.records)

    @staticmethod
    def match(header, records):
        """For every report and network of the header its record."""
        left, result = list(records), {}
        for i, report in enumerate(header["reports"]):
            for k, network in enumerate(report["networks"]):
                label = re.sub(r" \(\d+\)$", "", network["label"])
                found = next(r for r in left if r.attributes["picture_name"] == report["title"]
                             and r.label in (label, network["label"]) and r.has_truth == report["hasTruth"])
                left.remove(found)
                result[i, k] = found
        assert not left, f"records that are not in the page: {[str(r.path) for r in left]}"
        return result

    def open(self, hash="", path=None, width=1280, height=800, wait=True, address=None, offline=True, **options):
        context = self.browser.new_context(viewport={"width": width, "height": height}, offline=offline, **options)
        opened = Opened(context.new_page())
        opened.tab.goto(address or f"file://{path or self.path}{hash}")
        if wait:
            opened.tab.wait_for_selector("html[data-ready='1']", state="attached", timeout=30000)
            opened.settle()
        return opened

    def state(self, name):
        """A page of a state's records, and these."""
        if name not in self.state_paths:
            raise Skip(f"no records of the state {name}")
        out = self.path.parent / f"state-{name}.html"
        paths = self.state_paths[name]
        self.make(paths, out)
        records = [Record(path) for path in paths]
        header = header_of(out)
        return out, header, self.match(header, records)

    def close(self):
        self.browser.close()
        self.playwright.stop()


def header_of(path):
    text = re.search(r'<script type="application/json" id="header">(.*?)</script>', path.read_text(), re.S)[1]
    return json.loads(text)


def decoded_table(header, name):
    data = base64.b64decode(header["colourMaps"][name])
    return [tuple(data[3 * i:3 * i + 3]) for i in range(256)]


def unescaped(text):
    return html.unescape(text)
