"""The command line: checking a configuration, refusing nonsense, feeding and listening, exit codes."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audio import RecordingFile
from conditions import wait_until
from conftest import Feeds
from encoders import Encoder
from frames import without_leading_silence
from server import PASSWORD, Server, binary, configuration
from web import HOST, Listener, fetch


def run(*arguments: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    """Runs the executable to its end."""
    return subprocess.run([str(binary()), *arguments], check=False, capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)


def check(directory: Path, config: Any) -> subprocess.CompletedProcess[str]:
    """`serve --check` on a configuration."""
    path = directory / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    return run("serve", "--check", "--config", str(path))


@pytest.mark.parametrize("arguments", [("--help",), ("serve", "--help"), ("source", "--help"), ("listen", "--help")])
def test_help_is_there(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 0 and "usage" in result.stdout.lower()


def test_the_version_is_a_number() -> None:
    result = run("--version")
    assert result.returncode == 0 and re.search(r"\d+\.\d+", result.stdout)


def test_a_good_configuration_passes(tmp_path: Path) -> None:
    result = check(tmp_path, configuration({"test": {"burst": 10, "root_route": True}}))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(("config", "named"), [
    (configuration({"test": {"burst": "ten"}}), ("test", "burst")),
    (configuration({"test": {}}, port="eight"), ("port",)),
    (configuration({"test": {}}, port=70_000), ("port",)),
    (configuration({"test": {}}, hls={"segment_duration": 60}), ("segment_duration",)),
    (configuration({"te/st": {}}), ("te/st",)),
    (configuration({"admin": {}}), ("admin",)),
    (configuration({"test": {"ffmpeg_args": "-x"}}), ("ffmpeg_args", "transcod")),
    ("{ not json", ("config.json",)),
])
def test_a_wrong_value_is_named_and_refused(tmp_path: Path, config: Any, named: tuple[str, ...]) -> None:
    result = check(tmp_path, config)
    assert result.returncode == 1
    for word in named:
        assert word in result.stdout + result.stderr
    assert PASSWORD not in result.stdout + result.stderr


def test_an_unknown_key_is_warned_about_by_name(tmp_path: Path) -> None:
    result = check(tmp_path, configuration({"test": {"brust": 10}}))
    assert result.returncode == 0 and "brust" in result.stdout + result.stderr


@pytest.mark.parametrize("arguments", [
    ("serve", "--config", "x.json", "--no-such-option", "1"), ("listen", "--nonsense"), ("dance",),
])
def test_an_unknown_option_exits_with_1(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 1 and result.stderr


def test_a_missing_configuration_exits_with_1(tmp_path: Path) -> None:
    result = run("serve", "--config", str(tmp_path / "nowhere.json"))
    assert result.returncode == 1 and "nowhere.json" in result.stderr + result.stdout


@pytest.mark.parametrize("key", ["port", "source_port", "api_port"])
def test_a_port_in_use_exits_with_2(tmp_path: Path, key: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        path = tmp_path / "config.json"
        path.write_text(json.dumps(configuration({"test": {}}, **{key: port})))
        result = run("serve", "--config", str(path))
    assert result.returncode == 2 and str(port) in result.stderr + result.stdout, result


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as probe:
        free = probe.getsockname()[1]
    with Server(tmp_path, configuration({"test": {}}), ("--port", str(free))) as server:
        assert server.port == free and fetch(free, "/test").status == 503


def test_sigterm_ends_it_well_with_listeners_and_an_encoder(
    start_server: Callable[..., Server], recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    server = start_server({"test": {}})
    with source_command(server.source_port, "test", recordings["mp3"].path, tmp_path / "source.log"):
        wait_until(lambda: fetch(server.port, "/test.m3u8").status == 200, 15, "audio on /test")
        with Listener(server.port, "/test") as raw, Listener(server.port, "/test", icy=True) as icy, \
                socket.create_connection((HOST, server.port)):
            raw.wait_for_bytes(1_000, 10)
            assert server.stop() < 5
            wait_until(lambda: raw.has_ended and icy.has_ended, 5, "the listeners to be hung up on")
            recordings["mp3"].recording.run(without_leading_silence(raw.frames))


def source_command(port: int, mount: str, path: Path, log_path: Path) -> Encoder:
    """`streammachine source`."""
    return Encoder([str(binary()), "source", "--host", HOST, "--port", str(port), "--mount", mount,
                    "--password", PASSWORD, str(path)], log_path=log_path)


def test_the_source_command_feeds_in_real_time_and_loops(
    feeds: Feeds, recordings: dict[str, RecordingFile], tmp_path: Path,
) -> None:
    whole = recordings["mp3"].recording
    short = tmp_path / "short.mp3"
    short.write_bytes(b"".join(frame.data for frame in whole.frames[:100]))
    with source_command(feeds.server.source_port, "looped", short, tmp_path / "source.log") as source:
        wait_until(lambda: fetch(feeds.server.port, "/looped.m3u8").status == 200, 15, f"/looped: {source.log}")
        with Listener(feeds.server.port, "/looped") as listener:
            def indices() -> list[int]:
                return [whole.run([frame]).first for frame in without_leading_silence(listener.frames)]
            wait_until(lambda: indices().count(50) >= 2, 20, "the file to come round a second time")
            found = indices()
    # 100 frames are 2.6 s: no gap where the file begins again.
    assert found == [(found[0] + number) % 100 for number in range(len(found))]


def count(report: str, what: str) -> int:
    """The number that stands next to a word: "5 gaps", "gaps: 5" or JSON."""
    found = re.search(rf"\b([\d,]+) {what}\b", report) or re.search(rf'\b{what}\b"?\s*[:=]\s*([\d,]+)', report)
    assert found is not None, f"no number of {what} in: {report}"
    return int(found[1].replace(",", ""))


def test_the_listen_command_counts_what_arrives(feeds: Feeds) -> None:
    result = run("listen", f"http://{HOST}:{feeds.server.port}/test", "--icy", "--seconds", "3")
    assert result.returncode == 0, result.stderr
    assert count(result.stdout, "bytes") > 3 * 16_000
    assert count(result.stdout, "titles") >= 1 and count(result.stdout, "gaps") == 0


def test_the_listen_command_says_when_there_is_nothing(feeds: Feeds) -> None:
    result = run("listen", f"http://{HOST}:{feeds.server.port}/nosuch", "--seconds", "3")
    assert result.returncode != 0 and "404" in result.stdout + result.stderr
