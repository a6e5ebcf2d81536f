"""The Kubernetes API, where the settings name one. The client library is optional, and loaded only then."""

import platform
from typing import TYPE_CHECKING

from rds_csi_async.app.config import Settings, SettingsError

if TYPE_CHECKING:
    from rds_csi_async.cluster.kubernetes import KubernetesCluster


def find_cluster(settings: Settings) -> "KubernetesCluster | None":
    """Give the cluster that is told of events; None when the settings name none.

    Raises:
        SettingsError: they name one, and the client library is not installed.

    """
    if not settings.kubeconfig:
        return None
    try:
        from rds_csi_async.cluster.kubernetes import KubernetesCluster  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        message = (
            f"kubeconfig is {settings.kubeconfig!r}, and {error.name} is not installed:"
            " pip install 'rds-csi-async[kubernetes]'"
        )
        raise SettingsError(message) from error
    return KubernetesCluster(settings.kubeconfig, settings.driver_name, settings.node_name or platform.node())
