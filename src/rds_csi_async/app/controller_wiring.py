"""The controller's parts, put together. Only processes that talk to appliances load this."""

import secrets

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import Settings
from rds_csi_async.app.rereading import Rereading
from rds_csi_async.csi.controller import Controller, ControllerServices
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.events import Events
from rds_csi_async.ports.progress import Progress
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.outages import Outages
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import Limits
from rds_csi_async.routeros.vitals import RouterOsVitals
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.pending import Pending
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from rds_csi_async.services.rds_metering import Meter, MeteredRds, MeteredVitals
from rds_csi_async.services.surveying import Surveying
from rds_csi_async.services.validating import Validating
from rds_csi_async.services.watching import Watching

STALLED_AFTER_S = 300.0  # several times as long as any step takes while an appliance does not answer
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
    consoles = {one.key: _connect(one, settings, background, metrics) for one in parsed}
    appliances = Appliances(settings.cluster_id, [_appliance(one, consoles[one.key], metrics) for one in parsed])
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
    for one in parsed:
        vitals = MeteredVitals(RouterOsVitals(one.settings, consoles[one.key]), Meter(one.key, metrics.appliances))
        appliance = appliances.get(one.key)
        surveying = Surveying(appliance, vitals, settings.cluster_id, metrics.appliances, metering.learn)
        background.start_endless(f"survey {one.key}", surveying.watch(settings.survey_interval_s))
    operations = Operations(
        work, {one.key: _width(one.settings.limits) for one in parsed}, pending=Pending(metrics, _NAMES)
    )
    return Controller(settings.cluster_id, operations, services), watching


def _width(limits: Limits) -> int:
    """Have an operation ready for each channel as soon as the one on it ends."""
    return 2 * (limits.channels - limits.urgent_channels)


def _connect(
    configured: ConfiguredAppliance, settings: Settings, background: Supervisor, metrics: Metrics
) -> SshConsole:
    rereading = Rereading(settings.file, configured)
    outages = Outages(configured.key, metrics.appliances)
    progress = Progress(f"who keeps {configured.key} connected", STALLED_AFTER_S)
    console = SshConsole(configured.settings, rereading.open_session, outages=outages, step=progress.step)
    background.start_endless(f"keep {configured.key} connected", console.keep_connected(), progress)
    return console


def _appliance(configured: ConfiguredAppliance, console: SshConsole, metrics: Metrics) -> Appliance:
    rds = RouterOsRds(configured.settings, console)
    return Appliance(
        configured.key,
        MeteredRds(rds, Meter(configured.key, metrics.appliances)),
        configured.nvme_address,
        tuple(pool.name for pool in configured.settings.pools),
    )
