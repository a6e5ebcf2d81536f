"""What the appliance says of itself."""

import pytest

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.system_menus import safe_mode_menu
from rds_csi_async.simulator.values import ItemId
from tests.simulator.conftest import Bench


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("[/system/resource/get version]", "7.23.3 (stable)"),
        ("[:typeof [/system/resource/get uptime]]", "time"),
        ("[/system/identity/get name]", "MikroTik-RDS"),
        ("[/system/package/get [find name=rose-storage] version]", "7.23.3"),
        ('([/system/resource/get]->"cpu-count")', "16"),
        ("[/system/resource/get nope]", "input does not match any value of value-name (/system/resource/get; line 1)"),
        ("[/safe-mode print as-value]", "enabled=false"),
    ],
)
async def test_values(bench: Bench, expression: str, text: str) -> None:
    """Singletons have no item to name."""
    assert await bench.value(expression) == text


async def test_the_identity_can_be_changed(bench: Bench) -> None:
    """And printed."""
    assert await bench.run("/system/identity/set name=box; /system identity print") == "  name: box\n"


async def test_the_rest_cannot() -> None:
    """The parser knows no verb for it, and the menu refuses it besides."""
    menu = safe_mode_menu(lambda: True)
    for change in (menu.add({}), menu.set(None, {}), menu.remove(ItemId(1))):
        with pytest.raises(Failure):
            await change
