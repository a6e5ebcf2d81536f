"""What is told of the appliances, as series. See `metrics`, which renders them."""

import time
from collections.abc import Callable, Iterable, Mapping

from rds_csi_async.domain.inventories import VOLUME_STATES, Inventory
from rds_csi_async.domain.vitals import FIGURES, NAMED_SENSORS, DiskArray, Sensor
from rds_csi_async.observability import appliance_catalogue as catalogue
from rds_csi_async.observability.definitions import STATUSES, Definition, status_of
from rds_csi_async.observability.series import Row, SeriesStore
from rds_csi_async.ports.appliance_telemetry import VERBS

MOST_VOLUME_SERIES = 2000


class ApplianceMetrics:
    """The `ApplianceTelemetry` of a process. `volume_series` is how many volumes get a series of their own at most."""

    def __init__(
        self,
        store: SeriesStore,
        volume_series: int = 0,
        *,
        milliseconds: bool = False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._most = min(volume_series, MOST_VOLUME_SERIES)
        self._milliseconds = milliseconds
        self._clock = clock
        self._now = now
        self._taken_s: dict[str, float] = {}
        self._volumes_shown: dict[str, int] = {}
        self._met: set[str] = set()

    def record_connection(self, appliance: str, address: str, *, up: bool) -> None:
        """See `ApplianceTelemetry`."""
        self._meet(appliance)
        self._store.replace(catalogue.CONNECTION_STATE, appliance, [((appliance, address), int(up))])

    def record_reconnect(self, appliance: str, error: BaseException | None, outage_s: float) -> None:
        """See `ApplianceTelemetry`."""
        self._meet(appliance)
        self._store.count(catalogue.RECONNECTS_TOTAL, appliance, status_of(error))
        if error is None:
            self._store.time(catalogue.RECONNECT_SECONDS, outage_s, appliance)

    def record_command(self, appliance: str, verb: str, error: BaseException | None, duration_s: float) -> None:
        """See `ApplianceTelemetry`."""
        self._store.count(catalogue.COMMANDS_TOTAL, appliance, verb, status_of(error))
        self._store.time(catalogue.COMMAND_SECONDS, duration_s, appliance, verb)

    def record_inventory(self, appliance: str, inventory: Inventory | None) -> None:
        """See `ApplianceTelemetry`. `taken_s` is on the clock of this; its age grows on when no more is known."""
        self._show_pools(appliance, inventory)
        self._show_volumes(appliance, inventory)
        if inventory is None:
            return
        self._taken_s[appliance] = inventory.taken_s
        when_s = self._now() - max(self._clock() - inventory.taken_s, 0)
        self._store.set(catalogue.INVENTORY_SUCCESS, when_s, appliance)

    def record_traffic(self, appliance: str, traffic: Mapping[str, Mapping[str, float]] | None) -> None:
        """See `ApplianceTelemetry`."""
        disks = traffic or {}
        for figure in FIGURES:
            rows = [((appliance, slot), told[figure.name]) for slot, told in disks.items() if figure.name in told]
            self._store.replace(catalogue.FIGURE_GAUGES[figure.name], appliance, rows)
            in_ms = catalogue.MILLISECOND_GAUGES.get(figure.name)
            if in_ms is not None and self._milliseconds:
                self._store.replace(in_ms, appliance, [(labels, number * 1000) for labels, number in rows])
        self._note_success(appliance, "traffic", told=traffic is not None)

    def record_sensors(self, appliance: str, sensors: tuple[Sensor, ...] | None) -> None:
        """See `ApplianceTelemetry`."""
        shown = sensors or ()
        for measure, definition in catalogue.SENSOR_GAUGES.items():
            rows = [((appliance, each.name), each.number) for each in shown if each.measure.name == measure]
            self._store.replace(definition, appliance, rows)
        numbers = {each.name: each.number for each in shown}
        for sensor, name in NAMED_SENSORS.items():
            rows_of_one: list[Row] = [((appliance,), numbers[sensor])] if sensor in numbers else []
            self._store.replace(catalogue.HARDWARE_GAUGES[name], appliance, rows_of_one)
        self._note_success(appliance, "sensors", told=sensors is not None)

    def record_arrays(self, appliance: str, arrays: tuple[DiskArray, ...] | None) -> None:
        """See `ApplianceTelemetry`."""
        shown = arrays or ()

        def show(definition: Definition, numbers: Iterable[int]) -> None:
            rows = [((appliance, each.slot), number) for each, number in zip(shown, numbers, strict=True)]
            self._store.replace(definition, appliance, rows)

        show(catalogue.ARRAY_CLEAN, [int(each.is_clean) for each in shown])
        show(catalogue.ARRAY_SYNCING, [int(each.is_syncing) for each in shown])
        show(catalogue.ARRAY_FAILED, [each.failed_members for each in shown])
        self._note_success(appliance, "arrays", told=arrays is not None)

    def refresh(self) -> None:
        """Let what ages grow older, before it is read."""
        for appliance in self._met:
            age = self._taken_s.get(appliance)
            rows: list[Row] = [] if age is None else [((appliance,), max(self._clock() - age, 0))]
            self._store.replace(catalogue.INVENTORY_AGE, appliance, rows)

    def _meet(self, appliance: str) -> None:
        """Show at 0 what can be known of an appliance beforehand."""
        if appliance in self._met:
            return
        self._met.add(appliance)
        self._store.begin(catalogue.RECONNECT_SECONDS, appliance)
        for status in STATUSES:
            self._store.begin(catalogue.RECONNECTS_TOTAL, appliance, status)
        for verb in VERBS:
            self._store.begin(catalogue.COMMAND_SECONDS, appliance, verb)
            for status in STATUSES:
                self._store.begin(catalogue.COMMANDS_TOTAL, appliance, verb, status)

    def _show_pools(self, appliance: str, inventory: Inventory | None) -> None:
        self._met.add(appliance)
        pools = () if inventory is None else inventory.pools
        missing = () if inventory is None else inventory.missing
        provisioned = {} if inventory is None else inventory.provisioned_bytes

        def show(definition: Definition, numbers: Iterable[int]) -> None:
            rows = [((appliance, pool.name), number) for pool, number in zip(pools, numbers, strict=True)]
            self._store.replace(definition, appliance, rows)

        show(catalogue.POOL_SIZE, [pool.size_bytes for pool in pools])
        show(catalogue.HARDWARE_POOL_SIZE, [pool.size_bytes for pool in pools])
        show(catalogue.HARDWARE_POOL_USED, [pool.size_bytes - pool.free_bytes for pool in pools])
        show(catalogue.POOL_FREE, [pool.free_bytes for pool in pools])
        show(catalogue.POOL_PROVISIONED, [provisioned.get(pool.name, 0) for pool in pools])
        there = [((appliance, pool.name), 1) for pool in pools] + [((appliance, name), 0) for name in missing]
        self._store.replace(catalogue.POOL_MOUNTED, appliance, there)

    def _show_volumes(self, appliance: str, inventory: Inventory | None) -> None:
        volumes = () if inventory is None else inventory.volumes
        counts = dict.fromkeys(VOLUME_STATES, 0)
        for volume in volumes:
            counts[volume.state] += 1
        shown = [((appliance, state), count) for state, count in counts.items() if inventory is not None]
        self._store.replace(catalogue.VOLUMES, appliance, shown)
        if not self._most:
            return
        others = sum(count for key, count in self._volumes_shown.items() if key != appliance)
        chosen = volumes[: max(self._most - others, 0)]
        self._volumes_shown[appliance] = len(chosen)
        self._store.count_many(catalogue.VOLUMES_LEFT_OUT_TOTAL, len(volumes) - len(chosen))
        self._store.replace(
            catalogue.VOLUME_SIZE,
            appliance,
            [((appliance, each.pool, each.slot, each.claim, each.state), each.size_bytes) for each in chosen],
        )

    def _note_success(self, appliance: str, part: str, *, told: bool) -> None:
        if told:
            self._store.set(catalogue.VITALS_SUCCESS, self._now(), appliance, part)
