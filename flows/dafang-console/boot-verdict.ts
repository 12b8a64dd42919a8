import { BenchError, type ErrorCode } from '../../src/core/errors.ts';
import { verdictFrom, type Proof, type Verdict } from '../../src/core/outcome.ts';
import { sanitize } from '../../src/core/text.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import { dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../src/firmware/dafang/identity.ts';
import type { BootHeard } from '../../src/protocols/uboot/index.ts';
import type { ConsoleSession } from './session.ts';

/** How `para` comes back, ready to copy. mtd 9 is `para`; from Linux over ssh or the serial login. */
export const WAYS_TO_PARA: readonly string[] = [
  'benchflash restore dafang-console --backup FILE   (over this console)',
  'benchflash restore dafang-spi --backup FILE       (with the programmer; a dump of the whole chip)',
  'flash_eraseall /dev/mtd9; dd if=/system/sdcard/para.bin of=/dev/mtd9   (in Linux; para.bin: 262144 bytes)',
];

/** What is known of the unit before its start. */
export type ProvedSoFar = Pick<ConsoleSession, 'isReadBack' | 'isCurrent' | 'notDone'>;

/** What a start proves: Linux's banner and its MAC, compared with the one in `para`. */
export function bootVerdict(session: ProvedSoFar, para: Uint8Array, boot: BootHeard): Verdict {
  const { heard, mac, hasLinux } = boot;
  const evidence = sanitize(boot.line ?? heard.message);
  const bad = (code: ErrorCode, message?: string, advice?: string) =>
    verdictOf(session, code, evidence, message, advice);
  if (heard.kind === 'no-kernel' || heard.kind === 'prompt')
    return bad(
      'KERNEL_MISSING',
      heard.kind === 'prompt' ? 'The camera stays at the prompt of U-Boot.' : undefined,
    );
  if (heard.kind === 'flash-unknown') return bad('UBOOT_FLASH_UNKNOWN');
  if (!hasLinux)
    return bad(
      'BOOT_NOT_SEEN',
      `Its start was not seen: ${heard.message}`,
      'Power the camera off and on and look again.',
    );
  const wanted = identityOf(para).mac;
  const ways = `Put para back: ${WAYS_TO_PARA.map((way) => way.replace(/ {2,}/g, ' ')).join('; or ')}.`;
  if (wanted === undefined) {
    // A board may have its MAC in the efuse of its Wi-Fi chip: then an intact para without one is no damage.
    return examinePart(dafangPart('para'), para).state === 'good' && heard.kind !== 'linux-no-mac'
      ? bad('MAC_NOT_SEEN', 'Linux runs; para names no MAC to compare with.')
      : bad('LINUX_WITHOUT_MAC', undefined, ways);
  }
  if (heard.kind === 'linux-no-mac')
    return bad('MAC_CHANGED', `para says ${wanted}, but Linux runs with a MAC it made up.`, ways);
  if (mac === undefined) return bad('MAC_NOT_SEEN');
  if (mac !== wanted) return bad('MAC_CHANGED', `para says ${wanted}, but Linux runs with ${mac}.`, ways);
  const proof: Proof[] = [...readBack(session), 'banner', 'heard'];
  const { notDone } = session;
  return session.isCurrent
    ? {
        outcome: 'CURRENT',
        message: `The camera held all of this already, and Linux starts with its MAC ${mac}. Nothing was written.`,
        proof,
        evidence,
        notDone,
      }
    : {
        outcome: 'PASS',
        message: `${session.isReadBack ? 'Written, read back by CRC-32, and Linux' : 'Linux'} starts with its MAC ${mac}.`,
        proof,
        evidence,
        notDone,
      };
}

const readBack = ({ isReadBack }: Pick<ConsoleSession, 'isReadBack'>): Proof[] =>
  isReadBack ? ['read back'] : [];

/** A verdict of the table of codes that keeps what has been proved. */
export function verdictOf(
  session: Pick<ProvedSoFar, 'isReadBack' | 'notDone'>,
  code: ErrorCode,
  evidence: string | undefined,
  message?: string,
  advice?: string,
): Verdict {
  const error = new BenchError(code, { ...(message && { message }), ...(advice && { advice }) });
  return verdictFrom(error, {
    proof: readBack(session),
    ...(evidence !== undefined && { evidence }),
    ...(session.notDone.length > 0 && { notDone: session.notDone }),
  });
}
