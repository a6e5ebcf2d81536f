"""A bench in memory: observations from a table, and a scratch disk that a fake node can attach."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import DriverError, NotReadyError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.verdicts import Assumption, Finding, Observation
from tests.fakes.node import FakeDisk, FakeNode

ADDRESS = "192.0.2.20"
FINE = Observation(held=True, seen="fine")


@dataclass
class FakeBench:
    """See the module. What `answers` does not name is fine; an error in it is raised. `left` falls by one each time."""

    node: FakeNode = field(default_factory=FakeNode)
    answers: Mapping[str, Observation | DriverError | None] = field(default_factory=dict)
    obstacle: str | DriverError | None = None
    left: list[int | DriverError] = field(default_factory=list)
    performed: list[str] = field(default_factory=list)
    cleared: int = 0
    keeps_sessions: bool = False  # closing an export leaves its sessions alone
    keeps_names: bool = False  # an old name stays
    tells_growth: bool = False  # an attached device shows its new size by itself
    ignores_hosts: bool = False  # whoever is named, all are let in
    grows: bool = True
    removable: bool = True
    size_bytes: int = 17 * MIB

    async def perform(self, key: str) -> Observation | None:
        """See `Bench`."""
        self.performed.append(key)
        answer = self.answers.get(key, FINE)
        if isinstance(answer, DriverError):
            raise answer
        return answer

    async def find_obstacle(self) -> str | None:
        """See `Bench`."""
        if isinstance(self.obstacle, DriverError):
            raise self.obstacle
        return self.obstacle

    async def open(self, sequence: int, host: Host, allowed_host: str = "") -> Target:
        """See `Bench`."""
        if not self.keeps_names:
            self.node.exports.clear()
        nqn = f"nqn.probe.{sequence}"
        self.node.exports[nqn] = FakeDisk(self.size_bytes, allowed_host="" if self.ignores_hosts else allowed_host)
        return Target(nqn, ADDRESS, 4420, host, self.size_bytes)

    async def close(self) -> None:
        """See `Bench`."""
        if not self.keeps_names:
            self.node.exports.clear()
        if not self.keeps_sessions:
            self.node.attached.clear()

    async def grow(self) -> int:
        """See `Bench`."""
        self.size_bytes = 33 * MIB
        for disk in self.node.exports.values() if self.grows else ():
            disk.size_bytes = self.size_bytes
        for attachment in self.node.attached.values() if self.tells_growth else ():
            attachment.connection = replace(attachment.connection, size_bytes=self.size_bytes)
        return self.size_bytes

    async def remove(self) -> None:
        """See `Bench`."""
        if not self.removable:
            message = "failure: disk is in use"
            raise NotReadyError(message)
        self.node.exports.clear()

    async def clear(self) -> int:
        """See `Bench`."""
        self.cleared += 1
        left = self.left.pop(0) if self.left else 0
        if isinstance(left, DriverError):
            raise left
        return left

    def clearing_line(self) -> str:
        """See `Bench`."""
        return ":put gone"


@dataclass
class FakeAudience:
    """Writes down what it hears."""

    begun: list[str] = field(default_factory=list)
    ended: list[Finding] = field(default_factory=list)

    def begin(self, assumption: Assumption) -> None:
        """See `Audience`."""
        self.begun.append(assumption.key)

    def end(self, finding: Finding) -> None:
        """See `Audience`."""
        self.ended.append(finding)
