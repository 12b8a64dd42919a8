"""An RFC 2217 server made of pyserial's own PortManager, in front of a pseudo terminal.

The other end of the pseudo terminal is standard input and output. Says `port N` on standard error, then a line
for each change of the lines and the rate. Serves one client.
"""

import os
import socket
import sys
import threading

import serial
import serial.rfc2217


def report(text):
    os.write(2, (text + "\n").encode())


class PtySerial(serial.Serial):
    """A pseudo terminal has no modem lines: they are only told."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self):
        report(f"dtr {self._dtr_state}")

    def _update_rts_state(self):
        report(f"rts {self._rts_state}")

    def _reconfigure_port(self, force_update=False):
        super()._reconfigure_port(force_update)
        report(f"rate {self._baudrate}")


def pump(read, write):
    while True:
        data = read()
        if not data:
            os._exit(0)
        while data:
            data = data[write(data) :]


class Connection:
    def __init__(self, client):
        self.client = client
        self.lock = threading.Lock()

    def write(self, data):
        with self.lock:
            self.client.sendall(data)
        return len(data)


def main():
    master, slave = os.openpty()
    port = PtySerial(os.ttyname(slave), timeout=None)
    server = socket.create_server(("127.0.0.1", 0))
    report(f"port {server.getsockname()[1]}")
    client, _ = server.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = Connection(client)
    manager = serial.rfc2217.PortManager(port, connection)

    def from_serial():
        data = port.read(1)
        return b"".join(manager.escape(data + port.read(port.in_waiting)))

    def from_client():
        return client.recv(4096)

    def to_serial(data):
        port.write(b"".join(manager.filter(data)))
        return len(data)

    for read, write in (
        (lambda: os.read(0, 4096), lambda data: os.write(master, data)),
        (lambda: os.read(master, 4096), lambda data: os.write(1, data)),
        (from_serial, connection.write),
    ):
        threading.Thread(target=pump, args=(read, write), daemon=True).start()
    pump(from_client, to_serial)


if __name__ == "__main__":
    main()
    sys.exit(0)
