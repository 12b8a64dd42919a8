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
const FLASH_UNKNOWN = /SF: Unsupported manufacturer [0-9a-f]{2}|Failed to initialize SPI flash[^\r\n]*/;
const UBOOT = /(?:^|[\r\n])U-Boot (?!SPL)20\d\d\.\d\d[^\r\n]*/;
const SPL = /U-Boot SPL [^\r\n]*/;
/** Realtek's driver when neither its parameter nor its efuse names an address. */
const RANDOM_MAC = /[^\r\n]*(?:assign random one|random mac)[^\r\n]*/i;

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
        line: random[0].trim(),
        message: 'Linux runs without a MAC of its own: para is lost.',
        advice: 'Power the camera off and on, and put para back from its backup.',
      };
    return {
      kind: 'linux',
      line: linux[0],
      message: 'Linux is starting: the countdown of U-Boot went by.',
      advice: 'Power the camera off and on; if it repeats, check the wire from TX of the adapter to RX.',
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
/** More than a third that no console prints: a wrong rate, or no ground. */
function isGarbage(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- bytes that no console prints are what is counted
  const odd = text.match(/[^\x08-\x0d\x1b\x20-\x7e]/g)?.length ?? 0;
  return text.length >= GARBAGE_BYTES && odd * 3 > text.length;
}

const MAC_LINE = /^.*(?:mac|hwaddr|rtw_initmac).*?\b([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b.*$/gim;

/**
 * The MAC that Linux says it runs with, lower case, and the line that says it; the last one stands. Realtek's driver
 * says `rtw_macaddr_cfg MAC Address  = 34:ce:...` or, later, `rtw_macaddr_cfg mac addr:34:ce:...`.
 */
export function macOfLinux(text: string): { readonly mac: string; readonly line: string } | undefined {
  const from = LINUX.exec(text)?.index;
  if (from === undefined) return undefined;
  // A line that is still coming may end in the middle of the address.
  const whole = text.slice(from, Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'), from));
  const last = [...whole.replaceAll('\r', '\n').matchAll(MAC_LINE)].at(-1);
  return last && { mac: last[1]!.toLowerCase(), line: last[0].trim() };
}
