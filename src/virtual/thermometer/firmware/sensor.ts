import type { ThermometerBody } from '../body.ts';

/** One measurement, in the units the firmware keeps. */
export interface Reading {
  /** 0.01 °C. */
  readonly centiCelsius: number;
  /** 0.01 % of relative humidity. */
  readonly centiHumidity: number;
  readonly batteryMv: number;
  readonly batteryPercent: number;
}

/** pvvx counts 2.2 V as empty and 3.0 V as full; the other firmware is near that. */
const EMPTY_MV = 2200;
const MV_PER_PERCENT = 8;
/** A slow breath of the room, so that values move as in life. */
const SWING_PERIOD_MS = 600_000;

/** The air around the unit and the voltage of its cell. */
export function measure(body: ThermometerBody): Reading {
  const phase = (2 * Math.PI * (body.clock.now() % SWING_PERIOD_MS)) / SWING_PERIOD_MS;
  const percent = Math.max(0, Math.min(100, Math.round(body.batteryPercent)));
  return {
    centiCelsius: 2150 + ((body.unit * 37) % 160) + Math.round(25 * Math.sin(phase)),
    centiHumidity: 4400 + ((body.unit * 53) % 700) + Math.round(60 * Math.cos(phase)),
    batteryMv: EMPTY_MV + percent * MV_PER_PERCENT,
    batteryPercent: percent,
  };
}

/** 16 bits, low byte first. */
export const le16 = (value: number): readonly [number, number] => [value & 0xff, (value >> 8) & 0xff];
/** 16 bits, high byte first. */
export const be16 = (value: number): readonly [number, number] => [(value >> 8) & 0xff, value & 0xff];
export const le32 = (value: number): readonly number[] => [
  ...le16(value & 0xffff),
  ...le16((value >>> 16) & 0xffff),
];
