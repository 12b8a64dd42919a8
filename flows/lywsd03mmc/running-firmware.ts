import type { PeerIdentity, PeerKind } from '../../src/protocols/thermometer/index.ts';

/** What a unit says that it runs, as far as a connection tells. */
export interface RunningFirmware {
  readonly kind: PeerKind;
  /** `1.0.0_0130`, `5.8`; missing where it does not say. */
  readonly version?: string;
}

export const runningFirmware = ({ kind, version }: PeerIdentity): RunningFirmware => ({
  kind,
  ...(version != null && { version }),
});

const WORDS: Readonly<Partial<Record<PeerKind, string>>> = {
  'zigbee-build': 'pvvx build of a former Zigbee unit',
  'needs-login': 'firmware that shows itself after a login only',
  unknown: 'unknown firmware',
};

/** For people: `stock 1.0.0_0130`, `pvvx 5.8`. */
export const firmwareText = ({ kind, version }: RunningFirmware): string =>
  `${WORDS[kind] ?? kind}${version == null ? '' : ` ${version}`}`;

/** Whether a unit that says `running` may run what `expected` names: all that the image says of itself is there. */
export const runsAs = (expected: RunningFirmware, running: RunningFirmware): boolean =>
  running.kind === expected.kind &&
  (expected.version == null || plain(running.version) === plain(expected.version));

/** Letters may follow the number on the air (`5.8b`), where the image carries the number alone. */
const plain = (version: string | undefined): string | undefined => version?.replace(/(?<=\d)[a-z]+$/i, '');

export const isSameFirmware = (one: RunningFirmware, other: RunningFirmware): boolean =>
  one.kind === other.kind && one.version === other.version;
