"""Every call leaves one line, one number, and an answer that says whether its outcome is known."""

import asyncio
import logging

import betterproto
import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline as CallerDeadline

from rds_csi_async.csi import wire
from rds_csi_async.csi.guard import VOLUME_OPERATION_OF, CallGuard
from rds_csi_async.csi.methods import Handler, list_methods, refuse_with
from rds_csi_async.domain.errors import DeadlineError, RefusedError
from rds_csi_async.ports.calls import current_call_id
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.ports.telemetry import VOLUME_OPERATIONS
from tests.csi.serving import SECRETS, CallLog
from tests.planted import SECRET

CREATE = "/csi.v1.Controller/CreateVolume"
PROBE = "/csi.v1.Identity/Probe"
REQUEST = wire.CreateVolumeRequest(name="pvc-1", secrets=SECRETS)


@pytest.fixture
def telemetry() -> CallLog:
    """Start with nothing counted."""
    return CallLog()


@pytest.fixture
def guard(telemetry: CallLog) -> CallGuard:
    """Stand around calls whose ids are known."""
    return CallGuard(telemetry, new_id=lambda: "abc")


async def answer(_request: betterproto.Message) -> wire.CreateVolumeResponse:
    """Answer anything."""
    return wire.CreateVolumeResponse()


def raising(error: BaseException) -> Handler[wire.CreateVolumeRequest, wire.CreateVolumeResponse]:
    """Make a handler that fails."""

    async def fail(_request: wire.CreateVolumeRequest) -> wire.CreateVolumeResponse:
        raise error

    return fail


async def refusal(guard: CallGuard, error: BaseException) -> GRPCError:
    """Return what the guard makes of an error."""
    with pytest.raises(GRPCError) as raised:
        await guard(CREATE, raising(error), REQUEST, {}, None)
    return raised.value


async def test_a_call_leaves_one_line_and_is_counted(
    guard: CallGuard, telemetry: CallLog, caplog: pytest.LogCaptureFixture
) -> None:
    """With its id, what was asked, how it ended, and how long it took."""
    caplog.set_level(logging.DEBUG)
    await guard(CREATE, answer, REQUEST, {}, None)
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    facts = vars(record)
    assert (facts["method"], facts["code"], facts["call_id"]) == (CREATE, "OK", "abc")
    assert facts["request"]["name"] == "pvc-1"
    assert facts["duration_s"] >= 0
    assert telemetry.grpc == [(CREATE, "OK")]
    assert telemetry.count("volume_op", "create") == 1


@pytest.mark.parametrize("error", [None, RefusedError("no"), RuntimeError("bug")])
async def test_no_secret_is_logged(guard: CallGuard, caplog: pytest.LogCaptureFixture, error: Exception | None) -> None:
    """However the call ends, tracebacks included."""
    caplog.set_level(logging.DEBUG)
    if error is None:
        await guard(CREATE, answer, REQUEST, {}, None)
    else:
        await refusal(guard, error)
    assert SECRET not in caplog.text
    assert SECRET not in str([vars(record) for record in caplog.records])


async def test_an_error_becomes_its_status(
    guard: CallGuard, telemetry: CallLog, caplog: pytest.LogCaptureFixture
) -> None:
    """With the words for the person who reads the event, and no traceback in the log."""
    error = await refusal(guard, RefusedError("unpublish it first"))
    assert (error.status, error.message) == (Status.FAILED_PRECONDITION, "unpublish it first")
    assert telemetry.grpc == [(CREATE, "FAILED_PRECONDITION")]
    assert telemetry.count("volume_op", "create", failed=True) == 1
    (record,) = caplog.records
    assert vars(record)["error"] == "unpublish it first"
    assert record.exc_info is None


async def test_a_bug_is_asked_again_and_written_down(guard: CallGuard, caplog: pytest.LogCaptureFixture) -> None:
    """The caller learns the class alone; the log has the traceback."""
    error = await refusal(guard, RuntimeError("inside"))
    assert error.status is Status.UNAVAILABLE
    assert "inside" not in (error.message or "")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "inside" in caplog.text


