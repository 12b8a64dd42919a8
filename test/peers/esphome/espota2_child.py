"""Runs ESPHome's own update client: HOST PORT FILE [PASSWORD]. Its exit status is what the client returned."""

import logging
import sys
from pathlib import Path

from esphome import espota2

logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")

host, port, file = sys.argv[1:4]
password = sys.argv[4] if len(sys.argv) > 4 else None
status, _ = espota2.run_ota(host, int(port), password, Path(file))
sys.exit(status)
