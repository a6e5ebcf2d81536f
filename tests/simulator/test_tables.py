"""All menus are there, and what they hold survives a restart."""

from tests.simulator.conftest import Bench


async def test_a_restart_keeps_everything(bench: Bench) -> None:
    """Entries with their ids and comments, pools, subvolumes, files, the name."""
    await bench.add_disk("a", "1M", 'comment="caf\\C3\\A9" nvme-tcp-export=yes')
    await bench.run(
        "/disk/btrfs/subvolume/add fs=pool1 name=v; /system/identity/set name=box; /disk/set pool1 comment=p"
    )
    shown = "/disk/print detail; /file/print; /disk/btrfs/subvolume/print; /system/identity/print"
    before = await bench.run(shown + "; :put [/disk/find]")
    again = await Bench(bench.root).open()
    assert await again.run(shown + "; :put [/disk/find]") == before
    assert await again.value("[/disk/add type=file file-path=pool1/b file-size=1]") == "*5"


async def test_safe_mode_is_told(bench: Bench) -> None:
    """While someone holds it."""
    assert await bench.value("[/safe-mode/get enabled]") == "false"
    bench.faults.safe_mode_held = True
    assert await bench.value("[/safe-mode/get enabled]") == "true"