async def test_a_refusal_of_the_transport_passes_unchanged(guard: CallGuard, telemetry: CallLog) -> None:
    """A malformed body never reached its service, and is counted all the same."""
    malformed = GRPCError(Status.INVALID_ARGUMENT, "malformed")
    with pytest.raises(GRPCError) as raised:
        await guard(CREATE, refuse_with(malformed), wire.CreateVolumeRequest(), {}, None)
    assert raised.value is malformed
    assert telemetry.grpc == [(CREATE, "INVALID_ARGUMENT")]
    assert telemetry.count("volume_op", "create", failed=True) == 1


async def test_routine_questions_are_quiet(
    guard: CallGuard, telemetry: CallLog, caplog: pytest.LogCaptureFixture
) -> None:
    """A Probe every few seconds is no news, and no volume operation."""
    caplog.set_level(logging.INFO)
    await guard(PROBE, answer, wire.ProbeRequest(), {}, None)
    assert not caplog.records
    assert telemetry.grpc == [(PROBE, "OK")]
    assert not telemetry.list_calls("volume_op")


async def test_a_routine_question_that_fails_is_told(guard: CallGuard, caplog: pytest.LogCaptureFixture) -> None:
    """Then it is news."""
    caplog.set_level(logging.INFO)
    with pytest.raises(GRPCError):
        await guard(PROBE, raising(RefusedError("no")), REQUEST, {}, None)
    assert len(caplog.records) == 1


async def test_the_callers_deadline_holds_inside(guard: CallGuard) -> None:
    """It is the caller's, or the default where the caller set none."""
    left: list[float] = []

    async def look(_request: betterproto.Message) -> wire.CreateVolumeResponse:
        left.append(remaining_s(1000))
        return wire.CreateVolumeResponse()

    await guard(CREATE, look, REQUEST, {}, CallerDeadline.from_timeout(7))
    await guard(CREATE, look, REQUEST, {}, None)
    assert 6 < left[0] <= 7
    assert 119 < left[1] <= 120


async def test_what_was_not_sent_in_time_is_answered_so(guard: CallGuard) -> None:
    """The code is the caller's own."""
    assert (await refusal(guard, DeadlineError("nothing was done"))).status is Status.DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    ("deadline", "code"),
    [(None, "CANCELLED"), (CallerDeadline.from_timeout(-1), "DEADLINE_EXCEEDED")],
    ids=["gone", "late"],
)
async def test_a_call_that_is_cancelled_is_counted(
    guard: CallGuard, telemetry: CallLog, deadline: CallerDeadline | None, code: str
) -> None:
    """The cancellation goes through, since the transport is waiting for it."""
    begun = asyncio.Event()

    async def wait(_request: betterproto.Message) -> wire.CreateVolumeResponse:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.TaskGroup() as group:
        call = group.create_task(guard(CREATE, wait, REQUEST, {}, deadline))
        await begun.wait()
        call.cancel()
    assert call.cancelled()
    assert telemetry.grpc == [(CREATE, code)]
    assert telemetry.count("volume_op", "create", failed=True) == 1


async def test_an_operation_that_is_cancelled_leaves_no_caller_without_an_answer(guard: CallGuard) -> None:
    """At a shutdown the operation ends first, and its caller is told to ask again."""
    error = await refusal(guard, asyncio.CancelledError())
    assert error.status is Status.UNAVAILABLE
    assert "ask again" in (error.message or "")


async def test_the_id_is_known_inside_and_forgotten_outside(guard: CallGuard) -> None:
    """So that log lines of what is done for the call can bear it."""

    async def look(_request: betterproto.Message) -> wire.CreateVolumeResponse:
        assert current_call_id.get() == "abc"
        return wire.CreateVolumeResponse()

    await guard(CREATE, look, REQUEST, {}, None)
    assert not current_call_id.get()


def test_every_operation_has_its_method() -> None:
    """Both tables are complete: no operation is never counted, no path is misspelt."""
    assert sorted(VOLUME_OPERATION_OF.values()) == sorted(VOLUME_OPERATIONS)
    assert set(VOLUME_OPERATION_OF) <= {method.path for method in list_methods([])}
