"""The guard around every call: its id, deadline, log line, metrics, and the status that an error becomes.

No call does any of this itself. What a request asks for is known only to the services.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import betterproto
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline as CallerDeadline

from rds_csi_async.csi.methods import Handler, Metadata, RequestT, ResponseT
from rds_csi_async.csi.redaction import redact
from rds_csi_async.csi.statuses import message_of, status_of
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.ports.calls import current_call_id
from rds_csi_async.ports.deadlines import Deadline, working_under

_log = logging.getLogger(__name__)

VOLUME_OPERATION_OF = {
    "/csi.v1.Controller/CreateVolume": "create",
    "/csi.v1.Controller/DeleteVolume": "delete",
    "/csi.v1.Controller/ControllerPublishVolume": "controller_publish",
    "/csi.v1.Controller/ControllerUnpublishVolume": "controller_unpublish",
    "/csi.v1.Controller/ControllerExpandVolume": "controller_expand",
    "/csi.v1.Node/NodeStageVolume": "stage",
    "/csi.v1.Node/NodeUnstageVolume": "unstage",
    "/csi.v1.Node/NodePublishVolume": "publish",
    "/csi.v1.Node/NodeUnpublishVolume": "unpublish",
    "/csi.v1.Node/NodeExpandVolume": "node_expand",
}
# Asked again and again by sidecars and kubelet: of interest only when it goes wrong.
_ROUTINE = frozenset({"Probe", "GetPluginInfo", "NodeGetInfo", "NodeGetVolumeStats", "GetCapacity", "ListVolumes"})


class CallTelemetry(Protocol):
    """Takes note of calls, as `Telemetry` does of everything else: never raises, never waits."""

    def record_volume_op(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        ...

    def record_grpc(self, method: str, code: str, duration_s: float) -> None:
        """Count one answered call of a path, by the name of its status code (`OK`, `NOT_FOUND` ...)."""
        ...


def new_call_id() -> str:
    """Make an id that tells a call from the others in one log."""
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class CallGuard:
    """See `methods.Guard`. A call without a deadline of its own gets `default_s` seconds."""

    telemetry: CallTelemetry
    default_s: float = 120.0
    new_id: Callable[[], str] = new_call_id

    async def __call__(
        self,
        method: str,
        handler: Handler[RequestT, ResponseT],
        request: RequestT,
        metadata: Metadata,  # noqa: ARG002 - nothing that a caller says of itself is believed or logged
        deadline: CallerDeadline | None,
    ) -> ResponseT:
        """See `methods.Guard`."""
        began_s = time.monotonic()
        token = current_call_id.set(self.new_id())
        error: BaseException | None = None
        try:
            with working_under(Deadline(self.default_s if deadline is None else deadline.time_remaining())):
                return await handler(request)
        except BaseException as raised:
            error = raised
            if _is_passed_on(raised):
                raise
            raise GRPCError(status_of(raised), message_of(_as_known(raised))) from raised
        finally:
            self._note(_Outcome(method, error, deadline, time.monotonic() - began_s), request)
            current_call_id.reset(token)

    def _note(self, outcome: "_Outcome", request: betterproto.Message) -> None:
        self.telemetry.record_grpc(outcome.method, outcome.status.name, outcome.duration_s)
        if outcome.method in VOLUME_OPERATION_OF:
            operation = VOLUME_OPERATION_OF[outcome.method]
            self.telemetry.record_volume_op(operation, outcome.error, outcome.duration_s)
        if _log.isEnabledFor(outcome.level):
            facts = {**outcome.describe(), "call_id": current_call_id.get(), "request": redact(request)}
            trace = None if outcome.is_foreseen else outcome.error
            _log.log(outcome.level, "%s: %s", outcome.name, outcome.status.name, extra=facts, exc_info=trace)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a call ended."""

    method: str
    error: BaseException | None
    deadline: CallerDeadline | None
    duration_s: float

    @property
    def name(self) -> str:
        return self.method.rpartition("/")[2]

    @property
    def status(self) -> Status:
        if self.error is None:
            return Status.OK
        if isinstance(self.error, GRPCError):
            return self.error.status
        if isinstance(self.error, asyncio.CancelledError) and _is_passed_on(self.error):
            late = self.deadline is not None and self.deadline.time_remaining() <= 0
            return Status.DEADLINE_EXCEEDED if late else Status.CANCELLED
        return status_of(self.error)

    @property
    def is_foreseen(self) -> bool:
        return self.error is None or isinstance(self.error, DriverError | GRPCError | asyncio.CancelledError)

    @property
    def level(self) -> int:
        if self.error is None:
            routine = self.name in _ROUTINE or self.name.endswith("Capabilities")
            return logging.DEBUG if routine else logging.INFO
        return logging.WARNING if self.is_foreseen else logging.ERROR

    def describe(self) -> dict[str, object]:
        facts = {"method": self.method, "code": self.status.name, "duration_s": round(self.duration_s, 4)}
        if isinstance(self.error, GRPCError):
            return {**facts, "error": self.error.message or ""}
        return facts if self.error is None else {**facts, "error": message_of(self.error)}


def _is_passed_on(error: BaseException) -> bool:
    """Tell whether the error is the transport's business: a refusal it made, or a call that nobody waits for.

    When only the operation that this call waited for was cancelled (at a shutdown), the caller still waits.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, GRPCError) or not isinstance(error, Exception)


def _as_known(error: BaseException) -> BaseException:
    if isinstance(error, asyncio.CancelledError):
        return DriverError("the driver is going down and gave the operation up; ask again")
    return error
