"""The controller's parts, put together. Only processes that talk to appliances load this."""

import secrets

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import Settings
from rds_csi_async.app.rereading import Rereading
from rds_csi_async.csi.controller import Controller, ControllerServices
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.events import Events
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import Limits
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.pending import Pending
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from rds_csi_async.services.validating import Validating
from rds_csi_async.services.watching import Watching

_NAMES = {"publish": "controller_publish", "unpublish": "controller_unpublish", "expand": "controller_expand"}


def build_controller(
    settings: Settings, background: Supervisor, work: Supervisor, metrics: Metrics, events: Events
) -> tuple[Controller, Watching]:
    """Put the controller together, and start in the background what keeps its connections and looks after them.

    Raises:
        SettingsError: an appliance's table cannot be used.

    """
    writer = secrets.token_hex(4)
    parsed = parse_appliances(settings.appliances)
    connected = [_connect(configured, Rereading(settings.file, configured), background) for configured in parsed]
    appliances = Appliances(settings.cluster_id, connected)
    metering = AttachmentMetering(metrics)
    services = ControllerServices(
        Provisioning(appliances, writer),
        Publishing(appliances, writer, lambda: secrets.token_hex(8), events, metering),
        Expanding(appliances, writer),
        Listing(appliances),
        Validating(appliances),
    )
    watching = Watching({appliance.key: appliance.rds.ensure_reachable for appliance in appliances})
    background.start_endless("watch the appliances", watching.watch())
    operations = Operations(
        work, {one.key: _width(one.settings.limits) for one in parsed}, pending=Pending(metrics, _NAMES)
    )
    return Controller(settings.cluster_id, operations, services), watching


def _width(limits: Limits) -> int:
    """Have an operation ready for each channel as soon as the one on it ends."""
    return 2 * (limits.channels - limits.urgent_channels)


def _connect(configured: ConfiguredAppliance, rereading: Rereading, background: Supervisor) -> Appliance:
    console = SshConsole(configured.settings, rereading.open_session)
    background.start_endless(f"keep {configured.key} connected", console.keep_connected())
    return Appliance(
        configured.key,
        RouterOsRds(configured.settings, console),
        configured.nvme_address,
        tuple(pool.name for pool in configured.settings.pools),
    )
