/** Requests on the control point (u32, little-endian). */
export const REQUEST = {
  deviceInfo: 0xa2,
  /** Registration without the certificates of the cloud. */
  register: 0x15,
  verify: 0x13,
  login: 0x24,
} as const;

/** Answers on the control point. */
export const ANSWER = {
  registered: 0x11,
  registerFailed: 0x12,
  verified: 0x13,
  verifyFailed: 0x14,
  loggedIn: 0x21,
  keyInvalid: 0x22,
  loginFailed: 0x23,
  notRegistered: 0xe0,
  alreadyRegistered: 0xe1,
  /** Counts as logged in. */
  repeatedLogin: 0xe2,
  badOutOfBand: 0xe3,
} as const;

/** What a message on the data characteristic is about. */
export const PARCEL = {
  deviceId: 0x00,
  publicKey: 0x03,
  loginInfo: 0x05,
  shareInfo: 0x06,
  serverCertificate: 0x07,
  signature: 0x08,
  appConfirmation: 0x0a,
  appRandom: 0x0b,
  deviceConfirmation: 0x0c,
  deviceRandom: 0x0d,
  bindKey: 0x0e,
} as const;

const PARCEL_NAMES: ReadonlyMap<number, string> = new Map([
  [PARCEL.deviceId, 'device id'],
  [PARCEL.publicKey, 'public key'],
  [PARCEL.loginInfo, 'login info'],
  [PARCEL.shareInfo, 'share info'],
  [PARCEL.serverCertificate, 'server certificate'],
  [PARCEL.signature, 'signature'],
  [PARCEL.appConfirmation, 'our proof'],
  [PARCEL.appRandom, 'our random bytes'],
  [PARCEL.deviceConfirmation, 'proof of the unit'],
  [PARCEL.deviceRandom, 'random bytes of the unit'],
  [PARCEL.bindKey, 'bind key'],
]);

export const parcelName = (type: number): string =>
  PARCEL_NAMES.get(type) ?? `message ${type.toString(16).padStart(2, '0')}`;

/** Only the vendor's cloud can sign these: a unit that asks for one cannot be activated offline. */
export const CLOUD_PARCELS: ReadonlySet<number> = new Set([
  PARCEL.shareInfo,
  PARCEL.serverCertificate,
  PARCEL.signature,
]);

export function encodeRequest(opcode: number): Uint8Array {
  return Uint8Array.of(opcode, 0, 0, 0);
}

/** Undefined for what is no answer: too short. */
export function decodeAnswer(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
}
