import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** The network: this computer's way to a unit, and what is heard there. */
export const NETWORK_CODES = {
  HTTP_REFUSED: {
    outcome: 'ERROR',
    blame: 'device',
    message:
      'Something is at that address and refuses the connection: its server does not run, or not on this port.',
    advice: "Give it half a minute to start, check that the address is the right unit's; then retry.",
    retry: KEEPS_BACKUP,
  },
  HTTP_NO_ANSWER: {
    outcome: 'ERROR',
    blame: 'bench',
    message:
      'The unit does not answer: it has no power, is on another network, or a firewall or the access point keeps it apart.',
    advice: 'Check its power and that it is on the same network as this computer; then retry.',
    retry: KEEPS_BACKUP,
  },
  HTTP_RESET: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The connection broke before the unit had answered: it restarted, or its Wi-Fi failed.',
    advice: 'Leave it on its power for a minute, bring it nearer to the access point; then retry.',
    retry: KEEPS_BACKUP,
  },
  HTTP_CLOSED: {
    outcome: 'ERROR',
    blame: 'device',
    message:
      'The unit took the request and closed the connection without an answer: it refuses in silence, or restarts.',
    advice: 'Leave it on its power for a minute; then retry.',
    retry: KEEPS_BACKUP,
  },
  HTTP_BAD_ANSWER: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'What came back is no answer of a web server, or not a whole one.',
    advice: "Check that the address is the right unit's; then retry.",
    retry: KEEPS_BACKUP,
  },
  NO_ROUTE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This computer has no way to that address: it is on no network that leads there.',
    advice: 'Connect this computer to the network of the units; then retry.',
    retry: NOTHING_WRITTEN,
  },
  HOST_UNKNOWN: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'No host of that name is known.',
    advice: 'Give the address of the unit instead of its name: benchflash scan lists what is heard.',
    retry: NOTHING_WRITTEN,
  },
  UDP_PORT_BUSY: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Another program listens on the port for datagrams that is needed.',
    advice: 'Close the other program; then retry.',
    retry: KEEPS_BACKUP,
  },
  WIFI_UNAVAILABLE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'This computer has no Wi-Fi interface that benchflash can use for joining access points.',
    advice: 'Run benchflash doctor: it says what is missing.',
    retry: KEEPS_BACKUP,
  },
  WIFI_JOIN_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The access point of the unit could not be joined.',
    advice: 'Bring the unit nearer and look whether its access point is still there; then retry.',
    retry: KEEPS_BACKUP,
  },
} as const satisfies Record<string, ErrorCodeRow>;
