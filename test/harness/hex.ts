import { hexToUint8Array, uint8ArrayToHex } from 'uint8array-extras';

/** Bytes of hex digits; blanks are free. */
export const bytes = (hex: string): Uint8Array => hexToUint8Array(hex.replaceAll(/\s/g, ''));
export const hex = (value: Uint8Array): string => uint8ArrayToHex(value);
