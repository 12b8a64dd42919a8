"""Announces a Shelly and a Sonoff by mDNS at the given address. Commands on standard input: change, goodbye."""

import socket
import sys

from zeroconf import IPVersion, ServiceInfo, Zeroconf

ADDRESS = sys.argv[1]


def info(kind, name, port, properties):
    return ServiceInfo(
        f"{kind}.local.",
        f"{name}.{kind}.local.",
        addresses=[socket.inet_aton(ADDRESS)],
        port=port,
        properties=properties,
        server=f"{name}.local.",
    )


def sonoff(seq):
    # Cut into pieces of 249 bytes, as the units do.
    return info(
        "_ewelink._tcp",
        "eWeLink_1000abcdef",
        8081,
        {"txtvers": "1", "id": "1000abcdef", "type": "diy_plug", "apivers": "1", "seq": seq,
         "data1": "{" + "x" * 240, "data2": " }"},
    )


shelly = info(
    "_http._tcp",
    "shellyplug-s-A1B2C3",
    80,
    {"id": "shellyplug-s-A1B2C3", "arch": "esp8266", "fw_version": "1.0", "fw_id": "20230109-114426/v1.12.2"},
)
printer = info("_ipp._tcp", "printer", 631, {"rp": "ipp"})

zeroconf = Zeroconf(interfaces=[ADDRESS], ip_version=IPVersion.V4Only)
for each in (shelly, sonoff("1"), printer):
    zeroconf.register_service(each)
print("announced", file=sys.stderr, flush=True)

for line in sys.stdin:
    if line.strip() == "change":
        zeroconf.update_service(sonoff("2"))
    elif line.strip() == "goodbye":
        zeroconf.unregister_service(shelly)
        zeroconf.register_service(shelly)
    print(f"did {line.strip()}", file=sys.stderr, flush=True)
zeroconf.close()
