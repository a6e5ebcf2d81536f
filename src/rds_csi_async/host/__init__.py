"""The node's edge: nvme, mkfs, mount, and what the kernel says in sysfs and mountinfo.

Only `process` may start programs; what parses their answers knows no I/O. No use case may enter.
"""
