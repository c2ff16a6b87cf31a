"""The admin port: health, the list of streams, and titles by API."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from conditions import wait_until
from conftest import Feeds
from server import PASSWORD
from web import Listener, fetch


def test_the_process_is_healthy(feeds: Feeds) -> None:
    assert fetch(feeds.server.api_port, "/healthz").status == 200


def test_the_streams_are_listed_without_their_secrets(feeds: Feeds) -> None:
    answer = fetch(feeds.server.api_port, "/api/streams")
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/json")
    streams = {stream["key"]: stream for stream in json.loads(answer.body)}
    assert {"test", "aac", "paced", "idle"} <= set(streams)
    assert PASSWORD not in answer.text


def test_one_stream_can_be_asked_for(feeds: Feeds) -> None:
    answer = fetch(feeds.server.api_port, "/api/streams/test")
    assert answer.status == 200 and json.loads(answer.body)["key"] == "test"
    assert fetch(feeds.server.api_port, "/api/streams/nosuch").status == 404


@pytest.mark.parametrize("kind", ["json", "form"])
def test_a_title_set_by_api_reaches_listeners(feeds: Feeds, kind: str) -> None:
    fields = {"title": f"Beyoncé – Halo ({kind})", "url": "https://example.org/halo"}
    body, content_type = (json.dumps(fields), "application/json") if kind == "json" else (
        urlencode(fields), "application/x-www-form-urlencoded")
    with Listener(feeds.server.port, "/aac", icy=True) as listener:
        answer = fetch(feeds.server.api_port, "/api/streams/aac/metadata", method="POST", body=body.encode(),
                       headers={"Content-Type": content_type})
        assert answer.status == 200, answer.body
        assert json.loads(answer.body)["StreamTitle"] == fields["title"]
        block = listener.wait_for_title(fields["title"], timeout=10)
        assert block.url == fields["url"]
        assert feeds.aac.recording.run([frame for frame in listener.frames if not frame.is_silent])


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/api/streams/nosuch/metadata", b'{"title":"x"}', (404,)),
    ("/api/streams/test/metadata", b"{", (400, 422)),
    ("/api/streams/test/metadata", b'{"title":7}', (400, 422)),
])
def test_a_bad_title_is_refused(feeds: Feeds, path: str, body: bytes, status: tuple[int, ...]) -> None:
    answer = fetch(feeds.server.api_port, path, method="POST", body=body, headers={"Content-Type": "application/json"})
    assert answer.status in status and answer.body


def test_no_secret_is_in_the_log(feeds: Feeds) -> None:
    wait_until(lambda: feeds.server.log, 5, "the server to log something")
    assert PASSWORD not in feeds.server.log
