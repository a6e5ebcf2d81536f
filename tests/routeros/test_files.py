"""Files and subvolumes are made if absent, and removed only where no disk uses them."""

from rds_csi_async.routeros import files
from tests.routeros.examples import BTRFS, EXT4, SLOT


def test_each_file_system_gets_its_own_kind_of_place() -> None:
    """A subvolume, or a folder; only if it is not there."""
    assert files.render_ensure_room(BTRFS, SLOT) == (
        f':if ([:len [/disk/btrfs/subvolume/find where fs="label1" name="{SLOT}"]] = 0)'
        f' do={{/disk/btrfs/subvolume/add fs="label1" name="{SLOT}"}}'
    )
    assert files.render_ensure_room(EXT4, SLOT) == (
        ':if ([:len [/file/find where name="pool2/images"]] = 0) do='
        '{:do {/file/add name="pool2/images" type=directory} on-error={}}'
    )


def test_a_file_is_looked_up_before_its_users_are_and_then_removed() -> None:
    """With and without a leading slash, and never a folder: what comes in between, with its disk, is not removed."""
    found, check, removal = files.render_remove_file("/pool2/a.img").split(";")  # the check runs once a file is found
    assert found == ':local xF [/file/find where name="pool2/a.img" type!="directory"]'
    assert 'file-path="/pool2/a.img"]' in check
    assert 'file-path="pool2/a.img"]' in check
    assert check.startswith(":foreach xK in=$xF do={:if (")
    assert check.endswith('!= 0) do={:error "xshared pool2/a.img"}')
    assert removal == "/file/remove $xK}"


def test_the_only_user_is_exactly_one() -> None:
    """Two disks over one file are not touched."""
    assert files.render_ensure_only_user("/pool2/a.img").endswith('!= 1) do={:error "xshared pool2/a.img"}')


def test_only_btrfs_has_places_to_remove() -> None:
    """A folder of all images stays."""
    assert files.render_remove_place(EXT4, SLOT) == files.render_count_place(EXT4, SLOT) == []
    assert len(files.render_remove_place(BTRFS, SLOT)) == len(files.render_count_place(BTRFS, SLOT)) == 1


def test_a_place_is_removed_right_after_no_disk_was_seen_to_use_it() -> None:
    """Its users are looked up once it was found: whoever makes the volume anew meanwhile keeps what it lies in."""
    check, removal = files.render_remove_place(BTRFS, SLOT)[0].split(";")
    assert check.startswith(":foreach xK in=[/disk/btrfs/subvolume/find where ")
    assert f'file-path="/{BTRFS.file_name(SLOT)}"]' in check
    assert check.endswith(f'!= 0) do={{:error "xshared {BTRFS.file_name(SLOT)}"}}')
    assert removal == "/disk/btrfs/subvolume/remove $xK}"


def test_what_is_left_is_counted_by_its_name() -> None:
    """Without the leading slash, as `/file` lists it."""
    assert files.render_count_file("/pool2/a.img") == ':set xL ($xL + [:len [/file/find where name="pool2/a.img"]])'
