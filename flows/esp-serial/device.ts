import type { FirmwareSlot, Question, SettingSpec, Settings, WiringPage } from '../flow.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import type { EspChip } from '../../src/protocols/esp/index.ts';

/** What one kind of ESP device adds to the steps that all of them share. */
export interface EspDevice {
  readonly id: string;
  readonly title: string;
  readonly device: string;
  readonly summary: string;
  readonly virtualDevice: string;
  readonly chip: EspChip;
  /** Flash sizes this device is sold with, bytes; another size is a warning. */
  readonly flashSizesBytes: readonly number[];
  /** True for parts known to start only in two-pin output mode. */
  readonly needsDout: boolean;
  readonly firmwareSlots: readonly FirmwareSlot[];
  /** Settings beside those of every ESP device. */
  readonly settings: readonly SettingSpec[];
  /** Asked once per batch before the first act by hand, where the setting was left open. */
  readonly handQuestion?: {
    readonly setting: string;
    /** Value of the setting that means "ask". */
    readonly unanswered: string;
    readonly question: Question;
  };
  /** How the unit gets into its loader by hand, imperative. */
  readonly intoLoader: string;
  /** How it gets back into its firmware by hand, imperative. */
  readonly intoFirmware: string;
  /** Id of the wiring page shown with either. */
  readonly wiringPage: string;
  /** The next remedy when the written image does not verify or start. */
  readonly lastResort: string;
  wiringPages(settings: Settings): readonly WiringPage[];
  /** What the operator should know of these files on this device before the start. */
  warnings(files: ReadonlyMap<string, InspectedFile>): readonly string[];
}
