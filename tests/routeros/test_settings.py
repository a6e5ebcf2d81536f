"""An appliance's settings."""

from tests.routeros.examples import SETTINGS


def test_messages_name_host_and_port() -> None:
    """By one name everywhere."""
    assert SETTINGS.address == "rds.example:22"
