"""Ports for servers of a test's own."""

import random
import socket
from contextlib import suppress
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on and that the kernel gives to no outgoing connection: one of those may be taken before the server has it."""
    first_dynamic = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(max(1_024, first_dynamic - 20_000), first_dynamic)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found
