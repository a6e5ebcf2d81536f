"""A link to an appliance, whatever it is made of, and how it fails."""

from typing import Protocol

from rds_csi_async.domain.errors import BusyError, CutOffError


class LostError(CutOffError):
    """The connection broke after a command was sent."""


class ChannelRefusedError(BusyError):
    """The appliance answers, and opens no more channels now; nothing was sent."""


class Session(Protocol):
    """A connection that was made."""

    def is_closed(self) -> bool:
        """Tell whether nothing can be run on it any more."""
        ...

    def abort(self) -> None:
        """Close it at once."""
        ...

    async def wait_stirred(self) -> None:
        """Wait until it is lost, or a command on it went wrong: somebody should look whether it still lives."""
        ...

    async def execute(self, line: str, timeout_s: float) -> str:
        """Run one line, and give what it printed.

        Raises:
            UnreachableError: no channel was opened; nothing was sent.
            ChannelRefusedError: the appliance has no channel left; nothing was sent.
            LostError: it was sent, and then the connection was lost.
            CutOffError: it was sent, and its end did not come, or it printed too much.
            DeadlineError: the caller's time ran out before it was sent.

        """
        ...
