"""What events say, and about whom."""

from datetime import UTC, datetime, timedelta

import pytest

from rds_csi_async.domain.events import LONGEST_NOTE, Event, Kind, Reason, Sighting, Subject, claim_or_node, shortened

MOMENT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("claim", "subject"),
    [
        ("home/photos", Subject(Kind.CLAIM, "photos", "home")),
        ("", Subject(Kind.NODE, "n1")),
        ("photos", Subject(Kind.NODE, "n1")),
        ("/photos", Subject(Kind.NODE, "n1")),
        ("home/", Subject(Kind.NODE, "n1")),
    ],
)
def test_a_volume_without_a_claim_is_its_nodes_affair(claim: str, subject: Subject) -> None:
    """Half a name is none."""
    assert claim_or_node(claim, "n1") == subject


def test_an_event_reads_as_a_sentence() -> None:
    """Whoever reads the log knows the object, the reason and the rest."""
    event = Event(Subject(Kind.CLAIM, "photos", "home"), Reason.MOUNT_FAILURE, "it is not blank")
    assert str(event) == "PersistentVolumeClaim home/photos: MountFailure: it is not blank"
    assert str(Subject(Kind.NODE, "n1")) == "Node n1"


def test_only_good_news_is_no_warning() -> None:
    """A reason that nobody thought about is a warning."""
    assert [reason for reason in Reason if not reason.is_warning] == [
        Reason.CONNECTION_RECOVERY,
        Reason.ORPHAN_CLEANED,
        Reason.STORAGE_READY,
    ]


def test_notes_fit() -> None:
    """The API refuses longer ones, and what cannot be printed helps nobody."""
    assert shortened("a\x1b[31mb\nc") == "a [31mb c"
    assert len(shortened("x" * 5000)) == LONGEST_NOTE
    assert shortened("x" * LONGEST_NOTE) == "x" * LONGEST_NOTE


def test_a_sighting_counts() -> None:
    """First and last stay apart."""
    later = MOMENT + timedelta(hours=1)
    assert Sighting(MOMENT, MOMENT, 1).again(later) == Sighting(MOMENT, later, 2)
