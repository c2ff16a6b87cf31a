"""Debian's Chromium, headless, on a page with one <audio> element per address."""

from __future__ import annotations

import html
import http.server
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from conditions import wait_until
from web import HOST

_STATE = """
return Array.from(document.querySelectorAll('audio')).map(audio => ({
    src: audio.getAttribute('src'), time: audio.currentTime, ready: audio.readyState, paused: audio.paused,
    error: audio.error ? `${audio.error.code} ${audio.error.message}` : null}));
"""


@dataclass(frozen=True, slots=True)
class ElementState:
    """What an <audio> element says of itself."""

    time: float
    ready: int
    paused: bool
    error: str | None


class Page:
    """A page on a port of its own, as a station's web site would be."""

    def __init__(self, urls: Sequence[str]) -> None:
        elements = "".join(f'<audio src="{html.escape(url)}" autoplay></audio>' for url in urls)
        body = f"<!doctype html><meta charset=utf-8><title>players</title>{elements}".encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path == "/"
                self.send_response(200 if is_page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body) if is_page else 0))
                self.end_headers()
                if is_page:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing: the page's requests are of no interest."""

        self._server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


class Browser:
    """Chromium through its driver."""

    def __init__(self, directory: Path) -> None:
        options = Options()
        options.binary_location = shutil.which("chromium") or "/usr/bin/chromium"
        for argument in ("--headless=new", "--autoplay-policy=no-user-gesture-required", "--mute-audio",
                         "--disable-dev-shm-usage", "--disable-gpu", f"--user-data-dir={directory / 'profile'}"):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")
        driver = shutil.which("chromedriver") or "/usr/bin/chromedriver"
        self._driver = webdriver.Chrome(options, Service(driver, log_output=str(directory / "chromedriver.log")))

    def open(self, page: Page) -> None:
        """Loads the page."""
        self._driver.get(page.url)

    def states(self) -> Mapping[str, ElementState]:
        """The state of each element, by its address."""
        return {state["src"]: ElementState(float(state["time"]), state["ready"], state["paused"], state["error"])
                for state in self._driver.execute_script(_STATE)}

    def wait_for_progress(self, url: str, seconds: float, timeout: float) -> ElementState:
        """Waits until an element has played `seconds` more than at its first sign of life; an error ends the wait."""
        begun: list[float] = []

        def probe() -> ElementState | None:
            state = self.states()[url]
            if state.error is not None:
                raise AssertionError(f"{url}: {state.error}")
            if state.time > 0 and not begun:
                begun.append(state.time)
            return state if begun and state.time >= begun[0] + seconds else None
        try:
            return wait_until(probe, timeout, f"{url} to play {seconds:g} s in Chromium", every=0.2)
        except AssertionError as failure:
            raise AssertionError(f"{failure}; now {self.states()[url]}") from None

    def close(self) -> None:
        """Ends the browser."""
        self._driver.quit()
