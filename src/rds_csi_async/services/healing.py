"""Staging a lost volume anew, when nothing but its dead staging mount is left. Part of scanning."""

from collections.abc import Awaitable, Callable
from functools import partial

from rds_csi_async.domain.errors import BusyError, NotReadyError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.scans import Diagnosis, find_stage_request
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.examining import Examining
from rds_csi_async.services.node_volumes import NodeVolumes
from rds_csi_async.services.operations import Operations

_HEAL_S = 120.0


class Healing:
    """Heals as an operation of the volume's, so that kubelet and it never work on one volume at once."""

    def __init__(
        self,
        host: Host,
        ports: NodePorts,
        examining: Examining,
        operations: Operations,
        restage: Callable[[StageRequest], Awaitable[None]],
    ) -> None:
        self._host = host
        self._examining = examining
        self._operations = operations
        self._telemetry = ports.telemetry
        self._volumes = NodeVolumes(ports)
        self._restage = restage

    async def heal(self, slot: str, volume: NodeVolume) -> Diagnosis:
        """Stage the volume anew as it was staged; tell how it then fares.

        Raises:
            BusyError: kubelet's own work on the volume is under way.
            DriverError: it did not come about; the volume is as lost as before.

        """
        try:
            with working_under(Deadline(_HEAL_S)):
                work = partial(self._restage_lost, slot, _get_request(slot, volume, self._host))
                found = await self._operations.do_chore(slot, work)
        except BusyError:
            raise
        except BaseException as error:
            self._telemetry.record_stale_recovery(error)
            raise
        self._telemetry.record_stale_recovery(None)
        return found

    async def _restage_lost(self, slot: str, request: StageRequest) -> Diagnosis:
        _, found = await self._examining.examine(slot)  # kubelet may have been here since
        if found.is_healable:
            await self._volumes.connect(request.target)  # first: what is dead is better than nothing at all
            await self._restage(request)
            _, found = await self._examining.examine(slot)
        return found


def _get_request(slot: str, volume: NodeVolume, host: Host) -> StageRequest:
    request = None if volume.record is None else find_stage_request(volume.record, host)
    if request is None:
        message = f"the state file of {slot} does not tell how it was staged"
        raise NotReadyError(message)
    return request
