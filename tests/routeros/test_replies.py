"""Each text of a failure means one error, and a text nobody knows means nothing for sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import (
    ConflictError,
    CutOffError,
    DriverError,
    InsufficientCapacityError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.routeros.replies import ApplianceError, error_of, get_reply
from rds_csi_async.routeros.syntax import Failure, NotParsedError, Reply, parse_frame
from tests.transcripts import read_transcript

TAIL = " (/disk/add; line 1)"
MEANINGS = {
    "xpool pool1": NotReadyError,
    "xsafe": NotReadyError,
    "xstale": ConflictError,
    "xmoved": ConflictError,
    "xopen": ConflictError,
    "xtaken": ConflictError,
    "xshared pool1/a.img": NotReadyError,
    "xshrink": RefusedError,
    "failure: not enough space": InsufficientCapacityError,
    "failure: not enough free space": InsufficientCapacityError,
    "failure: no space left on device": InsufficientCapacityError,
    "failure: already have disk with such slot": ConflictError,
    "failure: file already exists": ConflictError,
    "no such item": ConflictError,
    "failure: disk is in use": NotReadyError,
    "failure: disk is busy": NotReadyError,
    "not enough permissions (9)": NotReadyError,
    "bad command name subvolume (line 1 column 7)": NotReadyError,
    "bad parameter nvme-tcp-server-nqn (line 1 column 7)": NotReadyError,
    "invalid value for argument file-size": ApplianceError,
    "input does not match any value of type": ApplianceError,
    "value of file-size contains invalid trailing characters": ApplianceError,
    "ambiguous value of type, more than one possible value matches input": ApplianceError,
    "missing value(s) of argument(s) type": ApplianceError,
    "action timed out": CutOffError,
    "interrupted": CutOffError,
    "action cancelled": CutOffError,
}


@pytest.mark.parametrize(("text", "kind"), MEANINGS.items())
def test_each_text_means_one_error(text: str, kind: type[DriverError]) -> None:
    """With the tail that newer versions add, too; and the words stay in the message."""
    for said in (text, text + TAIL):
        error = error_of(said)
        assert type(error) is kind
        assert text in str(error)


@given(st.text())
def test_an_unknown_text_has_an_unknown_outcome(text: str) -> None:
    """Unless a known part is in it, nothing is concluded."""
    error = error_of("failure: " + text)
    assert isinstance(error, DriverError)
    if type(error) is ApplianceError:
        assert not error.outcome_known
        assert len(str(error)) < 2000


def test_our_words_count_at_the_start_alone() -> None:
    """A name that holds one of them proves nothing."""
    assert type(error_of("failure: cannot open /pool1/xstale")) is ApplianceError


TRANSCRIPTS = {
    "no_space": (InsufficientCapacityError, "the pool is full"),
    "in_use": (NotReadyError, "in use"),
    "busy": (NotReadyError, "in use"),
    "exists": (ConflictError, "there already"),
    "absent_item": (ConflictError, "gone meanwhile"),
    "no_permission": (NotReadyError, "lacks a policy: ssh, read, write and test"),
    "unknown_command": (NotReadyError, "lacks a command"),
    "unknown_parameter": (NotReadyError, "lacks a parameter"),
    "bad_value": (ApplianceError, "does not take a value"),
    "missing_value": (ApplianceError, "misses a value"),
    "stale": (ConflictError, "no longer as it was read"),
    "pool_unmounted": (NotReadyError, "not mounted"),
    "safe_mode": (NotReadyError, "release it"),
    "syntax_error": (NotParsedError, "parser does not understand"),
    "old_menu": (NotParsedError, "parser does not understand"),
    "bad_name_without_frame": (CutOffError, "no whole frame"),
    "cut_off": (CutOffError, "no whole frame"),
    "timed_out": (CutOffError, "gave up waiting"),
    "interrupted": (CutOffError, "was stopped"),
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_each_way_to_fail_is_one_error(name: str) -> None:
    """Of exactly that kind, in words that help, and final only when it is known that nothing was done."""
    kind, said = TRANSCRIPTS[name]
    with pytest.raises(kind, match=said) as caught:
        get_reply(parse_frame(read_transcript(name).reply, "TOKEN"))
    assert type(caught.value) is kind
    assert caught.value.outcome_known == (kind is InsufficientCapacityError)


def test_a_success_is_given_on() -> None:
    """As it is."""
    assert get_reply(Reply(())) == Reply(())
    with pytest.raises(ApplianceError):
        get_reply(Failure("no one knows"))
