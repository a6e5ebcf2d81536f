"""Changes that bytes alone would hardly hit upon: a value of a row becomes another one, a row goes or comes twice."""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 1.5, 1e400, float("nan"), 2**63, 2**63 - 1, 65536, "", " ", "0", "-1", "yes", "no",
    "1.5", "9" * 30, "9" * 5000, "٣", "²", "file", "pool1", "/pool1", "*1F", "*1f;/disk/remove",
    "rds1:", 'rds1:{"g":1}', "rds1:{}", 'rds1:{"v":99}', "\0", "\ud7ff", "=end 1  TOKEN", [], {},
    [None], [[]], ["*1F"], ["*1F", "*1F"], {"a": {}},
)  # fmt: skip


def mutate(case: bytes, seed: int) -> bytes | None:
    """Change one thing in the rows of a case; None when there is no row to change."""
    chance = random.Random(seed)  # noqa: S311 - it has to be the same again
    lines = case[1:].decode(errors="replace").split("\n")
    places = [place for place, line in enumerate(lines) if line.startswith("{")]
    if not places:
        return None
    place = chance.choice(places)
    what = chance.randrange(8)
    if what == 0:
        del lines[place]
    elif what == 1:
        lines.insert(place, lines[place])
    elif what == 2:
        lines.insert(place, chance.choice(["", "nov/24 disk,info {", "=end 1  TOKEN", "{}", "[]"]))
    else:
        changed = _change_value(lines[place], chance)
        if changed is None:
            return None
        lines[place] = changed
    return case[:1] + "\n".join(lines).encode(errors="replace")


def _change_value(line: str, chance: random.Random) -> str | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    spots = list(_spots_of(row))
    if not spots:
        return None
    holder, key = chance.choice(spots)
    if chance.randrange(6) == 0:
        del holder[key]
    else:
        holder[key] = chance.choice(VALUES)
    return json.dumps(row)


def _spots_of(value: Any) -> Iterator[tuple[Any, Any]]:
    """Go through every place in a value that holds another one."""
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, inner in pairs:
        yield value, key
        yield from _spots_of(inner)
