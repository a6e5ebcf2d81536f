"""Lines run as on the appliance: the model lines of its language, errors, functions, other sessions in between."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.conftest import Bench

JSON = "[:serialize to=json options=json.no-string-conversion value=%s]"
REPORT = ':put [:serialize to=json options=json.no-string-conversion value=({"error"=[:tostr $xE]})];:put "=err T"'
ROW = JSON % "$xR"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._:/,=@+-")


def _guarded(body: str) -> str:
    return f":onerror xE in={{{body}}} do={{{REPORT}}}"


READ = _guarded(
    ':local xN 0;:foreach xS in={"pool1";"rds1-a"} do={:foreach xR in=[/disk/print detail as-value where slot=$xS] '
    f'do={{:put {ROW};:set xN ($xN + 1)}}}};:put ("=end T " . $xN)'
)
PAGE = _guarded(
    ':local xA [/disk/print detail as-value where comment~"^rds1:"];:local xN 0;:foreach xR in=[:pick $xA 1 50] '
    f'do={{:put {ROW};:set xN ($xN + 1)}};:put ("=end T " . $xN . " " . [:len $xA])'
)
CREATE = _guarded(
    ':if ([:len [/disk/find where slot="rds1-a"]] = 0) do={/disk/add type=file file-path="pool1/rds1-a.img" '
    r'file-size=1073741824 slot="rds1-a" comment="rds1:\7B\7D" mount-filesystem=no nvme-tcp-export=no};:local xN 0;'
    f':foreach xR in=[/disk/print detail as-value where slot="rds1-a"] do={{:put {ROW};:set xN ($xN + 1)}};'
    ':put ("=end T " . $xN)'
)
CHANGE = _guarded(
    r':local xI [/disk/find where slot="rds1-a" comment="rds1:\7B\7D"];:if ([:len $xI] != 1) do={:error "xstale"};'
    '/disk/set ($xI->0) comment="rds1:NEW" nvme-tcp-export=yes;'
    ':put ("=end T " . [:len [/disk/find where slot="rds1-a" comment="rds1:NEW"]])'
)
REMOVE = _guarded(
    ':local xI [/disk/find where slot="rds1-a" type="file" comment~"^rds1:"];:if ([:len $xI] != 1) '
    'do={:error "xnotours"};:local xP [:tostr [/disk/get ($xI->0) file-path]];/disk/remove ($xI->0);'
    ':if ([:pick $xP 0 1] = "/") do={:set xP [:pick $xP 1 [:len $xP]]};'
    ':local xF [/file/find where name=$xP type!="directory"];:if ([:len $xF] = 1) do={/file/remove ($xF->0)};'
    ':put ("=end T " . [:len [/file/find where name=$xP]])'
)
HELLO = _guarded(
    ":put "
    + JSON % '({"res"=[/system/resource/get];"name"=[/system/identity/get name];"safe"=[/safe-mode/get enabled]})'
    + ';:put "=end T 1"'
)


async def test_model_read(bench: Bench) -> None:
    """The pool first; a slot that is not there gives no line."""
    row, end = (await bench.run(READ)).splitlines()
    assert json.loads(row)["mounted"] is True
    assert end == "=end T 1"


async def test_model_page(bench: Bench) -> None:
    """A page of what there is, and the count of all."""
    for slot in ("a", "b", "c"):
        await bench.add_disk(slot, "1M", f'comment="rds1:{slot}"')
    *rows, end = (await bench.run(PAGE)).splitlines()
    assert [json.loads(row)["slot"] for row in rows] == ["b", "c"]
    assert end == "=end T 2 3"


async def test_model_create_twice(bench: Bench) -> None:
    """The second time finds what the first made."""
    first = await bench.run(CREATE)
    row, end = first.splitlines()
    assert json.loads(row) | {"comment": "rds1:{}", "size": 1 << 30, "slot": "rds1-a"} == json.loads(row)
    assert end == "=end T 1"
    assert await bench.run(CREATE) == first


async def test_model_change_once(bench: Bench) -> None:
    """Whoever comes second sees that the record is not the old one any more."""
    await bench.run(CREATE)
    assert await bench.run(CHANGE) == "=end T 1\n"
    assert await bench.run(CHANGE) == '{"error":"xstale (:error; line 1)"}\n=err T\n'


async def test_model_remove(bench: Bench) -> None:
    """Entry and file are gone, each by its own command."""
    await bench.run(CREATE)
    assert await bench.run(REMOVE) == "=end T 0\n"
    assert not await asyncio.to_thread((bench.root / "pools/pool1/rds1-a.img").exists)
    assert "xnotours" in await bench.run(REMOVE)


async def test_model_hello(bench: Bench) -> None:
    """What it is, in one reply."""
    hello, end = (await bench.run(HELLO)).splitlines()
    assert json.loads(hello)["res"]["version"] == "7.23.3 (stable)"
    assert json.loads(hello)["safe"] is False
    assert end == "=end T 1"


async def test_model_error_in_the_guard(bench: Bench) -> None:
    """A command that fails is reported in the frame, with the tail that names it."""
    line = _guarded('/disk/add type=file file-path="nowhere/a" file-size=1 slot="a"')
    report, end = (await bench.run(line)).splitlines()
    assert json.loads(report)["error"].endswith("(/disk/add; line 1)")
    assert end == "=err T"


@given(data=st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_bytes_survive_quoting(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Quoted byte by byte, put gives back just these bytes."""
    root = tmp_path_factory.mktemp("root")

    async def put() -> str:
        bench = await Bench(root).open()
        quoted = "".join(chr(byte) if byte in _PLAIN else f"\\{byte:02X}" for byte in data)
        written: list[str] = []
        await bench.console(written).run_line(f':put "{quoted}"')
        return "".join(written)

    assert asyncio.run(put()) == data.decode("latin-1") + "\r\n"


async def test_a_parse_error_lets_nothing_run(bench: Bench) -> None:
    """Nor can it be caught."""
    assert await bench.run(":put 1; :onerror e in={:put (} do={:put 2}") == "syntax error (line 1 column 30)\n"


async def test_a_run_time_error_stops_the_line(bench: Bench) -> None:
    """What ran stays done."""
    assert await bench.run(":put 1; :put (1 / 0); :put 2") == "1\ndivision by zero (:put; line 1)\n"
    assert await bench.run(":put 1; nope; :put 2") == "1\nbad command name nope (line 1 column 9)\n"


async def test_a_function_sees_no_outer_locals(bench: Bench) -> None:
    """Only its arguments, by place and by name; what it returns is its value."""
    line = ':local x 1;:local f do={:return ("$x" . $1 . $k)};:put [$f a k=b]'
    assert await bench.run(line) == "ab\n"
    assert await bench.run(":local f 1;$f") == "expected command name (/; line 1)\n"


async def test_live_code_in_text(bench: Bench) -> None:
    """Variables, expressions and commands; what is not declared is silently empty."""
    assert await bench.run(':local a 2;:put "x$y z$a $($a + 1) $[:len abc]"') == "x z2 3 3\n"


async def test_endless_recursion_ends(bench: Bench) -> None:
    """The server does not."""
    assert await bench.run(":global f do={:global f;$f};$f") == "failure: stack overflow\n"


async def test_sessions_interleave_between_commands(bench: Bench) -> None:
    """Check and set in one line do not exclude another's."""
    line = ':local xI [/disk/find where slot="a" comment="old"];/disk/set $xI comment=new;:put [:len $xI]'
    await bench.add_disk("a", "1M", "comment=old")
    assert list(await asyncio.gather(bench.run(line), bench.run(line))) == ["1\n", "1\n"]
