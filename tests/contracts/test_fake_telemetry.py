"""The fake sits the exam."""

from collections.abc import Callable

import pytest

from tests.contracts.telemetry import Tally, TelemetryContract
from tests.fakes.telemetry import FakeTelemetry


class TestFakeTelemetry(TelemetryContract):
    """See `TelemetryContract`."""

    @pytest.fixture
    def telemetry(self) -> FakeTelemetry:
        """Start with nothing recorded."""
        return FakeTelemetry()

    @pytest.fixture
    def tally(self, telemetry: FakeTelemetry) -> Tally:
        """Count its calls."""
        return telemetry.count

    @pytest.fixture
    def connections(self, telemetry: FakeTelemetry) -> Callable[[], float]:
        """Read its number."""
        return lambda: telemetry.connections
