/** As every command here takes numbers: `0x40000`. U-Boot reads them as hexadecimal with or without 0x. */
export const hex = (value: number): string => `0x${value.toString(16)}`;
