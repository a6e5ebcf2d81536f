"""What an appliance says of its hardware is read, and what it does not say is not there."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import CutOffError, NotReadyError
from rds_csi_async.domain.vitals import FIGURES, NAMED_SENSORS, STATE, TEMPERATURE, DiskArray, Sensor
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.vitals import RouterOsVitals, parse_arrays, parse_sensors, parse_traffic
from tests.fakes import appliances as simulated
from tests.fakes.console import TOKEN, ScriptedConsole
from tests.routeros.examples import SETTINGS
from tests.transcripts import read_transcript

REPLIES = {name: read_transcript(name).reply for name in ("traffic", "cut_off", "no_permission")}

SENSOR_ROWS: list[Mapping[str, object]] = [
    {"name": "cpu-temperature", "value": "46.5", "type": "C"},
    {"name": "board-temperature1", "value": -3, "type": "C"},
    {"name": "psu1-state", "value": "ok", "type": ""},
    {"name": "psu2-state", "value": "fail"},
    {"name": "fan1-speed", "value": "stopped", "type": "RPM"},
    {"name": "poe-out", "value": "5", "type": "furlongs"},
    {"name": "nothing", "type": "C"},
    {"value": "5", "type": "C"},
]


def vitals_of(*answers: str) -> tuple[RouterOsVitals, ScriptedConsole]:
    """Give an appliance that gives these answers."""
    console = ScriptedConsole([*answers])
    return RouterOsVitals(SETTINGS, console, lambda: TOKEN), console


async def test_traffic_is_read_as_hardware_prints_it() -> None:
    """Digits in groups, rates in bits a second, times in their units."""
    vitals, console = vitals_of(REPLIES["traffic"])
    assert await vitals.read_traffic() == {
        "storage-pool": {
            "read_ops_per_second": 12345,
            "read_bytes_per_second": 0,
            "write_bytes_per_second": 1_600_000,
            "read_latency_seconds": 0.003,
            "write_latency_seconds": 0,
            "in_flight_operations": 0,
            "active_time_seconds": 1.02,
            "wait_latency_seconds": 0,
        }
    }
    assert console.mutating == [False]
    assert console.urgent == [False]  # health and reads that others wait for come first


@pytest.mark.parametrize(
    ("line", "figures"),
    [
        ("write-rate: 2.5Gbps", {"write_bytes_per_second": 312_500_000}),
        ("write-rate: 8 kbps", {"write_bytes_per_second": 1000}),
        ("write-rate: fast", {}),
        ("read-ops-per-second: 1 2", {}),
        ("read-time: 1m2s3ms4us", {"read_latency_seconds": 62.003004}),
        ("read-time: -1s", {}),
        ("in-flight-ops:", {}),
        ("something-else: 4", {}),
    ],
)
def test_a_figure_is_read_or_left_out(line: str, figures: dict[str, float]) -> None:
    """Never guessed."""
    assert parse_traffic(f"  slot: a\r\n  {line}\r\n") == {"a": figures}


def test_a_line_of_blanks_does_not_hold_the_loop() -> None:
    """A reply may be mangled, and is up to a mebibyte long: the time must not grow with the square of that."""
    begun_s = time.process_time()
    assert parse_traffic(f"slot: a\nread-rate: 1{' ' * (1 << 16)}bps\nin-flight-ops: 2  \n") == {
        "a": {"in_flight_operations": 2}
    }
    assert time.process_time() - begun_s < 5  # a minute and more, if it did


def test_each_disk_has_its_own_figures() -> None:
    """As the lines follow its name."""
    text = "slot: a\r\nin-flight-ops: 1\r\nslot: b\r\nin-flight-ops: 2\r\n"
    assert parse_traffic(text) == {"a": {"in_flight_operations": 1}, "b": {"in_flight_operations": 2}}


async def test_silence_is_no_traffic_of_zero() -> None:
    """A line that ends well and says nothing is an error."""
    vitals, _ = vitals_of(f"=end 0  {TOKEN}\r\n")
    with pytest.raises(ApplianceError, match="nothing of the traffic"):
        await vitals.read_traffic()


@pytest.mark.parametrize(("name", "error"), [("cut_off", CutOffError), ("no_permission", NotReadyError)])
async def test_what_is_not_whole_is_not_believed(name: str, error: type[Exception]) -> None:
    """For any of the three."""
    reply = REPLIES[name]
    vitals, _ = vitals_of(reply, reply, reply)
    for read in (vitals.read_traffic, vitals.read_sensors, vitals.read_arrays):
        with pytest.raises(error):
            await read()


def test_a_sensor_needs_a_name_a_number_and_a_unit() -> None:
    """A state is ok or not."""
    assert list(parse_sensors(SENSOR_ROWS)) == [
        Sensor("cpu-temperature", TEMPERATURE, 46.5),
        Sensor("board-temperature1", TEMPERATURE, -3),
        Sensor("psu1-state", STATE, 1),
        Sensor("psu2-state", STATE, 0),
    ]


def test_members_that_have_failed_are_counted_at_their_array() -> None:
    """One whose state is not told is not known."""
    arrays = [{"slot": "raid10", "state": "clean"}, {"slot": "raid5", "state": "degraded"}, {"slot": "raid1"}]
    failed = [{"slot": "d1", "raid-master": "raid5"}, {"slot": "d2", "raid-master": "raid5"}]
    assert parse_arrays(arrays, failed) == (DiskArray("raid10", "clean"), DiskArray("raid5", "degraded", 2))


async def test_the_simulator_tells_all_of_it(tmp_path: Path) -> None:
    """Every figure, and every sensor that older dashboards name."""
    async with simulated.connected(tmp_path, spare=True) as appliance:
        vitals = RouterOsVitals(appliance.settings, appliance.console)
        traffic = await vitals.read_traffic()
        told = {figure.name for figure in FIGURES}
        assert {slot: set(figures) for slot, figures in traffic.items()} == {
            simulated.POOL: told,
            simulated.SPARE: told,
        }
        assert set(NAMED_SENSORS) <= {sensor.name for sensor in await vitals.read_sensors()}
        assert [(array.slot, array.is_clean) for array in await vitals.read_arrays()] == [
            (simulated.POOL, True),
            (simulated.SPARE, True),
        ]
