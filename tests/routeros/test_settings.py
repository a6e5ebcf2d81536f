"""An appliance's settings."""

from dataclasses import replace

from rds_csi_async.routeros.settings import Limits
from tests.routeros.examples import SETTINGS


def test_messages_name_host_and_port() -> None:
    """By one name everywhere."""
    assert SETTINGS.address == "rds.example:22"


def test_a_volume_keeps_to_one_of_the_ports() -> None:
    """Always the same one, and not all to one; with one there is no choice."""
    slots = [f"rds1-aaaaaa-{number:020}" for number in range(200)]
    several = replace(SETTINGS, nvme_port=4420, nvme_port_count=8)
    assert {several.nvme_port_of(slot) for slot in slots} == set(range(4420, 4428))
    assert several.nvme_port_of(slots[0]) == several.nvme_port_of(slots[0])
    assert {SETTINGS.nvme_port_of(slot) for slot in slots} == {SETTINGS.nvme_port}


def test_a_silent_link_is_given_up_before_a_caller_is() -> None:
    """external-provisioner and kubelet wait a minute or more; by then a half-open link has been given up."""
    assert SETTINGS.lost_after_s + Limits().wait_timeout_s < 60


def test_some_channels_are_for_all_and_some_for_what_is_urgent() -> None:
    """None is not a number of channels that anybody could work with."""
    assert 0 < Limits().urgent_channels < Limits().channels


def test_the_longest_reply_has_room_for_a_page_and_not_for_a_flood() -> None:
    """A page is up to 64 kB; a megabyte of rows is read in a fraction of a second, during which nothing else runs."""
    assert 2 * 64_000 <= Limits().reply_bytes <= 1 << 20
