"""A NetworkManager of python-dbusmock on a bus of its own. Says the address of the bus on standard error.

wlan0 is connected to the LAN, wlan1 to nothing and hears two access points. Ends with its standard input.
"""

import os
import subprocess
import sys
import tempfile
import time

import dbus

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""
NAME = "org.freedesktop.NetworkManager"
MANAGER = "/org/freedesktop/NetworkManager"
CONNECTED, DISCONNECTED, UNAVAILABLE = 100, 30, 20


def start(folder):
    path = os.path.join(folder, "bus")
    config = os.path.join(folder, "bus.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(CONFIG.format(path=path))
    address = f"unix:path={path}"
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
    daemon = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork"], stdin=subprocess.DEVNULL)
    while not os.path.exists(path):
        time.sleep(0.02)
    mock = subprocess.Popen(
        [sys.executable, "-m", "dbusmock", "--system", "--template", "networkmanager"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return address, [mock, daemon]


def furnish(address):
    bus = dbus.bus.BusConnection(address)
    while not bus.name_has_owner(NAME):
        time.sleep(0.02)
    manager = dbus.Interface(bus.get_object(NAME, MANAGER), "org.freedesktop.DBus.Mock")
    lan = manager.AddWiFiDevice("w0", "wlan0", CONNECTED)
    spare = manager.AddWiFiDevice("w1", "wlan1", DISCONNECTED)
    manager.AddEthernetDevice("e0", "eth0", UNAVAILABLE)
    manager.AddAccessPoint(lan, "home", "Home", "02:00:00:00:00:01", 2, 2412, 54, dbus.Byte(90), 0x100)
    home = manager.AddWiFiConnection(lan, "home", "Home", "wpa-psk")
    manager.AddActiveConnection([lan], home, home, "home", 2)
    for point in (
        ("unit", "tasmota_D3E4F5: 12", "A2:B1:C2:D3:E4:F5", 2, 2412, 54, dbus.Byte(82), 0),
        ("guest", "Firma\\Gast", "02:11:22:33:44:55", 2, 2412, 54, dbus.Byte(37), 0x188),
    ):
        manager.AddAccessPoint(spare, *point)
    addresses(bus, manager, spare)


def addresses(bus, manager, device):
    address = dbus.Dictionary({"address": "192.168.4.2", "prefix": dbus.UInt32(24)}, signature="sv")
    manager.AddObject(
        f"{MANAGER}/IP4Config/1",
        f"{NAME}.IP4Config",
        {
            "AddressData": dbus.Array([address], signature="a{sv}"),
            "Gateway": "",
            "RouteData": dbus.Array([], signature="a{sv}"),
            "NameserverData": dbus.Array([], signature="a{sv}"),
        },
        dbus.Array([], signature="(ssss)"),
    )
    options = dbus.Dictionary({"routers": "192.168.4.1", "dhcp_server_identifier": "192.168.4.1"}, signature="sv")
    manager.AddObject(
        f"{MANAGER}/DHCP4Config/1", f"{NAME}.DHCP4Config", {"Options": options}, dbus.Array([], signature="(ssss)")
    )
    held = dbus.Interface(bus.get_object(NAME, device), "org.freedesktop.DBus.Mock")
    for kind in ("Ip4Config", "Dhcp4Config"):
        path = dbus.ObjectPath(f"{MANAGER}/{kind.upper().replace('CONFIG', 'Config')}/1")
        held.AddProperty(f"{NAME}.Device", kind, path)


def main():
    with tempfile.TemporaryDirectory() as folder:
        address, processes = start(folder)
        try:
            furnish(address)
            print(f"bus {address}", file=sys.stderr, flush=True)
            sys.stdin.read()
        finally:
            for process in processes:
                process.terminate()
                process.wait()


main()
