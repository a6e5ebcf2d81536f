"""What a scraper asked for, read from its request's headers (RFC 9110, section 12.5)."""

from collections.abc import Iterator
from dataclasses import dataclass

from rds_csi_async.observability.exposition import Format

_TEXT_VERSIONS = ("", "0.0.4")
_OPENMETRICS_VERSIONS = ("", "1.0.0")


@dataclass(frozen=True, slots=True)
class _Wish:
    name: str
    version: str
    weight: float


def decide_format(accept: str) -> Format:
    """Choose the format: OpenMetrics for whoever names it (1.0.0) and does not rather have text; else text.

    What cannot be read is passed over, and nothing is ever not acceptable: a scraper that gets text can say why not.
    """
    wishes = list(_parse_wishes(accept))
    named = [w.weight for w in wishes if _names_openmetrics(w)]
    if named and max(named) > 0 and max(named) >= _text_weight(wishes):
        return Format.OPENMETRICS
    return Format.TEXT


def decide_gzip(accept_encoding: str) -> bool:
    """Whether the body should be compressed."""
    weights = {wish.name: wish.weight for wish in _parse_wishes(accept_encoding)}
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _names_openmetrics(wish: _Wish) -> bool:
    return wish.name == "application/openmetrics-text" and wish.version in _OPENMETRICS_VERSIONS


def _text_weight(wishes: list[_Wish]) -> float:
    """Let the most specific range that covers text speak for it."""
    for name in ("text/plain", "text/*", "*/*"):
        weights = [w.weight for w in wishes if w.name == name and w.version in _TEXT_VERSIONS]
        if weights:
            return max(weights)
    return 0.0


def _parse_wishes(header: str) -> Iterator[_Wish]:
    for part in header.split(","):
        name, *pairs = (piece.strip().lower() for piece in part.split(";"))
        parted = (pair.partition("=") for pair in pairs)
        parameters = {key.strip(): value.strip().strip('"') for key, _, value in parted}
        if name:
            yield _Wish(name, parameters.get("version", ""), _parse_weight(parameters.get("q", "1")))


def _parse_weight(text: str) -> float:
    """Read a weight; what is no number from 0 to 1 wishes for nothing."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
