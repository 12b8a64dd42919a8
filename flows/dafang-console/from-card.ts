import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { crcOfRam, crcText, fillRam, findOnCard, loadFromCard } from '../../src/protocols/uboot/index.ts';
import type { DemoFile } from './plan.ts';
import { LOAD_ADDRESS, type ConsoleRun, type ConsoleSession } from './session.ts';

const FILE = 'demo.bin';

/**
 * Steps 1 to 5 of the restore from SD: card, file, RAM, CRC-32. Lengths and CRC are those of the file's own header.
 * False where there is no such card and it need not be one. Throws SD_CARD_UNUSABLE, SD_FILE_WRONG.
 */
export async function loadDemo(session: ConsoleSession, run: ConsoleRun, demo: DemoFile): Promise<boolean> {
  const { console } = session;
  const { signal, plan } = run;
  try {
    const fileBytes = await findOnCard(console, FILE, { signal });
    if (fileBytes !== demo.fileBytes) throw wrongFile(`it has ${fileBytes} bytes, not ${demo.fileBytes}`);
  } catch (error) {
    if (plan.source !== 'auto' || !isBenchError(error, 'SD_CARD_UNUSABLE')) throw error;
    run.warn(`${error.message} The firmware comes over the console instead.`);
    return false;
  }
  const { payloadBytes, payloadCrc, headerBytes } = demo;
  run.progress({ label: 'loading demo.bin from the SD card', done: 0, unit: 'tries' });
  await fillRam(console, LOAD_ADDRESS, 0xff, payloadBytes, { signal });
  const range = { file: FILE, address: LOAD_ADDRESS, length: payloadBytes, skip: headerBytes };
  await loadFromCard(console, range, { signal });
  const crc = await crcOfRam(console, LOAD_ADDRESS, payloadBytes, { signal, expected: payloadCrc });
  if (crc !== payloadCrc) throw wrongFile(`its CRC-32 is ${crcText(crc)}, not ${crcText(payloadCrc)}`);
  return true;
}

const wrongFile = (why: string) =>
  new BenchError('SD_FILE_WRONG', {
    message: `The demo.bin on the SD card is not the one that was chosen: ${why}. Nothing was written.`,
  });
