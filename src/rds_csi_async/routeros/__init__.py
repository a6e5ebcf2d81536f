"""The appliance's edge: RouterOS over SSH.

Only `session` may know asyncssh; what renders and parses knows no I/O at all. No use case may enter.
"""
