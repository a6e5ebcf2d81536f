"""The listing of all our disks, page by page.

RouterOS drops the tail of a reply that fills the client's window, so a page stays below 64 kB. Pages are not one
snapshot: each one says how many disks there were and begins with the last disk of the one before, so that a disk which
went or came in between is noticed, and the listing begun anew.
"""

from collections.abc import Sequence

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.routeros.pools import render_pools
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import Row, rows_of
from rds_csi_async.routeros.syntax import Reply, render_row, render_text

PAGE_ROWS = 50  # of about 1 kB at most: a comment of 500 bytes, and what the proplist names
REMARK = "[:len $xA]"
_PROPERTIES = "slot,type,size,comment,file-path,nvme-tcp-export,nvme-tcp-server-nqn,nvme-tcp-server-port"


def render_page(start: int, pools: Sequence[PoolSettings]) -> list[str]:
    """Print the pools and up to `PAGE_ROWS` disks from the `start`-th on whose slot or comment is of this driver."""
    ours = f"comment~{render_text('^rds1:')} or slot~{render_text('^rds1-')}"
    return [
        *render_pools(pools),
        f":local xA [/disk/print detail as-value proplist={_PROPERTIES} where ({ours})]",
        f":local xZ {start + PAGE_ROWS}",
        ":if ($xZ > [:len $xA]) do={:set xZ [:len $xA]}",
        f":if ({start} < $xZ) do={{:foreach xR in=[:pick $xA {start} $xZ] do={{{render_row('disk', '$xR')}}}}}",
    ]


class Pages:
    """The pages of one listing, put together."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._total: int | None = None

    @property
    def start(self) -> int:
        """Where the next page begins: with the last row that is known."""
        return max(len(self.rows) - 1, 0)

    @property
    def whole(self) -> bool:
        """Every disk has come."""
        return self._total is not None and len(self.rows) >= self._total

    def add(self, reply: Reply) -> bool:
        """Take the next page; False when the disks have changed since the one before.

        Raises:
            ApplianceError: it is no page.

        """
        page = list(rows_of(reply, "disk"))
        if not reply.remark.isdigit() or len(page) > PAGE_ROWS:
            message = f"a page of {len(page)} disks came with the total {reply.remark[:80]!r}"
            raise ApplianceError(message)
        total, start = int(reply.remark), self.start
        expected = min(total, start + PAGE_ROWS) - start
        overlaps = not self.rows or (bool(page) and page[0].get("slot") == self.rows[-1].get("slot"))
        if self._total not in {None, total} or len(page) != expected or not overlaps:
            return False
        self._total = total
        self.rows[start:] = page
        return len({str(row.get("slot")) for row in self.rows}) == len(self.rows)
