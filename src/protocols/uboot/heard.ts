/** What a console tells of the state of the unit, from the worst to the best for a recovery. */
export type HeardKind =
  | 'nothing'
  | 'garbage'
  | 'spl-only'
  | 'u-boot'
  | 'flash-unknown'
  | 'prompt'
  | 'no-kernel'
  | 'linux'
  | 'linux-no-mac';

export interface Heard {
  readonly kind: HeardKind;
  /** What it means, one sentence. */
  readonly message: string;
  /** What to do now, one sentence. */
  readonly advice: string;
  /** The line that says so. */
  readonly line?: string;
  /** Of a prompt: whose U-Boot it is. */
  readonly family?: 'stock' | 'dafang-hacks' | 'other';
}

/** `isvp_t20# ` stock and uboot-fullhd, `U-Boot> ` Dafang-Hacks, `=> ` U-Boot as it comes. Spaces of ours may follow. */
const PROMPT = /(?:^|[\r\n])(isvp_t20#|U-Boot>|=>) {1,4096}$/;
const FAMILY = { 'isvp_t20#': 'stock', 'U-Boot>': 'dafang-hacks', '=>': 'other' } as const;

/** The prompt that ends `text`, with the one space that belongs to it; undefined where none does. */
export function promptAtEnd(text: string): string | undefined {
  const prompt = PROMPT.exec(text)?.[1];
  return prompt === undefined ? undefined : `${prompt} `;
}

const LINUX = /Linux version \d+\.[^\r\n]*/;
const NO_KERNEL = /Wrong Image Format for bootm command|ERROR: can't get kernel image!?|Bad Data CRC/;
const FLASH_UNKNOWN =
  /SF: Unsupported manufacturer [0-9a-f]{2}|unrecognized JEDEC id[^\r\n]*|Failed to initialize SPI flash[^\r\n]*/;
const UBOOT = /(?:^|[\r\n])U-Boot (?!SPL)20\d\d\.\d\d[^\r\n]*/;
const SPL = /U-Boot SPL [^\r\n]*/;
/** Realtek's driver when neither its parameter nor its efuse names an address. */
const RANDOM_MAC = /assign random one|random mac/i;

/** The line around a place in a text; lines of a console that is no console may be endless. */
function lineAt(text: string, at: number): string {
  const near = text.slice(Math.max(0, at - LINE_LIMIT), at + LINE_LIMIT);
  const here = Math.min(at, LINE_LIMIT);
  const from = Math.max(near.lastIndexOf('\n', here), near.lastIndexOf('\r', here)) + 1;
  return /^[^\r\n]*/.exec(near.slice(from))![0].trim();
}
const LINE_LIMIT = 240;

/** What was said since the last start: before it another state may have been heard. */
function sinceStart(text: string): string {
  const start = Math.max(text.lastIndexOf('U-Boot SPL '), text.lastIndexOf('\nU-Boot 20'));
  return start < 0 ? text : text.slice(start);
}

/** Recognises the state of a unit from what was heard since its power came. Pure. */
export function recognise(heard: string): Heard {
  const text = sinceStart(heard);
  const linux = LINUX.exec(text);
  const prompt = PROMPT.exec(text)?.[1] as keyof typeof FAMILY | undefined;
  const noKernel = NO_KERNEL.exec(text);
  if (prompt !== undefined) {
    const family = FAMILY[prompt];
    const whose = {
      stock: 'the stock U-Boot',
      'dafang-hacks': 'the U-Boot of Dafang-Hacks',
      other: 'a U-Boot',
    }[family];
    if (noKernel)
      return {
        kind: 'no-kernel',
        family,
        line: noKernel[0],
        message: `${capital(whose)} waits at its prompt: it found no kernel it can start.`,
        advice: 'Flash demo.bin.',
      };
    return {
      kind: 'prompt',
      family,
      line: prompt,
      message: `${capital(whose)} waits at its prompt.`,
      advice: 'Leave the power on.',
    };
  }
  if (linux) {
    const random = RANDOM_MAC.exec(text);
    if (random)
      return {
        kind: 'linux-no-mac',
        line: lineAt(text, random.index),
        message: 'Linux runs without a MAC of its own: para is lost.',
        advice: 'Power the camera off and on, and put para back from its backup.',
      };
    return {
      kind: 'linux',
      line: linux[0],
      message: 'Linux is starting.',
      advice:
        'The countdown of U-Boot went by: power the camera off and on; if it repeats, check the wire from TX of the adapter to RX.',
    };
  }
  if (noKernel)
    return {
      kind: 'no-kernel',
      line: noKernel[0],
      message: 'U-Boot found no kernel it can start.',
      advice: 'Power the camera off and on, then flash demo.bin.',
    };
  const unknown = FLASH_UNKNOWN.exec(text);
  if (unknown)
    return {
      kind: 'flash-unknown',
      line: unknown[0],
      message: 'U-Boot runs, but does not know the flash chip.',
      advice: 'Flash with the programmer, with a boot loader that knows the chip.',
    };
  const uboot = UBOOT.exec(text);
  if (uboot)
    return {
      kind: 'u-boot',
      line: uboot[0].trim(),
      message: 'U-Boot is starting.',
      advice: 'Leave the power on.',
    };
  const spl = SPL.exec(text);
  if (spl)
    return {
      kind: 'spl-only',
      line: spl[0],
      message: 'The SPL starts; U-Boot has not answered yet.',
      advice: 'If nothing follows, the boot loader is damaged: flash boot with the programmer.',
    };
  return isGarbage(text)
    ? {
        kind: 'garbage',
        message: 'What is heard cannot be read.',
        advice: 'Check GND and the rate of 115200.',
      }
    : {
        kind: 'nothing',
        message:
          text.trim() === '' ? 'Nothing was heard yet.' : 'Nothing was heard yet that says what it is.',
        advice: 'Power the camera off and on; TX and RX may be swapped.',
      };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** So few bytes may be a plug that is being pushed in. */
const GARBAGE_BYTES = 16;
const GARBAGE_SAMPLE = 4_096;
/** More than a third that no console prints: a wrong rate, or no ground. */
function isGarbage(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- bytes that no console prints are what is counted
  const odd = text.slice(-GARBAGE_SAMPLE).match(/[^\x08-\x0d\x1b\x20-\x7e]/g)?.length ?? 0;
  return text.length >= GARBAGE_BYTES && odd * 3 > Math.min(text.length, GARBAGE_SAMPLE);
}

/**
 * Realtek's driver, its parameter and `ifconfig` name the address in use; `rtw_ndev_init` prints that of the network
 * device (its os_intfs.c), for wlan0 and for p2p0 another one. What else names an address may mean that of the efuse.
 */
const SURE_MAC = /rtw_macaddr_cfg|rtw_initmac|rtw_ndev_init\(wlan0\)|HWaddr/i;
const MAC_IN_LINE = /mac.*?\b([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?![0-9a-f]|:[0-9a-f])/i;
const HWADDR_IN_LINE = /HWaddr ([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?![0-9a-f]|:[0-9a-f])/i;

export interface LinuxMac {
  /** Lower case with colons. */
  readonly mac: string;
  readonly line: string;
  /** True where the line names the address in use, not just some address. */
  readonly isSure: boolean;
}

/**
 * The MAC that Linux says it runs with, by the last line that is sure of it, else by the last one that names any.
 * Realtek's driver says `rtw_macaddr_cfg MAC Address  = 34:ce:...` or, later, `rtw_macaddr_cfg mac addr:34:ce:...`.
 */
export function macOfLinux(text: string): LinuxMac | undefined {
  const from = LINUX.exec(text)?.index;
  if (from === undefined) return undefined;
  // A line that is still coming may end in the middle of the address.
  const whole = text.slice(from, Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'), from));
  let found: LinuxMac | undefined;
  for (const line of whole.split(/[\r\n]+/)) {
    if (line.length > LINE_LIMIT) continue;
    const mac = (MAC_IN_LINE.exec(line) ?? HWADDR_IN_LINE.exec(line))?.[1];
    if (mac === undefined) continue;
    const isSure = SURE_MAC.test(line);
    if (isSure || found?.isSure !== true) found = { mac: mac.toLowerCase(), line: line.trim(), isSure };
  }
  return found;
}
