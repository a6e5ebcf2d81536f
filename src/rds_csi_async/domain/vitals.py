"""How an appliance's hardware fares, as it told. What it did not tell is not there, rather than 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is measured: its name, with the unit, and what it means."""

    name: str
    meaning: str


FIGURES: Final = (
    Measure("read_ops_per_second", "Reads of a pool's disk a second"),
    Measure("write_ops_per_second", "Writes of a pool's disk a second"),
    Measure("read_bytes_per_second", "Bytes read from a pool's disk a second"),
    Measure("write_bytes_per_second", "Bytes written to a pool's disk a second"),
    Measure("read_latency_seconds", "Time that reads of a pool's disk took"),
    Measure("write_latency_seconds", "Time that writes of a pool's disk took"),
    Measure("wait_latency_seconds", "Time that requests waited at a pool's disk"),
    Measure("active_time_seconds", "Time that a pool's disk was busy"),
    Measure("in_flight_operations", "Requests under way at a pool's disk"),
)
TEMPERATURE: Final = Measure("temperature_celsius", "Temperature")
FAN_SPEED: Final = Measure("fan_speed_rpm", "Speed of a fan, in rounds a minute")
POWER: Final = Measure("power_watts", "Electric power")
VOLTAGE: Final = Measure("voltage_volts", "Voltage")
CURRENT: Final = Measure("current_amperes", "Electric current")
STATE: Final = Measure("sensor_ok", "Whether a part calls itself ok: 1, or 0")
UNITS: Final = (TEMPERATURE, FAN_SPEED, POWER, VOLTAGE, CURRENT, STATE)
# Sensors that have a name of their own in older dashboards.
NAMED_SENSORS: Final[Mapping[str, str]] = {
    "cpu-temperature": "cpu_temperature_celsius",
    "board-temperature1": "board_temperature_celsius",
    "fan1-speed": "fan1_speed_rpm",
    "fan2-speed": "fan2_speed_rpm",
    "psu1-power": "psu1_power_watts",
    "psu2-power": "psu2_power_watts",
    "psu1-temperature": "psu1_temperature_celsius",
    "psu2-temperature": "psu2_temperature_celsius",
}


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor's word."""

    name: str
    measure: Measure
    number: float


@dataclass(frozen=True, slots=True)
class DiskArray:
    """An array of disks. `state` is what the appliance calls it (`clean`, `clean, sync:repair, resync = ...`)."""

    slot: str
    state: str
    failed_members: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing of it is missing."""
        return self.state.split(",")[0].strip() == "clean"

    @property
    def is_syncing(self) -> bool:
        """Whether it is being repaired or checked."""
        return "sync" in self.state
