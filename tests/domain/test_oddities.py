"""What a person has to look after is said; nothing else is."""

import re
from dataclasses import replace

import pytest

from rds_csi_async.domain.identifiers import Nqn
from rds_csi_async.domain.oddities import find_oddity
from rds_csi_async.domain.volumes import Volume
from tests.examples import MARK, NEXT_MARK, NODE_A, SLOT, UNUSED, held_by, holding, shown

HELD = held_by(holding(NODE_A))


@pytest.mark.parametrize(
    "volume",
    [shown(UNUSED), shown(HELD), shown(replace(HELD, holders=())), shown(UNUSED, nqn="a name that a person gave")],
)
def test_a_volume_as_its_record_says_is_not_odd(volume: Volume) -> None:
    """Never used, open to its holder, and closed after use."""
    assert find_oddity(volume) is None


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        (shown(None), "was erased"),
        (replace(shown(UNUSED), comment="typed by a person"), "was erased"),
        (shown(replace(UNUSED, erased_once=True)), "was erased"),
        (shown(replace(HELD, erased_once=True)), "was erased"),
        (shown(replace(HELD, erased_once=True), exported=False), "should be on, .* it is off"),
        (replace(shown(UNUSED), comment="rds1:{"), "damaged"),
        (shown(UNUSED, exported=True), "0 holders, so its export should be off; it is on"),
        (shown(HELD, exported=False), "should be on, .* it is off"),
        (shown(HELD, nqn=str(Nqn(SLOT, 1, NEXT_MARK))), f"should be on, .*{MARK}'; it is on, .*{NEXT_MARK}'"),
    ],
)
def test_what_is_odd_is_said(volume: Volume, said: str) -> None:
    """A record gone or damaged, and an export that is not as the record says."""
    assert re.search(said, find_oddity(volume) or "")
