"""An air made of bumble: a controller for the tester, as HCI H4 over TCP, and units with controllers of their own.

Says `port N` on standard error, then what the units are told. Standard input takes a line for each thing that a unit
does: `notify UNIT HEX`, `drop UNIT`, `off UNIT`. The address of unit N is A4:C1:38:00:00:0N.

What bumble's software controller (0.0.236) leaves out is made up for here: it takes every sender for its random
address, does not carry an LE Create Connection Cancel out, and sends the advertisement again as scan response.
"""

import asyncio
import os
import socket
import sys

from bumble import hci
from bumble.controller import Controller
from bumble.core import AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, OwnAddressType
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

OTA_SERVICE = "00010203-0405-0607-0809-0A0B0C0D1912"
OTA = "00010203-0405-0607-0809-0A0B0C0D2B12"
READABLE = Characteristic.READABLE
WRITEABLE = Characteristic.WRITEABLE


def report(text):
    os.write(2, (text + "\n").encode())


class WholeController(Controller):
    def use_public_address(self):
        self.random_address = self.public_address

    def on_hci_le_create_connection_cancel_command(self, command):
        pending = self.pending_le_connection
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.pending_le_connection = None
        ended = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=0,
            peer_address_type=pending.peer_address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, ended)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


class Unit:
    def __init__(self, link, number):
        self.number = number
        address = f"A4:C1:38:00:00:{number:02X}"
        self.controller = WholeController(f"unit {number}", link=link, public_address=address)
        config = DeviceConfiguration(
            name=f"ATC_00000{number}", address=Address(f"C0:00:00:00:00:{number:02X}")
        )
        self.device = Device(config=config, host=Host(self.controller, AsyncPipeSink(self.controller)))
        self.device.on("connection", self.connected)
        self.connection = None
        self.version = Characteristic(
            "0004", Characteristic.READ, READABLE, b"1.0.0_0130 and more than fits into twenty bytes"
        )
        self.control = Characteristic(
            "0010",
            Characteristic.WRITE | Characteristic.NOTIFY,
            WRITEABLE,
            CharacteristicValue(write=lambda connection, value: self.written("control", value)),
        )
        self.ota = Characteristic(
            OTA,
            Characteristic.READ | Characteristic.WRITE_WITHOUT_RESPONSE,
            READABLE | WRITEABLE,
            CharacteristicValue(
                read=lambda connection: b"\0",
                write=lambda connection, value: self.written("ota", value),
            ),
        )

    def connected(self, connection):
        self.connection = connection
        connection.on("disconnection", lambda *_: report(f"free {self.number}"))
        report(f"connected {self.number}")

    def written(self, what, value):
        report(f"{what} {self.number} {bytes(value).hex()}")

    async def start(self):
        self.device.add_services(
            [Service("FE95", [self.version, self.control]), Service(OTA_SERVICE, [self.ota])]
        )
        await self.device.power_on()
        self.controller.use_public_address()
        service_data = bytes.fromhex("1a18") + bytes([self.number, 2, 3])
        sent = AdvertisingData(
            [
                (AdvertisingData.FLAGS, bytes([6])),
                (AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, bytes.fromhex("1b0a")),
                (AdvertisingData.SERVICE_DATA_16_BIT_UUID, service_data),
                (AdvertisingData.COMPLETE_LOCAL_NAME, f"ATC_00000{self.number}".encode()),
            ]
        )
        await self.device.start_advertising(
            own_address_type=OwnAddressType.PUBLIC,
            auto_restart=True,
            advertising_data=bytes(sent),
            advertising_interval_min=100,
            advertising_interval_max=100,
        )

    async def do(self, word, rest):
        if word == "notify":
            await self.device.notify_subscribers(self.control, bytes.fromhex(rest[0]))
        elif word == "drop":
            await self.connection.disconnect()
        elif word == "off":
            await self.device.stop_advertising()


async def main():
    link = LocalLink()
    listener = socket.create_server(("127.0.0.1", 0))
    transport = await open_tcp_server_transport_with_socket(listener)
    tester = WholeController(
        "tester",
        host_source=transport.source,
        host_sink=transport.sink,
        link=link,
        public_address="C0:FF:EE:00:00:01",
    )
    tester.use_public_address()
    units = [Unit(link, number) for number in range(1, int(sys.argv[1]) + 1)]
    for unit in units:
        await unit.start()
    report(f"port {listener.getsockname()[1]}")

    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := await lines.readline():
        word, number, *rest = line.decode().split()
        await units[int(number) - 1].do(word, rest)


asyncio.run(main())
