"""Experiments that change nothing: what the appliance is, and whether its language is the one that we write."""

from collections.abc import Mapping
from typing import Final

from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.domain.vitals import FIGURES
from rds_csi_async.routeros.experiments import Answer, Line, Look, Trial, ask_value, judge
from rds_csi_async.routeros.pools import parse_pools, render_guard, render_pools
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import LONGEST_LINE, render_row, render_text
from rds_csi_async.routeros.versions import ensure_supported, parse_version, render_version
from rds_csi_async.routeros.vitals import parse_sensors, parse_traffic, render_sensors, render_traffic

EVERY_CHARACTER: Final = "".join(map(chr, range(1, 256))) + "€𝄞"
_TOKEN: Final = "version-asked"  # noqa: S105 - it ends a line, and opens nothing
_SPARE_SESSIONS: Final = 2
_ROW_LENGTH: Final = 12_288
_REPLY_ROWS: Final = 64
_LENGTHS: Final = (LONGEST_LINE, 2 * LONGEST_LINE, 4 * LONGEST_LINE)
_DOUBLED: Final = ":set xP ($xP . $xP)"
_EIGHT: Final = "{1;2;3;4;5;6;7;8}"


def _try_version(_settings: ApplianceSettings) -> Trial:
    answer = yield Line("tell the version", [render_version(_TOKEN)], bare=True)
    try:
        version = parse_version(answer.text, _TOKEN)
        ensure_supported(version)
    except DriverError as error:
        return Observation(held=False, seen=str(error))
    return Observation(held=True, seen=version)


def _try_package(_settings: ApplianceSettings) -> Trial:
    answer = yield ask_value("count the package", '[:len [/system/package/find where name="rose-storage"]]')
    count = answer.find_number("value")
    return judge(answer, held=count == 1, seen=f"it is there {count} times")


def _try_pools(settings: ApplianceSettings) -> Trial:
    answer = yield Line("show the pools", render_pools(settings.pools))
    try:
        rows = [row for row in answer.list_all("pool") if isinstance(row, dict)]
        pools = parse_pools(rows, settings.pools).ensure_all()
    except DriverError as error:
        return judge(answer, held=False, seen=str(error))
    seen = "; ".join(
        f"{one.pool.name}: {one.pool.fs}, {one.pool.free_bytes} of {one.pool.size_bytes} bytes" for one in pools
    )
    return judge(answer, held=answer.ok, seen=seen)


def _try_guard(settings: ApplianceSettings) -> Trial:
    shown = yield Line("show the pools", render_pools(settings.pools))
    try:
        rows = [row for row in shown.list_all("pool") if isinstance(row, dict)]
        pools = parse_pools(rows, settings.pools).ensure_all()
    except DriverError as error:
        return Observation(held=None, seen=str(error))
    slots = [render_text(pool.slot) for pool in settings.pools]
    wrong = " + ".join(f"[:len [/disk/find where slot={slot} !mounted]]" for slot in slots)
    answer = yield ask_value(
        "find the pools that are mounted, and those that are not", f"({wrong})", *render_guard(pools)
    )
    return judge(
        answer, held=answer.find_number("value") == 0, seen=f"{answer.find('value')} pools are found by !mounted"
    )


def _try_compared(settings: ApplianceSettings) -> Trial:
    disk = f"[/disk/find where slot={render_text(settings.pools[0].slot)}]"
    rows = [render_row("value", expression) for expression in ("($xV < 0)", "($xV > 0)")]
    answer = yield Line("compare what is free", [f":local xV [/disk/get ({disk}->0) free]", *rows])
    said = [str(value).lower() for value in answer.list_all("value")]
    return judge(answer, held=said == ["false", "true"], seen=f"less than 0 is {said[:1]}, more than 0 is {said[1:]}")


def _try_safe_mode(_settings: ApplianceSettings) -> Trial:
    answer = yield ask_value("ask for safe mode", "[/safe-mode/get enabled]")
    value = answer.find("value")
    held = value in {True, False, "true", "false", "yes", "no"}
    return judge(answer, held=held, seen=f"enabled is {value}")


def _try_max_sessions(settings: ApplianceSettings) -> Trial:
    row = render_row("value", "[/ip/service/get $xI max-sessions]")
    answer = yield Line(
        "ask how many sessions SSH takes", [f':foreach xI in=[/ip/service/find where name="ssh"] do={{{row}}}']
    )
    most = max(
        (int(one) for one in answer.list_all("value") if isinstance(one, int | str) and str(one).isdigit()), default=0
    )
    held = most >= settings.limits.channels + _SPARE_SESSIONS
    return judge(answer, held=held, seen=f"it takes {most}, the driver uses up to {settings.limits.channels}")


def _try_frame(_settings: ApplianceSettings) -> Trial:
    answer = yield Line("raise an error inside the frame", [':error "xprobe"'])
    return Observation("xprobe" in answer.failure, answer.said)


def _try_error_words(_settings: ApplianceSettings) -> Trial:
    answer = yield Line("read the words of an error of our own", [':error "xprobe words"'])
    return Observation(answer.failure.startswith("xprobe words"), answer.said)


def _try_stops(_settings: ApplianceSettings) -> Trial:
    sure = ':if ([:len "x"] = 1) do={:error "xstop"}'
    answer = yield Line("stop in the middle", [render_row("before", "1"), sure, render_row("after", "1")])
    ran = [word for word in ("before", "after") if f'"{word}"' in answer.text]
    return Observation(bool(answer.failure) and ran == ["before"], f"what ran: {', '.join(ran)}; {answer.failure}")


