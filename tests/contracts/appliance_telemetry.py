"""What every `ApplianceTelemetry` must do."""

from collections.abc import Callable

from rds_csi_async.ports.appliance_telemetry import ApplianceTelemetry
from tests.observability.filled import ARRAYS, INVENTORY, SENSORS, TRAFFIC

Shown = Callable[[str, str], bool]
"""`shown("inventory", "rds")`: whether anything is shown of that, of that appliance."""
PARTS = ("inventory", "traffic", "sensors", "arrays")


class ApplianceTelemetryContract:
    """Subclass with fixtures `telemetry` (any implementation), `shown`, `connected` and `counted`."""

    def test_a_connection_is_up_or_down(
        self, telemetry: ApplianceTelemetry, connected: Callable[[str], float | None]
    ) -> None:
        """And neither before anybody told."""
        assert connected("rds") is None
        telemetry.record_connection("rds", "192.0.2.1:22", up=False)
        assert connected("rds") == 0
        telemetry.record_connection("rds", "192.0.2.1:22", up=True)
        telemetry.record_connection("other", "192.0.2.2:22", up=False)
        assert (connected("rds"), connected("other")) == (1, 0)

    def test_commands_and_attempts_are_counted(
        self, telemetry: ApplianceTelemetry, counted: Callable[[str, str, bool], float]
    ) -> None:
        """By appliance and outcome."""
        telemetry.record_command("rds", "find", None, 0.1)
        telemetry.record_command("rds", "find", OSError(), 0.1)
        telemetry.record_command("other", "find", OSError(), 0.1)
        telemetry.record_reconnect("rds", OSError(), 1.0)
        telemetry.record_reconnect("rds", None, 3.0)
        telemetry.record_reconnect("rds", OSError(), 0.0)
        assert [counted("command", "rds", failed) for failed in (False, True)] == [1, 1]
        assert [counted("command", "other", failed) for failed in (False, True)] == [0, 1]
        assert [counted("reconnect", "rds", failed) for failed in (False, True)] == [1, 2]

    def test_what_is_told_is_shown_until_it_is_not_known(self, telemetry: ApplianceTelemetry, shown: Shown) -> None:
        """Part by part, and appliance by appliance."""
        for appliance in ("rds", "other"):
            telemetry.record_inventory(appliance, INVENTORY)
            telemetry.record_traffic(appliance, TRAFFIC)
            telemetry.record_sensors(appliance, SENSORS)
            telemetry.record_arrays(appliance, ARRAYS)
            assert [shown(part, appliance) for part in PARTS] == [True] * 4
        telemetry.record_inventory("rds", None)
        telemetry.record_sensors("rds", None)
        assert [shown(part, "rds") for part in PARTS] == [False, True, False, True]
        telemetry.record_traffic("rds", None)
        telemetry.record_arrays("rds", None)
        assert [shown(part, "rds") for part in PARTS] == [False] * 4
        assert [shown(part, "other") for part in PARTS] == [True] * 4
