"""Each quirk is one, and does what its name says; that a probe finds each is proven where the probe is."""

import pytest

from rds_csi_async.simulator.quirk_list import QUIRKS, make_quirk
from rds_csi_async.simulator.quirks import NO_QUIRK


@pytest.mark.parametrize("name", QUIRKS)
def test_each_is_different(name: str) -> None:
    """And made anew each time: some remember what they did."""
    assert make_quirk(name) != NO_QUIRK
    assert make_quirk(name) is not make_quirk(name)


@pytest.mark.parametrize(
    ("name", "line", "read"),
    [
        ("stops", ':if (x) do={:error "a"}', ':if (x) do={:put "a"}'),
        ("error-words", ':error "a"', ':error ("script: " . "a")'),
        ("parser", ':put "a";:put ("b"', ':put "a"'),
        ("parser", ':put "a";:put ("b")', ':put "a";:put ("b")'),
        ("slices", "[:pick $xA 0 $xZ]", "[:pick $xA 0 ($xZ + 1)]"),
        ("guard", '[/disk/find where slot="a" mounted]', '[/disk/find where slot="a" is-mounted]'),
        ("comment-match", '/disk/find where slot="a" comment="b"', '/disk/find where slot="a"'),
    ],
)
def test_lines_are_read_otherwise(name: str, line: str, read: str) -> None:
    """Only where the quirk is."""
    assert make_quirk(name).line(line) == read


def test_replies_come_otherwise() -> None:
    """Cut into pieces, or cut off."""
    assert make_quirk("long-row").reply("a" * 5000) == "a" * 4096 + "\r\n" + "a" * 904
    assert make_quirk("long-row").reply("a\r\nb\r\n") == "a\r\nb\r\n"
    assert len(make_quirk("long-reply").reply("a" * 100_000)) == 30_000


def test_an_unknown_name_is_none() -> None:
    """It is an error of whoever asks."""
    with pytest.raises(KeyError):
        make_quirk("nonsense")
