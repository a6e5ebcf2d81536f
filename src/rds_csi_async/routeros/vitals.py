"""How an appliance's hardware fares, in its own words: traffic of the pools' disks, sensors, arrays.

`/disk/monitor-traffic` only prints, as `name: value` lines for people, digits in groups (`243 401`), rates in bits a
second (`12.8Mbps`) and times as `1s20ms`; the others are rows. What cannot be read is left out, never guessed.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.vitals import CURRENT, FAN_SPEED, POWER, STATE, TEMPERATURE, VOLTAGE, DiskArray, Sensor
from rds_csi_async.routeros.dialogue import Console
from rds_csi_async.routeros.replies import ApplianceError, get_reply
from rds_csi_async.routeros.rows import Row, find_text, rows_of
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import Reply, parse_frame, render_framed, render_rows, render_text

_LINE: Final = re.compile(r"(?P<name>[a-z-]+):\s*(?P<value>\S.*)")  # of a line without blanks around it
_COUNT: Final = re.compile(r"\d{1,3}(?: ?\d{3})*|\d+")
_RATE: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>[kMGT]?)bps")
_TIME: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:w|d|h|ms|us|ns|m|s))+")
_TIME_PART: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>w|d|h|ms|us|ns|m|s)")
_RATE_UNITS: Final = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_TIME_UNITS: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_MEASURES: Final = {"C": TEMPERATURE, "RPM": FAN_SPEED, "W": POWER, "V": VOLTAGE, "A": CURRENT}
_BITS: Final = 8


class RouterOsVitals:
    """The `Vitals` of an appliance. Each is one line; one that its version lacks is refused whole, alone."""

    def __init__(
        self, settings: ApplianceSettings, console: Console, new_token: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._settings = settings
        self._console = console
        self._new_token = new_token

    async def read_traffic(self) -> Mapping[str, Mapping[str, float]]:
        """See `Vitals`."""
        text, _ = await self._ask(render_traffic(self._settings.pools))
        traffic = parse_traffic(text)
        if not traffic:
            message = f"{self._settings.address} tells nothing of the traffic at its pools"
            raise ApplianceError(message)
        return traffic

    async def read_sensors(self) -> tuple[Sensor, ...]:
        """See `Vitals`."""
        _, reply = await self._ask([render_sensors()])
        return tuple(parse_sensors(rows_of(reply, "sensor")))

    async def read_arrays(self) -> tuple[DiskArray, ...]:
        """See `Vitals`."""
        _, reply = await self._ask(render_arrays())
        return parse_arrays(rows_of(reply, "array"), rows_of(reply, "failed"))

    async def _ask(self, statements: list[str]) -> tuple[str, Reply]:
        token = self._new_token()
        text = await self._console.run(render_framed(statements, token), mutating=False)
        return text, get_reply(parse_frame(text, token))


def render_traffic(pools: Iterable[PoolSettings]) -> list[str]:
    """Print the traffic of each pool's disk that is there; one that is not must not take the others' away."""
    slots = [render_text(pool.slot) for pool in pools]
    return [
        f":if ([:len [/disk/find where slot={slot}]] = 1) do={{/disk/monitor-traffic {slot} once}}" for slot in slots
    ]


def render_sensors() -> str:
    """Print the sensors."""
    return render_rows("sensor", "/system/health/print as-value")


def render_arrays() -> list[str]:
    """Print the arrays, and the members that have failed."""
    return [
        render_rows("array", "/disk/print detail as-value where type=raid"),
        render_rows("failed", "/disk/print detail as-value where raid-member-failed=yes"),
    ]


def parse_traffic(text: str) -> dict[str, dict[str, float]]:
    """Read what was printed: figures by name, by slot."""
    traffic: dict[str, dict[str, float]] = {}
    figures: dict[str, float] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        if match["name"] == "slot":
            figures = traffic.setdefault(match["value"], {})
        elif match["name"] in _FIGURES:
            name, parse = _FIGURES[match["name"]]
            number = parse(match["value"])
            if number is not None:
                figures[name] = number
    return traffic


def parse_sensors(rows: Iterable[Row]) -> Iterator[Sensor]:
    """Read the sensors; what has a unit that nobody knows, or shows no number, is left out."""
    for row in rows:
        name, value, unit = (find_text(row, field) for field in ("name", "value", "type"))
        if name is None or value is None:
            continue
        if name.endswith("-state"):
            yield Sensor(name, STATE, float(value == "ok"))
        elif unit in _MEASURES and re.fullmatch(r"-?\d+(\.\d+)?", value):
            yield Sensor(name, _MEASURES[unit], float(value))


def parse_arrays(arrays: Iterable[Row], failed: Iterable[Row]) -> tuple[DiskArray, ...]:
    """Read the arrays; one that tells no state is left out."""
    members = Counter(find_text(row, "raid-master") for row in failed)
    told = ((find_text(row, "slot"), find_text(row, "state")) for row in arrays)
    return tuple(
        DiskArray(slot, state, members[slot]) for slot, state in told if slot is not None and state is not None
    )


def _parse_count(text: str) -> float | None:
    return float(text.replace(" ", "")) if _COUNT.fullmatch(text) else None


def _parse_rate(text: str) -> float | None:
    """Give bytes a second."""
    match = _RATE.fullmatch(text)
    return None if match is None else float(match["number"]) * _RATE_UNITS[match["unit"]] / _BITS


def _parse_time(text: str) -> float | None:
    """Give seconds."""
    if not _TIME.fullmatch(text):
        return None
    parts = _TIME_PART.finditer(text)
    return round(sum(float(part["number"]) * _TIME_UNITS[part["unit"]] for part in parts), 9)


_FIGURES: Final[Mapping[str, tuple[str, Callable[[str], float | None]]]] = {
    "read-ops-per-second": ("read_ops_per_second", _parse_count),
    "write-ops-per-second": ("write_ops_per_second", _parse_count),
    "read-rate": ("read_bytes_per_second", _parse_rate),
    "write-rate": ("write_bytes_per_second", _parse_rate),
    "read-time": ("read_latency_seconds", _parse_time),
    "write-time": ("write_latency_seconds", _parse_time),
    "wait-time": ("wait_latency_seconds", _parse_time),
    "active-time": ("active_time_seconds", _parse_time),
    "in-flight-ops": ("in_flight_operations", _parse_count),
}
