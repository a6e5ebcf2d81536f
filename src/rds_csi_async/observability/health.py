"""Whether the process lives, and whether it can do its work: named checks, each bounded in time, failing closed."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Check = Callable[[], str | Awaitable[str | None] | None]
"""Returns None when all is well, or what is wrong, in words for the operator. A plain function only looks at memory."""

CHECK_DEADLINE_S = 1.0


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What the checks said: the name of each, and the reason of each that failed. A remark makes nothing unhealthy."""

    reasons: dict[str, str | None]
    remarks: dict[str, str | None] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether no check failed."""
        return all(reason is None for reason in self.reasons.values())


class Health:
    """The checks of one process. Kubernetes restarts what is not alive and sends nothing to what is not ready."""

    def __init__(self, deadline_s: float = CHECK_DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._liveness: dict[str, Check] = {}
        self._readiness: dict[str, Check] = {}
        self._remarks: dict[str, Check] = {}

    def add_liveness(self, name: str, check: Check) -> None:
        """Add a check that only a restart can cure. Raises ValueError when the name is taken."""
        _add(self._liveness, name, check)

    def add_readiness(self, name: str, check: Check) -> None:
        """Add a check of what the work depends on. Raises ValueError when the name is taken."""
        _add(self._readiness, name, check)

    def add_remark(self, name: str, check: Check) -> None:
        """Add what readiness tells too, and does not depend on. Raises ValueError when the name is taken."""
        _add(self._remarks, name, check)

    async def check_liveness(self) -> HealthReport:
        """Run the liveness checks side by side, within the deadline."""
        return HealthReport(await self._run(self._liveness))

    async def check_readiness(self) -> HealthReport:
        """Run the readiness checks side by side, within the deadline."""
        return HealthReport(await self._run(self._readiness), await self._run(self._remarks))

    async def _run(self, checks: dict[str, Check]) -> dict[str, str | None]:
        reasons = await asyncio.gather(*(self._find_reason(check) for check in checks.values()))
        return dict(zip(checks, reasons, strict=True))

    async def _find_reason(self, check: Check) -> str | None:
        """Run one check; a check that breaks, or is late, has failed."""
        try:
            async with asyncio.timeout(self._deadline_s):
                reason = check()
                return await reason if inspect.isawaitable(reason) else reason
        except TimeoutError:
            return f"no answer within {self._deadline_s:g} s"
        except Exception as error:  # noqa: BLE001  # whatever breaks a check is what the operator must read
            return f"the check broke: {type(error).__name__}: {error}"


def render_report(report: HealthReport) -> bytes:
    """Write a report as JSON, what is wrong first."""
    passing = [name for name, reason in report.reasons.items() if reason is None]
    told = {"failing": _wrong(report.reasons), "passing": passing, "remarks": _wrong(report.remarks)}
    return json.dumps({"healthy": report.healthy, **told}).encode()


def _wrong(reasons: dict[str, str | None]) -> dict[str, str]:
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _add(checks: dict[str, Check], name: str, check: Check) -> None:
    if name in checks:
        message = f"there is a check called {name} already"
        raise ValueError(message)
    checks[name] = check
