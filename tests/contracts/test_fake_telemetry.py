"""The fake sits the exam."""

from collections.abc import Callable

import pytest

from tests.contracts.telemetry import Gauge, Tally, TelemetryContract
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
    def gauge(self, telemetry: FakeTelemetry) -> Gauge:
        """Read what it keeps."""

        def gauge(what: str, detail: str = "") -> float:
            numbers = {
                "pending": len(telemetry.pending.get(detail, ())),
                "migrations": telemetry.migrations,
                "written_off": telemetry.children[0],
                "hanging": telemetry.children[1],
            }
            return numbers[what]

        return gauge

    @pytest.fixture
    def connections(self, telemetry: FakeTelemetry) -> Callable[[], float]:
        """Read its number."""
        return lambda: telemetry.connections
