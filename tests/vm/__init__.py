"""Scenarios on a kernel of their own, with real NVMe/TCP, and the guest in which they run: see `lane` and `rig`."""
