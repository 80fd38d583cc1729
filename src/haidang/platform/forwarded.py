"""Which address a request came from when reverse proxies stand before us. Pure: what is trusted comes in as an argument."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LONGEST = 2_000
"""Characters of a chain that are read: no chain of proxies is longer."""


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client: the last in the chain that no trusted proxy has.

    `peer` is who opened the connection, `forwarded_for` the header X-Forwarded-For. Each proxy adds at the right whom it was called by, so the chain is
    read from the right, and only as far as trusted proxies wrote it: whatever stands to the left of the first stranger may be invented. An entry that
    is no address ends the chain at the proxy that passed it on.
    """
    client = peer
    chain = forwarded_for[-_LONGEST:].split(",")
    while chain and _is_trusted(client, trusted):
        before = _address(chain.pop().strip())
        if before is None:
            break
        client = str(before)
    return client


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted if network.version == address.version)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
