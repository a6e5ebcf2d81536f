"""Experiments on a scratch disk: whether its comment can carry a record, and how the disk is found again."""

import json
import re
from collections.abc import Mapping
from typing import Final

from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros.experiments import Experiment, Line, Trial, ask_value, judge, set_disk
from rds_csi_async.routeros.looking import EVERY_CHARACTER, differences
from rds_csi_async.routeros.scratch import SIZE_BYTES, Scratch
from rds_csi_async.routeros.syntax import render_row, render_rows, render_text

_COMMENT_LENGTHS: Final = (500, 1000, 4000)
_NEEDED_COMMENT: Final = 500
_ID: Final = re.compile(r"\*[0-9A-Fa-f]{1,16}")


def _try_comment_length(scratch: Scratch) -> Trial:
    longest, said = 0, ""
    for length in _COMMENT_LENGTHS:
        text = f"{scratch.comment:a<{length}}"
        answer = yield set_disk(scratch, f"write a comment of {length} bytes", f"comment={render_text(text)}")
        kept = answer.find_row("disk").get("comment")
        if kept != text:
            said = f"; of {length}: {answer.failure or f'{len(str(kept))} came back'}"
            break
        longest = length
    return Observation(longest >= _NEEDED_COMMENT, f"{longest} bytes were kept whole{said}")


def _try_comment_bytes(scratch: Scratch) -> Trial:
    answer = yield set_disk(scratch, "write every character into a comment", f"comment={render_text(EVERY_CHARACTER)}")
    kept = answer.find_row("disk").get("comment")
    yield set_disk(scratch, "write the comment anew", f"comment={render_text(scratch.comment)}")
    return judge(answer, held=kept == EVERY_CHARACTER, seen=differences(kept))


def _try_comment_match(scratch: Scratch) -> Trial:
    text = json.dumps({"o": scratch.comment, "p": '$x [y] "z" \\ é;{}'}, ensure_ascii=False)
    text = f"{text:~<{_NEEDED_COMMENT}}"
    slot = render_text(scratch.slot)
    counts = [
        render_row("value", f"[:len [/disk/find where slot={slot} comment={render_text(one)}]]")
        for one in (text, text[:-1], text[:-1] + "-", text.upper())
    ]
    answer = yield set_disk(scratch, "find a disk by its comment", f"comment={render_text(text)}", *counts)
    found = [str(value) for value in answer.list_all("value")]
    yield set_disk(scratch, "write the comment anew", f"comment={render_text(scratch.comment)}")
    return judge(answer, held=found == ["1", "0", "0", "0"], seen=f"the same text and three others found {found}")


def _try_comment_erased(scratch: Scratch) -> Trial:
    length = render_row("value", "[:len [/disk/get ($xI->0) comment]]")
    answer = yield set_disk(scratch, "erase a comment", 'comment=""', length)
    yield set_disk(scratch, "write the comment anew", f"comment={render_text(scratch.comment)}")
    return judge(answer, held=answer.find_number("value") == 0, seen=f"its length is {answer.find('value')}")


def _try_get_by_id(scratch: Scratch) -> Trial:
    asked = yield ask_value("show the disk's id", "$xI", *scratch.render_pick())
    ids = asked.find("value")
    if not isinstance(ids, list) or len(ids) != 1 or not _ID.fullmatch(str(ids[0])):
        return judge(asked, held=False, seen=f"its id came as {ids!r}")
    picked = f":local xG [/disk/get [:toid {render_text(ids[0])}]]"
    answer = yield ask_value("get the disk by its id", '({"slot"=($xG->"slot");"size"=($xG->"size")})', picked)
    row = answer.find_row("value")
    held = row.get("slot") == scratch.slot and str(row.get("size")) == str(SIZE_BYTES)
    return judge(answer, held=held, seen=f"{ids[0]} gave slot {row.get('slot')}, size {row.get('size')}")


def _try_id_kept(scratch: Scratch) -> Trial:
    before = yield ask_value("show the disk's id", "$xI", *scratch.render_pick())
    yield set_disk(scratch, "change the disk", f"comment={render_text(scratch.comment + ' again')}")
    after = yield ask_value("show the disk's id again", "$xI", *scratch.render_pick())
    held = before.ok and before.find("value") == after.find("value")
    return judge(after, held=held, seen=f"{before.find('value')} became {after.find('value')}")


def _try_patterns(scratch: Scratch) -> Trial:
    ours, none = render_text("^" + scratch.slot), render_text("^none-" + scratch.mark)
    counts = [
        render_row("value", f"[:len [/disk/find where ({one})]]")
        for one in (
            f"comment~{ours} or slot~{none}",
            f"comment~{none} or slot~{ours}",
            f"comment~{none} or slot~{none}",
        )
    ]
    answer = yield Line("find the disk by comment, and by slot", [*scratch.render_pick(), *counts])
    found = [str(value) for value in answer.list_all("value")]
    return judge(answer, held=found == ["1", "1", "0"], seen=f"comment, slot and neither found {found}")


def _try_proplist(scratch: Scratch) -> Trial:
    query = f"/disk/print detail as-value proplist=slot,size where slot={render_text(scratch.slot)}"
    answer = yield Line("show two properties", [*scratch.render_pick(), render_rows("disk", query)])
    names = set(answer.find_row("disk")) - {".id"}
    return judge(answer, held=names == {"slot", "size"}, seen=f"there came {', '.join(sorted(names))}")


RECORD_TRIES: Final[Mapping[str, Experiment]] = {
    "comment-length": _try_comment_length,
    "comment-bytes": _try_comment_bytes,
    "comment-match": _try_comment_match,
    "comment-erased": _try_comment_erased,
    "get-by-id": _try_get_by_id,
    "id-kept": _try_id_kept,
    "patterns": _try_patterns,
    "proplist": _try_proplist,
}
