/** What is known of one kind of stock firmware. */
export interface StockFirmware {
  readonly pattern: RegExp;
  /** `offline`: activation needs nothing but this radio. `cloud`: keys that the vendor's server signed. */
  readonly activation: 'offline' | 'cloud';
  /** Whether it takes an image without the vendor's signature. */
  readonly takesUnsigned: boolean;
}

/** A model that can be flashed, as data: another one is a line here. */
export interface ThermometerProfile {
  readonly model: string;
  readonly stock: readonly StockFirmware[];
  /** Revisions whose display the free firmware is known to drive, as 2A27 names them. */
  readonly hardware: readonly string[];
  /** Numbers by which pvvx firmware names the boards of this model (command 00). */
  readonly pvvxHardwareIds: readonly number[];
  /** Below this an update over the air was seen to stop on the way, percent (pvvx README, atc1441#355). */
  readonly minBatteryPercent: number;
}

/** Revisions: reference tables of pvvx app.h; 1.0.0_0106 to 0130 and 2.1.1_0159: field reports of both flashers. */
export const PROFILES: readonly ThermometerProfile[] = [
  {
    model: 'LYWSD03MMC',
    stock: [
      { pattern: /^1\.0\.0_\d{4}$/, activation: 'offline', takesUnsigned: true },
      { pattern: /^2\.\d+\.\d+_\d{4}$/, activation: 'cloud', takesUnsigned: false },
    ],
    hardware: ['B1.1', 'B1.4', 'B1.5', 'B1.6', 'B1.7', 'B1.9', 'B2.0'],
    pvvxHardwareIds: [0, 3, 4, 5, 10, 14],
    minBatteryPercent: 40,
  },
];

export const profileOf = (model: string | undefined): ThermometerProfile | undefined =>
  PROFILES.find((profile) => profile.model === model);
