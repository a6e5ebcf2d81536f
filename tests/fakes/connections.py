"""Attachments in a dict."""

from dataclasses import replace

from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import NotReadyError, UnreachableError
from rds_csi_async.domain.identifiers import NQN_PREFIX
from tests.fakes.node import FakeAttachment, FakeOnNode


class FakeConnections(FakeOnNode):
    """Sits the exam in `tests/contracts/connections.py`, as `NvmeConnections` and `LoopConnections` do."""

    async def find(self, nqn: str) -> Connection | None:
        """See `Connections`."""
        self._begin("find")
        self._end()
        return self._find(nqn)

    async def connect(self, target: Target) -> Connection:
        """See `Connections`."""
        self._begin("connect")
        if self.node.unready is not None:
            raise NotReadyError(self.node.unready)
        there = self._find(target.nqn)
        if there is None:
            self._attach(target)
            there = self._find(target.nqn)
        assert there is not None
        if not there.live or there.size_bytes < target.size_bytes:
            message = f"{there.device} has {there.size_bytes} bytes, {target.size_bytes} are wanted; live {there.live}"
            raise NotReadyError(message)
        self._end()
        return there

    async def disconnect(self, nqn: str) -> None:
        """See `Connections`. As with the kernel, mounts do not stand in the way; they die."""
        self._begin("disconnect")
        gone = self.node.attached.pop(nqn, None)
        if gone is not None and any(m.device_number == gone.connection.device_number for m in self.node.mounts):
            self.node.cut.append(nqn)
        self._end()

    async def rescan(self, nqn: str, size_bytes: int) -> Connection:
        """See `Connections`."""
        self._begin("rescan")
        seen = self._find(nqn)
        if seen is None or not seen.live:
            message = f"{nqn} is not attached, or its link is down"
            raise NotReadyError(message)
        attachment = self.node.attached[nqn]
        attachment.connection = replace(seen, size_bytes=attachment.disk.size_bytes)
        if attachment.connection.size_bytes < size_bytes:
            message = f"{seen.device} has {attachment.connection.size_bytes} bytes, {size_bytes} are wanted"
            raise NotReadyError(message)
        self._end()
        return attachment.connection

    async def list_nqns(self) -> tuple[str, ...]:
        """See `Connections`."""
        self._begin("list_nqns")
        self._end()
        return tuple(sorted(nqn for nqn in self.node.attached if nqn.startswith(NQN_PREFIX)))

    async def find_unready(self) -> str | None:
        """See `Connections`."""
        self._begin("find_unready")
        self._end()
        return self.node.unready

    def _find(self, nqn: str) -> Connection | None:
        attachment = self.node.attached.get(nqn)
        if attachment is None:
            return None
        if not attachment.usable:
            message = f"{nqn} is connected and has no device"
            raise NotReadyError(message)
        return attachment.connection

    def _attach(self, target: Target) -> None:
        disk = self.node.exports.get(target.nqn)
        if disk is None or not self.node.reachable:
            message = f"{target.address}:{target.port} does not answer, or does not know {target.nqn}"
            raise UnreachableError(message)
        if disk.allowed_host not in {"", target.host.nqn}:
            message = f"{target.address}:{target.port} does not let {target.host.nqn} in"
            raise UnreachableError(message)
        count = self.node.devices_made
        self.node.devices_made += 1
        made = Connection(target.nqn, f"/dev/nvme{count}n1", f"259:{count}", disk.size_bytes, live=True)
        self.node.attached[target.nqn] = FakeAttachment(disk, made)
