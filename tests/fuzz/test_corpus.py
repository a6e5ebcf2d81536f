"""Every case that ever reached something new, or broke something, is thrown at the decoders again; and a few fresh."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import drawn, target
from tests.fuzz.cases import TRANSCRIPTS, cases
from tests.fuzz.guided import CORPUS
from tests.fuzz.mutation import mutate
from tests.transcripts import list_transcripts

_FAMOUS = ("absent", "cut_off", "found", "listing", "no_space", "syntax_error")


def _corpus() -> list[Path]:
    return sorted(file for file in CORPUS.iterdir() if file.is_file())


def test_the_corpus_is_there() -> None:
    """An empty folder would make the next test true of nothing."""
    assert "found-an-id-that-is-null" in {file.name for file in _corpus()}
    assert len(TRANSCRIPTS) > len(_FAMOUS)
    assert set(_FAMOUS) <= set(list_transcripts())


@pytest.mark.parametrize("file", _corpus(), ids=lambda file: file.name)
def test_what_was_found_once_stays_mended(file: Path) -> None:
    """A value, or an error with a name."""
    target.decode(file.read_bytes())


@settings(max_examples=300)
@given(cases)
def test_whatever_is_printed_is_a_value_or_a_named_error(case: bytes) -> None:
    """However cut, mangled or mixed with a message of the console."""
    target.decode(case)


@given(st.sampled_from(TRANSCRIPTS), st.integers(0, 2**32))
def test_a_mutated_reply_is_another_reply_that_is_read_or_refused(text: str, seed: int) -> None:
    """The same again for the same seed; and without rows there is nothing to mutate."""
    case = target.FRAMED + text.encode()
    changed = mutate(case, seed)
    assert changed == mutate(case, seed)
    assert changed != case
    target.decode(changed or case)


def test_a_value_that_broke_a_decoder_is_hit_upon_soon() -> None:
    """`null` among ids was not found by changes of bytes in two and a half million tries."""
    case = b'f{"ids":["*1F"]}'
    assert b'f{"ids": [null]}' in {mutate(case, seed) for seed in range(2000)}


def test_a_search_draws_cases_until_its_time_is_up() -> None:
    """And not one without time."""
    assert drawn.search(0.2, 50) > 0
    assert drawn.search(0) == 0


def test_a_decoder_that_breaks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a search that finds nothing says nothing."""

    def break_on_rows(text: str, token: str) -> object:
        raise KeyError(text + token)

    monkeypatch.setattr(target, "parse_frame", break_on_rows)
    with pytest.raises(KeyError):
        drawn.search(5, 50)
