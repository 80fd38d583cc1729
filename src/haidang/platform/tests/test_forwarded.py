"""The address of a client is what trusted proxies say, and nothing that a client can write itself."""

import ipaddress

import pytest

from haidang.platform.config import SettingError, read
from haidang.platform.forwarded import client_address

NONE: tuple = ()
LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)
CHAIN = (*LOOPBACK, ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "header", "trusted", "client"),
    [
        ("127.0.0.1", "", NONE, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", NONE, "127.0.0.1"),
        ("203.0.113.9", "198.51.100.7", LOOPBACK, "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", LOOPBACK, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7, 203.0.113.9", LOOPBACK, "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", LOOPBACK, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7, 203.0.113.9, 10.1.2.3", CHAIN, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7, 203.0.113.9, 10.1.2.3", LOOPBACK, "10.1.2.3"),
        ("127.0.0.1", "10.1.2.3", CHAIN, "10.1.2.3"),
        ("127.0.0.1", "203.0.113.9, nonsense", LOOPBACK, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9,", LOOPBACK, "127.0.0.1"),
        ("fd00::1", "2001:db8::9", CHAIN, "2001:db8::9"),
        ("::ffff:127.0.0.1", "203.0.113.9", LOOPBACK, "203.0.113.9"),
        ("", "203.0.113.9", LOOPBACK, ""),
        ("127.0.0.1", "1.1.1.1," * 9_999 + "203.0.113.9", LOOPBACK, "203.0.113.9"),
    ],
)
def test_the_chain_is_read_from_the_right_as_far_as_trusted_proxies_wrote_it(peer, header, trusted, client):
    assert client_address(peer, header, trusted) == client


def test_no_proxy_is_trusted_unless_it_is_set():
    assert read({}).trusted_proxies == ()
    assert read({"HAIDANG_TRUSTED_PROXIES": "127.0.0.1 10.1.0.0/16"}).trusted_proxies == (
        ipaddress.ip_network("127.0.0.1/32"),
        ipaddress.ip_network("10.1.0.0/16"),
    )


@pytest.mark.parametrize("value", ["proxy", "10.1.2.3/16", "0.0.0.0/0", "::/0"])
def test_what_is_no_network_or_everybody_is_refused(value):
    with pytest.raises(SettingError, match="HAIDANG_TRUSTED_PROXIES"):
        read({"HAIDANG_TRUSTED_PROXIES": value})