def _try_parser(_settings: ApplianceSettings) -> Trial:
    answer = yield Line("send what the parser has to refuse", [':put "xran";:put ("x"'], bare=True)
    return Observation("xran" not in answer.text and bool(answer.text.strip()), answer.said)


def _try_quoting(_settings: ApplianceSettings) -> Trial:
    answer = yield ask_value("send every character there and back", render_text(EVERY_CHARACTER))
    return judge(answer, held=answer.find("value") == EVERY_CHARACTER, seen=differences(answer.find("value")))


def differences(value: object) -> str:
    """Say which of `EVERY_CHARACTER` did not come back."""
    if not isinstance(value, str):
        return f"what came back is no text: {value!r}"[: _ROW_LENGTH // 100]
    lost = [f"U+{ord(one):04X}" for one in EVERY_CHARACTER if one not in value]
    if lost:
        return f"lost: {', '.join(lost[:10])}{' …' if len(lost) > 10 else ''}"  # noqa: PLR2004 - as many as can be read
    return f"all {len(EVERY_CHARACTER)} came back" + ("" if value == EVERY_CHARACTER else ", and more besides")


def _try_numbers_as_text(_settings: ApplianceSettings) -> Trial:
    answer = yield ask_value("send digits as text", '"0123"')
    return judge(answer, held=answer.find("value") == "0123", seen=f'"0123" came as {answer.find("value")!r}')


def _try_absent(_settings: ApplianceSettings) -> Trial:
    answer = yield ask_value("read what is not there", '($xG->"gone")', ':local xG ({"here"="x"})')
    is_null = answer.ok and answer.rows != () and answer.find("value") in (None, "", [])
    return judge(answer, held=is_null, seen=f"it came as {answer.find('value')!r}")


def _try_slices(_settings: ApplianceSettings) -> Trial:
    rows = f":foreach xI in=$xP do={{{render_row('value', '$xI')}}}"
    answer = yield Line("take a slice", [':local xA {"*1";"*2";"*3";"*4"}', ":local xP [:pick $xA 1 3]", rows])
    return judge(answer, held=answer.list_all("value") == ["*2", "*3"], seen=f"{answer.list_all('value')} came")


def _try_long_line(_settings: ApplianceSettings) -> Trial:
    longest, said = 0, ""
    for length in _LENGTHS:
        head, tail = ':local xP "', '";:put ("=length " . [:len $xP])'
        filling = length - len(head) - len(tail)
        answer = yield Line(
            f"send a line of {length} characters", [f"{head}{'a' * filling}{tail}"], bare=True, daring=True
        )
        if f"=length {filling}" not in answer.text:
            said = f"; of {length}: {answer.said}"
            break
        longest = length
    return Observation(longest >= LONGEST_LINE, f"the longest that ran had {longest} characters{said}")


def _try_long_row(_settings: ApplianceSettings) -> Trial:
    answer = yield ask_value("print a long row", "$xP", ':local xP "aaaaaaaaaaaa"', *[_DOUBLED] * 10)
    value = answer.find("value")
    return judge(answer, held=value == "a" * _ROW_LENGTH, seen=f"{len(str(value))} characters came on one line")


def _try_long_reply(_settings: ApplianceSettings) -> Trial:
    row = render_row("value", "$xP")
    loop = f":foreach xI in={_EIGHT} do={{:foreach xJ in={_EIGHT} do={{{row}}}}}"
    answer = yield Line("print a long reply", [':local xP "aaaa"', *[_DOUBLED] * 8, loop], daring=True)
    held = answer.ok and len(answer.rows) == _REPLY_ROWS
    return Observation(held, f"{len(answer.text)} bytes came{'' if held else ': ' + _end_of(answer)}")


def _try_traffic(settings: ApplianceSettings) -> Trial:
    answer = yield Line("show the traffic of the pools' disks", render_traffic(settings.pools))
    told = parse_traffic(answer.text)
    unread = [figure.name for figure in FIGURES if any(figure.name not in each for each in told.values())]
    seen = f"of {len(told)} disks {len(FIGURES) - len(unread)} figures came" + f", not {', '.join(unread)}" * bool(
        unread
    )
    return judge(answer, held=answer.ok and bool(told) and not unread, seen=seen)


def _try_sensors(_settings: ApplianceSettings) -> Trial:
    answer = yield Line("show the sensors", [render_sensors()])
    rows = [row for row in answer.list_all("sensor") if isinstance(row, dict)]
    sensors = list(parse_sensors(rows))
    seen = f"of {len(rows)} sensors {len(sensors)} can be read"
    return judge(answer, held=answer.ok and bool(sensors) and len(sensors) == len(rows), seen=seen)


def _end_of(answer: Answer) -> str:
    return answer.failure or f"they end with {answer.text[-40:]!r}"


LOOKS: Final[Mapping[str, Look]] = {
    "version": _try_version,
    "package": _try_package,
    "pools": _try_pools,
    "guard": _try_guard,
    "compared": _try_compared,
    "safe-mode": _try_safe_mode,
    "max-sessions": _try_max_sessions,
    "frame": _try_frame,
    "error-words": _try_error_words,
    "stops": _try_stops,
    "parser": _try_parser,
    "quoting": _try_quoting,
    "numbers-as-text": _try_numbers_as_text,
    "absent": _try_absent,
    "slices": _try_slices,
    "long-line": _try_long_line,
    "long-row": _try_long_row,
    "long-reply": _try_long_reply,
    "traffic": _try_traffic,
    "sensors": _try_sensors,
}
