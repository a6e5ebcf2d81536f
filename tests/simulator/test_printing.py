"""What a person sees has the form that hardware prints."""

from tests.simulator.conftest import Bench

DETAIL = """\
Flags: B - BLOCK-DEVICE; t - NVME-TCP-EXPORT
 0 Bt type=file slot="a" slot-default="" parent="" fs=- model="/pool1/a.img" size=1 073 741 824 mount-filesystem=no \
mount-read-only=no compress=no sector-size=512 raid-master=none nvme-tcp-export=yes nvme-tcp-server-port=4420 \
nvme-tcp-server-nqn="nqn.a" nvme-tcp-server-allow-host-name="" iscsi-export=no nfs-sharing=no smb-sharing=no \
media-sharing=no media-interface=none swap=no file-path=/pool1/a.img file-size=1024.0MiB file-offset=0

"""
ADD = "mount-filesystem=no nvme-tcp-export=yes nvme-tcp-server-nqn=nqn.a"


async def test_detail(bench: Bench) -> None:
    """One line an entry where there is no terminal, a blank line after it."""
    await bench.add_disk("a", "1G", ADD)
    assert await bench.run("/disk print detail where slot=a") == DETAIL


async def test_detail_at_a_terminal_is_wrapped(bench: Bench) -> None:
    """At its width, between fields, indented to where the fields start; unwrapped it is the same."""
    await bench.add_disk("a", "1G", ADD)
    shown = await bench.run("/disk print detail where slot=a", width=80)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line.startswith(" " * 6) for line in lines[2:-1])
    assert " ".join(shown.split()) == " ".join(DETAIL.split())


async def test_the_header_comes_without_rows_too(bench: Bench) -> None:
    """So an empty output means something else."""
    assert (await bench.run("/disk print detail where slot=nobody")).startswith(
        "Flags: B - BLOCK-DEVICE; M - MOUNTED; "
    )


async def test_a_comment_stands_before_the_fields(bench: Bench) -> None:
    """On a line of its own."""
    await bench.add_disk("a", "1G", 'comment="a note"')
    lines = (await bench.run("/disk print detail where slot=a")).splitlines()
    assert lines[1] == " 0 B ;;; a note"
    assert lines[2].startswith('     type=file slot="a"')


async def test_flags_have_a_column_each(bench: Bench) -> None:
    """In the order of the legend."""
    await bench.add_disk("a", "1G", "nvme-tcp-export=yes")
    lines = (await bench.run("/disk print detail")).splitlines()
    assert lines[0] == "Flags: B - BLOCK-DEVICE; M - MOUNTED; t - NVME-TCP-EXPORT"
    assert [line[:7] for line in lines if "type=" in line] == [" 0 BM  ", " 1 BM  ", " 2 B t "]


async def test_a_table(bench: Bench) -> None:
    """Only columns that some row has; numbers to the right."""
    await bench.add_disk("a", "1G")
    assert await bench.run("/disk print where slot=a or slot=pool1") == (
        "Flags: B - BLOCK-DEVICE; M - MOUNTED\n"
        "Columns: SLOT, MODEL, SIZE, FREE, FS\n"
        "#     SLOT   MODEL                    SIZE           FREE  FS\n"
        "0 BM  pool1  RAID0 striped  10 737 418 240  9 663 676 416  btrfs\n"
        "1 B   a      /pool1/a.img    1 073 741 824                 -\n"
    )


async def test_a_table_is_cut_at_the_terminals_edge(bench: Bench) -> None:
    """And shows what was asked for."""
    shown = (await bench.run("/disk print proplist=slot,fs", width=12)).splitlines()
    assert shown[1:] == ["Columns: SLOT, FS", "#     SLOT  ", "0 BM  pool1 ", "1 BM  raid10"]


async def test_a_singleton(bench: Bench) -> None:
    """Names to the right, values after a colon."""
    lines = (await bench.run("/system resource print")).splitlines()
    assert lines[1] == "            version: 7.23.3 (stable)"
    assert "       total-memory: 32.0GiB" in lines
