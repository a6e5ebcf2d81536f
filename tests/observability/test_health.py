"""A check that cannot answer has failed, and the report names what is wrong."""

import asyncio
import json

import pytest

from rds_csi_async.observability.health import Check, Health, HealthReport, render_report


async def _never() -> str | None:
    await asyncio.Event().wait()
    return None


async def _fine() -> str | None:
    return None


async def _wrong() -> str | None:
    return "no appliance answers"


def _broken() -> str | None:
    message = "no such thing"
    raise LookupError(message)


async def _broken_later() -> str | None:
    await asyncio.sleep(0)
    return _broken()


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (_fine, None),
        (lambda: None, None),
        (_wrong, "no appliance answers"),
        (lambda: "no nvme-tcp module", "no nvme-tcp module"),
        (lambda: "", ""),
        (_never, "no answer within 1 s"),
        (_broken, "the check broke: LookupError: no such thing"),
        (_broken_later, "the check broke: LookupError: no such thing"),
    ],
)
async def test_a_check_is_fine_only_when_it_says_so(check: Check, reason: str | None) -> None:
    """Late, broken or with a reason, even an empty one: all of these are failures."""
    health = Health()
    health.add_readiness("it", check)
    report = await health.check_readiness()
    assert report == HealthReport({"it": reason})
    assert report.healthy is (reason is None)


@pytest.mark.looptime
async def test_checks_run_side_by_side() -> None:
    """Many late checks take one deadline, not one each: the prober waits no longer."""
    loop = asyncio.get_running_loop()
    health = Health(deadline_s=0.5)
    for number in range(20):
        health.add_liveness(f"check {number}", _never)
    started_s = loop.time()
    report = await health.check_liveness()
    assert loop.time() - started_s == 0.5
    assert set(report.reasons.values()) == {"no answer within 0.5 s"}


async def test_alive_and_ready_are_two_questions() -> None:
    """What only makes the process unready does not get it restarted."""
    health = Health()
    health.add_liveness("loop", _fine)
    health.add_readiness("rds", _wrong)
    assert (await health.check_liveness()).healthy
    assert not (await health.check_readiness()).healthy


def test_a_name_is_taken_once() -> None:
    """A second check of the same name would hide the first."""
    health = Health()
    health.add_liveness("loop", _fine)
    with pytest.raises(ValueError, match="loop"):
        health.add_liveness("loop", _wrong)


def test_the_report_names_what_is_wrong() -> None:
    """The reasons by name, and what else was looked at."""
    report = HealthReport({"rds": 'no "answer"', "loop": None})
    assert json.loads(render_report(report)) == {
        "healthy": False,
        "failing": {"rds": 'no "answer"'},
        "passing": ["loop"],
        "remarks": {},
    }


async def test_a_remark_is_told_and_makes_nothing_unready() -> None:
    """One of two appliances is down: whoever asks is told so, and the other one is worked with."""
    health = Health()
    health.add_readiness("appliances", _fine)
    health.add_remark("appliances", lambda: "rds2: no answer")
    health.add_remark("node", _fine)
    report = await health.check_readiness()
    assert report.healthy
    assert json.loads(render_report(report))["remarks"] == {"appliances": "rds2: no answer"}
    assert json.loads(render_report(await health.check_liveness()))["remarks"] == {}
