"""Label values, bounded: whatever is recorded, a family never outgrows what a scrape can carry. Pure."""

import itertools
from collections.abc import Iterable, Iterator, Mapping

OTHER = "other"
VALUES_LIMIT = 64
LENGTH_LIMIT = 128


class Labels:
    """The labels of one family: the values known beforehand, and up to `VALUES_LIMIT` a label in all.

    What comes after the limit is counted as `other`; so is nothing that was known beforehand.
    """

    def __init__(self, known: Mapping[str, Iterable[str]]) -> None:
        self._named: dict[tuple[str, ...], dict[str, str]] = {}
        self._admitted = {label: {value: _clean(value) for value in values} for label, values in known.items()}

    def list_known(self) -> Iterator[dict[str, str]]:
        """Every combination of the values there are so far."""
        for values in itertools.product(*(admitted.values() for admitted in self._admitted.values())):
            yield dict(zip(self._admitted, values, strict=True))

    def admit(self, values: tuple[str, ...]) -> dict[str, str]:
        """Name the values, which come in the order of the labels; a new one is taken in while there is room.

        What was admitted once is remembered, which bounds what is remembered. Nobody may change what is given.
        """
        named = self._named.get(values)
        if named is None:
            named = self._take_in_all(values)
            if OTHER not in named.values():
                self._named[values] = named
        return named

    def _take_in_all(self, values: tuple[str, ...]) -> dict[str, str]:
        return {
            label: admitted[value] if value in admitted else _take_in(admitted, value)
            for (label, admitted), value in zip(self._admitted.items(), values, strict=True)
        }

    def name(self, values: tuple[str, ...]) -> dict[str, str]:
        """Name the values without taking them in: for series that go again, and whose number the caller bounds."""
        return {label: _clean(value) for label, value in zip(self._admitted, values, strict=True)}


def _take_in(admitted: dict[str, str], value: str) -> str:
    if len(admitted) >= VALUES_LIMIT:
        return OTHER
    admitted[value] = _clean(value)
    return admitted[value]


def _clean(value: str) -> str:
    """Shorten, and replace what UTF-8 cannot say (lone surrogates, from file names)."""
    return value[:LENGTH_LIMIT].encode(errors="replace").decode()
