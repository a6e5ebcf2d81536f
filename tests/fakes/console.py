"""A console that answers from a script."""

from dataclasses import dataclass, field

from rds_csi_async.domain.errors import DriverError

TOKEN = "TOKEN"  # noqa: S105 - of a frame, no secret


@dataclass
class ScriptedConsole:
    """Gives the planned answers one after the other, and keeps what it was asked. An error as an answer is raised."""

    answers: list[str | DriverError]
    generation: int = 1
    lines: list[str] = field(default_factory=list)
    mutating: list[bool] = field(default_factory=list)
    urgent: list[bool] = field(default_factory=list)

    async def run(self, line: str, *, mutating: bool, urgent: bool = False) -> str:
        """See `Console`."""
        self.lines.append(line)
        self.mutating.append(mutating)
        self.urgent.append(urgent)
        answer = self.answers.pop(0)
        if isinstance(answer, DriverError):
            raise answer
        return answer
