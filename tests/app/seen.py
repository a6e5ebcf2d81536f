"""Processes, and what is read of them."""

from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.observability.samples import Samples, parse_samples
from tests.observability.filled import fill_appliance
from tests.observability.scrapes import scrape

CREATE, STAGE = "/csi.v1.Controller/CreateVolume", "/csi.v1.Node/NodeStageVolume"


def read(metrics: Metrics) -> Samples:
    """Read what it serves."""
    return parse_samples(scrape(metrics))


def controller(now_s: float = 20.0) -> Metrics:
    """Give a controller that knows one appliance, at a time."""
    metrics = Metrics("1.2", grpc_methods=[CREATE], clock=lambda: now_s)
    fill_appliance(metrics.appliances, "rds")
    return metrics
