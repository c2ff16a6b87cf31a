"""The players that people use, on the raw stream and on HLS: each must play, without a hole and without an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hls
import players
from browser import Browser, Page
from conftest import Feeds
from players import Player
from web import HOST

SECONDS = 6.0
Starter = Callable[[str, Path], Player]
# mpg123 plays no HLS and no AAC; everything else plays everything.
PLAYERS: list[tuple[str, Starter, str]] = [
    ("mpg123", players.mpg123, "/test"),
    *[(name, start, path) for name, start in (("mpv", players.mpv), ("ffmpeg", players.ffmpeg), ("vlc", players.vlc))
      for path in ("/test", "/test.m3u8", "/aac", "/aac.m3u8")],
]
PAGE = ("/test", "/test.m3u8", "/aac", "/aac.m3u8")


@pytest.fixture(scope="module")
def grown(feeds: Feeds) -> Feeds:
    """The common server with so much audio that no player begins in the silence of the cold start."""
    for path in ("/test.m3u8", "/aac.m3u8"):
        hls.wait_for_segments(feeds.server.port, path, 9, timeout=60)
    return feeds


@pytest.mark.parametrize(("name", "start", "path"), PLAYERS, ids=[f"{name}{path}" for name, _, path in PLAYERS])
def test_it_plays(grown: Feeds, tmp_path: Path, name: str, start: Starter, path: str) -> None:
    player = start(f"http://{HOST}:{grown.server.port}{path}", tmp_path)
    sound = player.sound(SECONDS, timeout=25)
    assert sound.seconds >= SECONDS
    assert sound.level > 500, "it played next to nothing"
    # A decoder begins with up to a tenth of a second of its own delay; anything longer is a hole.
    assert sound.longest_silence <= 0.15


@pytest.fixture(scope="module")
def browser(grown: Feeds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str]]:
    """Chromium with all streams on one page."""
    base = f"http://{HOST}:{grown.server.port}"
    page, chromium = Page([base + path for path in PAGE]), Browser(tmp_path_factory.mktemp("chromium"))
    try:
        chromium.open(page)
        yield chromium, base
    finally:
        chromium.close()
        page.close()


@pytest.mark.parametrize("path", PAGE)
def test_chromium_plays_it(browser: tuple[Browser, str], path: str) -> None:
    chromium, base = browser
    state = chromium.wait_for_progress(base + path, seconds=SECONDS, timeout=30)
    assert state.error is None and not state.paused
