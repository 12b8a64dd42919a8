import { hex, isFilled } from './bytes.ts';
import { credentialsText } from './esp32-secrets.ts';
import type { Findings } from './findings.ts';
import type { FirmwareProblem } from './firmware-file.ts';
import { parseNvs } from './nvs.ts';
import { isNvsPage } from './nvs-entry.ts';
import { OTADATA_BYTES, parseOtadata } from './otadata.ts';
import { parsePartitionTable, partitionText, TABLE_OFFSET } from './partition-table.ts';
import { findWifiInNvs } from './wifi-credentials.ts';

/** Blocks of an ESP32 flash that come as files of their own: partition table, otadata, an NVS partition. */
export const describeSmallBlock = (content: Uint8Array): Findings | undefined =>
  describeTable(content) ?? describeOtadata(content) ?? describeNvs(content);

function describeTable(content: Uint8Array): Findings | undefined {
  const table = parsePartitionTable(content);
  if (table == null) return undefined;
  const problems: FirmwareProblem[] = [...table.problems];
  if (content.length > 0x1000 && !isFilled(content.subarray(0x1000), 0xff))
    problems.push({
      severity: 'error',
      text: 'More than the partition table is in this file: a piece cut out of a flash, whose place is not known.',
    });
  const md5 = { valid: 'fits', wrong: 'WRONG', missing: 'none' }[table.md5];
  return {
    kind: 'esp32-partition-table',
    chip: undefined,
    title: `ESP32 partition table, ${table.partitions.length} entries`,
    facts: [
      { label: 'Belongs at', value: hex(TABLE_OFFSET) },
      ...table.partitions.map((partition) => ({
        label: `Partition ${partition.label}`,
        value: partitionText(partition),
      })),
      { label: 'MD5 row', value: md5 },
    ],
    problems,
    parts: [
      {
        kind: 'partition-table',
        title: 'partition table',
        flashOffset: TABLE_OFFSET,
        bytes: content.subarray(0, 0x1000),
      },
    ],
    partitionTable: table,
  };
}

/** Usual place of otadata: the second row of every table ESP-IDF and Arduino ship. */
const OTADATA_USUAL_OFFSET = 0xe000;

function describeOtadata(content: Uint8Array): Findings | undefined {
  if (content.length > OTADATA_BYTES || content.length < 32) return undefined;
  const valid = parseOtadata(content).filter((entry) => entry.valid);
  // Between the number and its CRC stands a label that nobody uses.
  if (valid.length === 0 || !isFilled(content.subarray(32, 0x1000), 0xff)) return undefined;
  const seq = Math.max(...valid.map((entry) => entry.seq));
  return {
    kind: 'esp32-otadata',
    chip: undefined,
    title: `ESP32 otadata (boot_app0): selects OTA slot by number ${seq}`,
    facts: [
      { label: 'Belongs at', value: `the otadata partition, usually ${hex(OTADATA_USUAL_OFFSET)}` },
      { label: 'Sequence', value: String(seq) },
    ],
    problems: [],
    parts: [{ kind: 'otadata', title: 'otadata', flashOffset: undefined, bytes: content }],
  };
}

function describeNvs(content: Uint8Array): Findings | undefined {
  if (content.length % 0x1000 !== 0 || !isNvsPage(content)) return undefined;
  const nvs = parseNvs(content);
  const findings = findWifiInNvs(nvs);
  const state = findings.length > 0 ? 'found' : nvs.state === 'read' ? 'none' : 'unknown';
  return {
    kind: 'unknown',
    chip: undefined,
    title: `ESP32 NVS partition, ${nvs.items.length} values`,
    facts: [
      {
        label: 'Wi-Fi credentials',
        value: credentialsText(state, findings, ['the entries cannot be read']),
      },
    ],
    problems: [{ severity: 'error', text: 'This is a settings partition (NVS) of a unit, not firmware.' }],
    parts: [],
    foreign: 'nvs',
  };
}
