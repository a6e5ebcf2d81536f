"""Events as the API has them (core/v1, Event). Pure."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from rds_csi_async.domain.events import Event, Kind, Sighting

NODE_EVENTS_NAMESPACE = "default"  # where the API keeps events of what has no namespace
_LONGEST_PREFIX = 200  # of an object's name, of 253 in all


def name_of(event: Event, sighting: Sighting, reporter: str) -> str:
    """Give the name of an event: the same as long as it is the same event, seen since the same moment."""
    told = "\0".join([reporter, str(event), sighting.first.isoformat()])
    return f"{event.subject.name[:_LONGEST_PREFIX]}.{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def namespace_of(event: Event) -> str:
    """Give the namespace in which the API keeps an event."""
    return event.subject.namespace or NODE_EVENTS_NAMESPACE


def render_event(event: Event, sighting: Sighting, reporter: str, component: str, subject_uid: str) -> dict[str, Any]:
    """Make the object to post. `kubectl describe` finds events of a claim by its UID, of a node by its name as UID."""
    subject = event.subject
    about: dict[str, Any] = {"apiVersion": "v1", "kind": str(subject.kind), "name": subject.name, "uid": subject_uid}
    if subject.kind is Kind.CLAIM:
        about["namespace"] = subject.namespace
    return {
        "metadata": {"name": name_of(event, sighting, reporter), "namespace": namespace_of(event)},
        "involvedObject": about,
        "reason": str(event.reason),
        "message": event.note,
        "type": "Warning" if event.reason.is_warning else "Normal",
        "source": {"component": component, "host": reporter},
        "firstTimestamp": _stamp(sighting.first),
        **render_recurrence(sighting),
    }


def render_recurrence(sighting: Sighting) -> dict[str, Any]:
    """Make the part that changes when an event is seen again."""
    return {"count": sighting.count, "lastTimestamp": _stamp(sighting.last)}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
