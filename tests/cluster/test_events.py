"""Events as the API has them."""

from datetime import UTC, datetime, timedelta, timezone

from rds_csi_async.cluster.events import name_of, namespace_of, render_event, render_recurrence
from rds_csi_async.domain.events import Event, Kind, Reason, Sighting, Subject

FIRST = datetime(2026, 11, 24, 12, tzinfo=UTC)
SIGHTING = Sighting(FIRST, FIRST.astimezone(timezone(timedelta(hours=1))) + timedelta(minutes=1), 2)
CLAIMED = Event(Subject(Kind.CLAIM, "photos", "home"), Reason.MOUNT_FAILURE, "it is not blank")
NODE = Event(Subject(Kind.NODE, "n1"), Reason.STORAGE_READY, "all is there")


def test_an_event_of_a_claim() -> None:
    """It lies in the claim's namespace, and bears the claim's UID; times are UTC."""
    made = render_event(CLAIMED, SIGHTING, "n1", "rds", "some-uid")
    assert made["metadata"]["namespace"] == "home"
    about = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "photos", "uid": "some-uid"}
    assert made["involvedObject"] == {**about, "namespace": "home"}
    assert (made["type"], made["reason"], made["message"]) == ("Warning", "MountFailure", "it is not blank")
    assert made["source"] == {"component": "rds", "host": "n1"}
    times = (made["firstTimestamp"], made["lastTimestamp"], made["count"])
    assert times == ("2026-11-24T12:00:00Z", "2026-11-24T12:01:00Z", 2)


def test_an_event_of_a_node() -> None:
    """It has no namespace of its own, and is kept in the default one."""
    made = render_event(NODE, SIGHTING, "n1", "rds", "n1")
    assert made["involvedObject"] == {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "n1"}
    assert (made["metadata"]["namespace"], made["type"], namespace_of(NODE)) == ("default", "Normal", "default")


def test_the_name_is_the_events_own() -> None:
    """The same for the same event since the same moment by the same reporter; another for anything else."""
    name = name_of(CLAIMED, SIGHTING, "n1")
    assert name == name_of(CLAIMED, SIGHTING.again(FIRST), "n1")
    others = {
        name_of(CLAIMED, SIGHTING, "n2"),
        name_of(NODE, SIGHTING, "n1"),
        name_of(CLAIMED, Sighting(FIRST + timedelta(seconds=1), FIRST, 2), "n1"),
    }
    assert len({name, *others}) == 4
    assert len(name_of(Event(Subject(Kind.CLAIM, "x" * 253, "home"), Reason.MOUNT_FAILURE, ""), SIGHTING, "n1")) < 253


def test_a_recurrence_changes_only_what_recurs() -> None:
    """The rest stays as it was posted."""
    assert render_recurrence(SIGHTING) == {"count": 2, "lastTimestamp": "2026-11-24T12:01:00Z"}
