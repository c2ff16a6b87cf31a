"""Waits for conditions, never for an amount of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_until(probe: Callable[[], Value | None], timeout: float, what: str, every: float = 0.05) -> Value:
    """Calls `probe` until it returns something true and returns that; fails, saying `what`, after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout:g} s in vain: {what}")
        time.sleep(every)
