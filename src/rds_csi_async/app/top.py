"""`rds-csi top`: how it goes with the driver, on a terminal, from what its processes serve as metrics."""

import asyncio
import math
import signal
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rich.console import Console
from rich.live import Live

from rds_csi_async.app.config import SettingsError
from rds_csi_async.app.top_facts import Look, Picture, draw
from rds_csi_async.app.top_screen import render
from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.observability.catalogue import BUILD_INFO
from rds_csi_async.observability.http import fetch_text
from rds_csi_async.observability.samples import LARGEST_BYTES, Samples, parse_samples

DEFAULT_ADDRESS = "127.0.0.1:9809"
WINDOW_S = 60.0
_TIMEOUT_S = 3.0
_PIPE_WIDTH = 160
_SINCE_START = "since the processes started"


@dataclass(frozen=True, slots=True)
class TopOptions:
    """What the command was told. `addresses` are `host:port`, or URLs."""

    addresses: Sequence[str] = (DEFAULT_ADDRESS,)
    interval_s: float = 2.0
    once: bool = False


class Watch:
    """One process, looked at again and again."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._url = render_url(address)
        self._seen: deque[tuple[float, Samples]] = deque()

    async def look(self) -> Look:
        """Look once. What was counted of late is what came since the oldest look of the last `WINDOW_S`."""
        try:
            samples = parse_samples(await fetch_text(self._url, _TIMEOUT_S, LARGEST_BYTES))
        except UnreachableError as error:
            return Look(self._address, reason=str(error))
        if not samples.list_named(BUILD_INFO.name):  # which a driver serves from its start
            return Look(self._address, reason="what answers is another program, or no driver of this kind")
        now_s = time.monotonic()
        while len(self._seen) > 1 and self._seen[1][0] <= now_s - WINDOW_S:
            self._seen.popleft()
        recent = samples.since(self._seen[0][1]) if self._seen else None
        self._seen.append((now_s, samples))
        return Look(self._address, samples, recent)


async def run_top(options: TopOptions, console: Console | None = None) -> int:
    """Show pictures until told to end, or one; give the exit status: 1 when the last one lacks a process.

    Where nobody watches, as in a pipe, it is one.

    Raises:
        SettingsError: an address is none, or the interval is none.

    """
    if not 0 < options.interval_s < math.inf:  # nor is NaN
        message = f"--interval {options.interval_s:g} is no time"
        raise SettingsError(message)
    watches = [Watch(address) for address in options.addresses]
    screen = console or Console(highlight=False)
    if options.once or not screen.is_terminal:
        picture = await _look(watches)
        if not screen.is_terminal:
            screen.width = _PIPE_WIDTH
        screen.print(render(picture, _SINCE_START))
    else:
        picture = await _show(watches, options.interval_s, screen)
    return int(not picture.is_whole)


def render_url(address: str) -> str:
    """Write the URL that an address means: `/metrics` over HTTP, unless it says otherwise.

    Raises:
        SettingsError: it means none.

    """
    text = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        message = f"{address!r} is neither host:port nor the URL of metrics"
        raise SettingsError(message)
    return text if parts.path.strip("/") else f"{text.rstrip('/')}/metrics"


async def _show(watches: Sequence[Watch], interval_s: float, screen: Console) -> Picture:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    begun_s, counted = time.monotonic(), _SINCE_START
    with Live(console=screen, screen=True, auto_refresh=False) as live:
        while True:
            picture = await _look(watches)
            live.update(render(picture, counted), refresh=True)
            counted = f"of the last {min(time.monotonic() - begun_s + interval_s, WINDOW_S):.0f} s"
            try:
                await asyncio.wait_for(stopped.wait(), interval_s)
            except TimeoutError:
                continue
            return picture


async def _look(watches: Sequence[Watch]) -> Picture:
    return draw(await asyncio.gather(*(watch.look() for watch in watches)), time.time())
