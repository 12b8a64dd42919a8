/** Commands of pvvx firmware (first byte of a write; the reply starts with the same byte). */
export const COMMAND = {
  version: 0x00,
  name: 0x01,
  mac: 0x10,
  miId: 0x11,
  miKeys: 0x12,
  miCounter: 0x13,
  miDeleted: 0x14,
  dumpMiKeys: 0x15,
  eraseMiKeys: 0x17,
  bindKey: 0x18,
  comfort: 0x20,
  clock: 0x23,
  config: 0x55,
  mtu: 0x71,
  rebootOnDisconnect: 0x72,
  extendedOta: 0x73,
} as const;
