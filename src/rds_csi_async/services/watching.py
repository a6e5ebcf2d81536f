"""Looking after what the driver depends on, so that whoever asks is answered from memory, at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from rds_csi_async.domain.errors import DriverError
from rds_csi_async.ports.deadlines import Deadline, working_under

_log = logging.getLogger(__name__)
Check = Callable[[], Awaitable[None]]
Tell = Callable[[str, str | None], None]
"""Is given the name of a check and what it found, when that is another thing than before; None: it is well again."""
_NOT_LOOKED_AT = "not looked at yet"


class Watching:
    """Runs named checks again and again; ready while at least one of them holds.

    A check returns when all is well and raises a `DriverError` that says what is not.
    """

    def __init__(
        self, checks: Mapping[str, Check], tell: Tell | None = None, *, interval_s: float = 5.0, timeout_s: float = 10.0
    ) -> None:
        self._checks = checks
        self._tell = tell
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._reasons: dict[str, str | None] = dict.fromkeys(checks, _NOT_LOOKED_AT)

    def find_reason(self) -> str | None:
        """Tell why nothing can be done now; None when something can."""
        if not self._checks or any(reason is None for reason in self._reasons.values()):
            return None
        return self.find_remark()

    def find_remark(self) -> str | None:
        """Tell all that is not well, whether or not something can be done; None when all is."""
        wrong = (f"{name}: {reason}" for name, reason in self._reasons.items() if reason is not None)
        return "; ".join(wrong) or None

    async def watch(self) -> None:
        """Look for ever, at all of them side by side."""
        while True:
            await asyncio.gather(*(self._look(name) for name in self._checks))
            await asyncio.sleep(self._interval_s)

    async def _look(self, name: str) -> None:
        try:
            with working_under(Deadline(self._timeout_s)):
                async with asyncio.timeout(self._timeout_s):
                    await self._checks[name]()
        except TimeoutError:
            self._note(name, f"no answer within {self._timeout_s:g} s")
        except DriverError as error:
            self._note(name, str(error))
        else:
            self._note(name, None)

    def _note(self, name: str, reason: str | None) -> None:
        """Remember what was seen; whoever reads the log is told when it is something new."""
        before = self._reasons[name]
        if self._tell is not None and reason != before and (reason, before) != (None, _NOT_LOOKED_AT):
            self._tell(name, reason)
        if reason != before:
            if reason is None:
                _log.info("%s is ready", name)
            else:
                _log.warning("%s is not ready: %s", name, reason)
        self._reasons[name] = reason
