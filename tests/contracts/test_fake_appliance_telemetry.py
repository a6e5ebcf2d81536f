"""The fake sits the exam."""

from collections.abc import Callable, Mapping

import pytest

from tests.contracts.appliance_telemetry import ApplianceTelemetryContract, Shown
from tests.fakes.appliance_telemetry import FakeApplianceTelemetry


class TestFakeApplianceTelemetry(ApplianceTelemetryContract):
    """See `ApplianceTelemetryContract`."""

    @pytest.fixture
    def telemetry(self) -> FakeApplianceTelemetry:
        """Start with nothing told."""
        return FakeApplianceTelemetry()

    @pytest.fixture
    def connected(self, telemetry: FakeApplianceTelemetry) -> Callable[[str], float | None]:
        """Read what it keeps."""
        return telemetry.up.get

    @pytest.fixture
    def counted(self, telemetry: FakeApplianceTelemetry) -> Callable[[str, str, bool], float]:
        """Count what it keeps."""

        def counted(what: str, appliance: str, failed: bool) -> float:  # noqa: FBT001 - as the contract calls it
            errors = {
                "command": [error for key, _, error in telemetry.commands if key == appliance],
                "reconnect": [error for key, error, _ in telemetry.attempts if key == appliance],
            }
            return sum((error is not None) is failed for error in errors[what])

        return counted

    @pytest.fixture
    def shown(self, telemetry: FakeApplianceTelemetry) -> Shown:
        """Look what it keeps."""
        kept: dict[str, Mapping[str, object]] = {
            "inventory": telemetry.inventories,
            "traffic": telemetry.traffic,
            "sensors": telemetry.sensors,
            "arrays": telemetry.arrays,
        }
        return lambda part, appliance: kept[part].get(appliance) is not None
