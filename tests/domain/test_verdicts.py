"""What was seen becomes a verdict, and verdicts a word on whether to run the driver."""

import pytest

from rds_csi_async.domain.verdicts import (
    Assumption,
    Finding,
    Observation,
    Verdict,
    decide_works,
    finding_of,
    summarise,
)

NEEDED = Assumption("needed", "it is so", "do this")
NICE = Assumption("nice", "it is so too", "nothing", needed=False)
ASKED = Assumption("asked", "it is so when asked", "do that", only_with="--more")


@pytest.mark.parametrize(
    ("held", "verdict", "follows"),
    [(True, Verdict.HELD, ""), (False, Verdict.DID_NOT_HOLD, "do this"), (None, Verdict.NOT_TRIED, "")],
)
def test_an_observation_becomes_a_finding(held: bool | None, verdict: Verdict, follows: str) -> None:  # noqa: FBT001 - an example
    """And only what did not hold has a consequence."""
    finding = finding_of(NEEDED, Observation(held, "seen"))
    assert (finding.verdict, finding.seen, finding.follows) == (verdict, "seen", follows)


@pytest.mark.parametrize(
    ("assumption", "verdict", "speaks_against"),
    [
        (NEEDED, Verdict.HELD, False),
        (NEEDED, Verdict.DID_NOT_HOLD, True),
        (NEEDED, Verdict.NOT_TRIED, True),
        (NICE, Verdict.DID_NOT_HOLD, False),
        (NICE, Verdict.NOT_TRIED, False),
        (ASKED, Verdict.NOT_TRIED, False),
        (ASKED, Verdict.DID_NOT_HOLD, True),
    ],
)
def test_what_speaks_against_the_driver(assumption: Assumption, verdict: Verdict, speaks_against: bool) -> None:  # noqa: FBT001 - an example
    """What it needs, where that is not so, or nobody could find out though nobody left it out."""
    finding = Finding(assumption, verdict, "")
    assert finding.speaks_against is speaks_against
    assert decide_works([finding, Finding(NEEDED, Verdict.HELD, "")]) is not speaks_against


def test_a_summary_counts_and_names() -> None:
    """Whoever reads one line knows what to look at."""
    found = [Finding(NEEDED, Verdict.HELD, ""), Finding(NICE, Verdict.DID_NOT_HOLD, "")]
    assert summarise(found) == (
        "1 held, 1 did not hold, 0 not tried. Nothing that was tried speaks against the driver."
    )
    found.append(Finding(ASKED, Verdict.DID_NOT_HOLD, ""))
    assert summarise(found).endswith("The driver needs what was not found: asked.")
