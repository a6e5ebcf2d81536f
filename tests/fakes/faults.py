"""Faults at any call of any port: the n-th call of all fails, or the process dies there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


class KilledError(BaseException):
    """The process was killed: nothing of it runs any more."""


@dataclass
class Faults:
    """Counts the calls of the ports behind it; raises at the call numbered `at`, or from there on with `lasting`.

    With `done` the call has had its effect before it raises.
    """

    at: int = -1
    error: BaseException | None = None
    done: bool = False
    lasting: bool = False
    count: int = 0

    def behind(self, port: object) -> Any:
        """Stand before a port."""
        return _Port(self, port)

    async def call(self, method: Callable[..., Awaitable[object]], *args: object, **options: object) -> object:
        """Call the method, or fail."""
        number, self.count = self.count, self.count + 1
        failing = self.error if number == self.at or (self.lasting and number > self.at >= 0) else None
        if failing is not None and not self.done:
            raise failing
        answer = await method(*args, **options)
        if failing is not None:
            raise failing
        return answer


class _Port:
    def __init__(self, faults: Faults, port: object) -> None:
        self._faults = faults
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        method = getattr(self._port, name)

        async def call(*args: object, **options: object) -> object:
            return await self._faults.call(method, *args, **options)

        return call
