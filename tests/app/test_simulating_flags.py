"""Flags become options, and offer what the simulator has."""

import argparse
from pathlib import Path

import pytest

from rds_csi_async.app.simulating import SimulateOptions
from rds_csi_async.app.simulating_flags import add_control_flags, add_flags, read_flags
from rds_csi_async.simulator.scheduling import Scheduling
from rds_csi_async.simulator.timing import PROFILES


def _parse(*words: str) -> SimulateOptions:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return read_flags(parser.parse_args(["--root", "/r", *words]))


def test_defaults_are_those_of_the_options() -> None:
    """But for the port: a person wants to know it beforehand."""
    assert _parse() == SimulateOptions(Path("/r"), port=2222)


def test_flags_reach_the_options() -> None:
    """Each of them."""
    more = "--max-slot 40 --print-width 80 --routeros 7.21 --quirk grow"
    words = "--pool a=xfs:1G --pool b=xfs:1G --seed 7 --max-sessions 3 --max-channels 4 --port 0 --fault x --fault y"
    assert _parse(*words.split(), *more.split()) == SimulateOptions(
        Path("/r"),
        pools=("a=xfs:1G", "b=xfs:1G"),
        seed=7,
        most_sessions=3,
        most_channels=4,
        faults=("x", "y"),
        most_slot_characters=40,
        print_width=80,
        version="7.21",
        quirk="grow",
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("scheduling", Scheduling)
def test_every_profile_and_scheduling_is_offered(profile: str, scheduling: Scheduling) -> None:
    """By its name."""
    options = _parse("--profile", profile, "--scheduling", scheduling.value)
    assert (options.profile, options.scheduling) == (profile, scheduling.value)


def test_what_is_asked_follows_in_words() -> None:
    """As many as there are."""
    parser = argparse.ArgumentParser()
    add_control_flags(parser)
    given = parser.parse_args(["--root", "/r", "fault", "hang", "times=2"])
    assert (given.root, given.words) == (Path("/r"), ["fault", "hang", "times=2"])
