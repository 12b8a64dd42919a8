/**
 * Settings of atc1441's firmware. It takes single bytes on the characteristic that pvvx uses too, and answers none of
 * them: what it holds cannot be read, only what it advertises.
 */
export interface Atc1441Settings {
  readonly advertisingFormat?: 'atc1441' | 'mi';
  readonly fahrenheit?: boolean;
  readonly showBattery?: boolean;
  /** Fixed smiley 0 to 3, or by comfort. */
  readonly smiley?: 0 | 1 | 2 | 3 | 'comfort';
  /** 10 to 2550 s in steps of 10. */
  readonly advertisingIntervalSeconds?: number;
}

const SAVE = Uint8Array.of(0xdf);
const INTERVAL_STEP_SECONDS = 10;

/** The writes, the one that saves them last; none where nothing is set. Throws RangeError. */
export function atc1441Commands(settings: Atc1441Settings): readonly Uint8Array[] {
  const {
    advertisingFormat,
    fahrenheit,
    showBattery,
    smiley,
    advertisingIntervalSeconds: seconds,
  } = settings;
  const commands: number[][] = [];
  if (advertisingFormat != null) commands.push([advertisingFormat === 'atc1441' ? 0xae : 0xaf]);
  if (fahrenheit != null) commands.push([fahrenheit ? 0xff : 0xcc]);
  if (showBattery != null) commands.push([showBattery ? 0xb1 : 0xb0]);
  if (smiley != null) commands.push([smiley === 'comfort' ? 0xab : 0xa0 + smiley]);
  if (seconds != null) {
    const steps = seconds / INTERVAL_STEP_SECONDS;
    if (!Number.isInteger(steps) || steps < 1 || steps > 0xff)
      throw new RangeError(`the advertising interval is 10 to 2550 s in steps of 10, not ${seconds}`);
    commands.push([0xfe, steps]);
  }
  return commands.length === 0 ? [] : [...commands.map((bytes) => Uint8Array.from(bytes)), SAVE];
}
