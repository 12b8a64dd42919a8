import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { abilitiesOf, commandLine, layoutText } from '../../../src/protocols/flashrom/command.ts';
import { Flashrom } from '../../../src/protocols/flashrom/flashrom.ts';
import type { Progress } from '../../../src/core/progress.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { HELP, ScriptedFlashrom, type Answer, type Call } from '../../harness/scripted-flashrom.ts';

const BOOT = { name: 'boot', offset: 0, size: 0x4_0000 };
const SIZE = 0x100_0000;
const START = 'Found GigaDevice flash chip "GD25Q128C" (16384 kB, SPI) on ch341a_spi.\n';
const WRITING = `${START}Reading old flash chip contents... done.\nErasing and writing flash chip... `;

async function open(
  script: Partial<Record<Call, Answer[]>> = {},
  change: (programs: ScriptedFlashrom) => void = () => {},
) {
  const programs = new ScriptedFlashrom(new Uint8Array(SIZE).fill(1), script);
  change(programs);
  const flashrom = await Flashrom.open({
    programs,
    programmer: 'ch341a_spi',
    clock: new ManualClock(),
    log: () => {},
  });
  return { flashrom, programs };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof BenchError ? error.code : String(error)),
  );
const written = async (answer: Answer) => {
  const { flashrom } = await open({ write: [answer] });
  return codeOf(flashrom.write(new Uint8Array(SIZE), [BOOT], { label: 'writing' }));
};

describe('what this flashrom can is found in its own help', () => {
  it('1.3.0 has no progress, later ones have', () => {
    expect(abilitiesOf(HELP)).toEqual({ regions: true, progress: false });
    expect(abilitiesOf(`${HELP}      --progress   show progress\n`)).toEqual({
      regions: true,
      progress: true,
    });
  });

  it('FLASHROM_MISSING and FLASHROM_TOO_OLD come before any programmer is touched', async () => {
    expect(await codeOf(open({ help: [{ notStarted: 'missing', exitCode: undefined }] }))).toBe(
      'FLASHROM_MISSING',
    );
    expect(await codeOf(open({ help: [{ stdout: 'usage: flashrom [-r|-w] file' }] }))).toBe(
      'FLASHROM_TOO_OLD',
    );
  });
});

describe('the words of a run', () => {
  it('write by region, and never the whole chip', () => {
    const abilities = { regions: true, progress: false };
    const operation = { kind: 'write', file: 'f', layoutFile: 'l' } as const;
    expect(commandLine({ programmer: 'p', chip: 'c' }, { ...operation, regions: [BOOT] }, abilities)).toEqual(
      ['-p', 'p', '-c', 'c', '-V', '-l', 'l', '-i', 'boot', '-w', 'f'],
    );
    expect(() => commandLine({ programmer: 'p' }, { ...operation, regions: [] }, abilities)).toThrow(
      'whole chip',
    );
  });

  it('name the last byte of a region, as flashrom wants it', () => {
    expect(layoutText([BOOT, { name: 'para', offset: 0xfb_0000, size: 0x4_0000 }])).toBe(
      '00000000:0003ffff boot\n00fb0000:00feffff para\n',
    );
  });
});

const UNKNOWN = 'Found Generic flash chip "unknown SPI chip (RDID)" (0 kB, SPI) on serprog.\n';
const compared = (...ids: readonly string[]) =>
  ids
    .map((id) => id.split(' '))
    .map(([maker, device]) => `Probing for X Y, 64 kB: compare_id: id1 0x${maker}, id2 0x${device}\n`)
    .join('');

describe('a probe', () => {
  const probed = async (answer: Answer, change?: (programs: ScriptedFlashrom) => void) => {
    const { flashrom } = await open({ probe: [{ exitCode: 1, ...answer }] }, change);
    return codeOf(flashrom.probe(undefined));
  };
  const notOpened = { stderr: "Couldn't open device 1a86:5512.\nError: Programmer initialization failed.\n" };

  it.each<[string, Answer, string]>([
    ['no programmer', notOpened, 'PROGRAMMER_MISSING'],
    [
      'a server that refuses',
      {
        stderr:
          'Error: serprog cannot connect: Connection refused\nError: Programmer initialization failed.\n',
      },
      'PROGRAMMER_MISSING',
    ],
    [
      'an unknown programmer',
      { stderr: 'Error: Unknown programmer "nosuch". Valid choices are:\n' },
      'LINK_UNKNOWN',
    ],
    ['no chip', { stdout: 'No EEPROM/flash device found.\n' }, 'FLASH_CHIP_NOT_FOUND'],
    [
      'a generic chip',
      {
        stdout: 'Found Generic flash chip "unknown SPI chip (REMS)" (0 kB, SPI) on dummy.\n',
        stderr: 'Read is not working on this chip. Aborting.\n',
      },
      'FLASH_CONTACT_BAD',
    ],
    [
      'an id that no name has',
      { exitCode: 0, stdout: `${compared('5e 4018', '5e 4018', '5e 17')}${UNKNOWN}` },
      'FLASH_CHIP_UNKNOWN',
    ],
    [
      'an id that is another one each time',
      { exitCode: 0, stdout: `${compared('5e 4018', '5e 4818')}${UNKNOWN}` },
      'FLASH_CONTACT_BAD',
    ],
    [
      'an id that is one byte three times',
      { exitCode: 0, stdout: `${compared('2a 2a2a', '2a 2a2a')}${UNKNOWN}` },
      'FLASH_CONTACT_BAD',
    ],
    ['no end', { endedBy: 'limit', exitCode: undefined }, 'PROGRAMMER_STALLED'],
    ['an exit without words', {}, 'FLASHROM_FAILED'],
    ['words without a good exit', { stdout: START }, 'FLASHROM_FAILED'],
    ['a good exit without words', { exitCode: 0 }, 'FLASHROM_FAILED'],
  ])('%s', async (_what, answer, code) => {
    expect(await probed(answer)).toBe(code);
  });

  it('tells the jumper (PROGRAMMER_WRONG_MODE) and missing rights (PROGRAMMER_NO_PERMISSION) by the USB devices', async () => {
    expect(await probed(notOpened, (programs) => (programs.usb = ['1d6b:0002', '1a86:5523']))).toBe(
      'PROGRAMMER_WRONG_MODE',
    );
    expect(await probed(notOpened, (programs) => (programs.usb = ['1a86:5512']))).toBe(
      'PROGRAMMER_NO_PERMISSION',
    );
  });

  it('names the chips that share an id (FLASH_CHIP_AMBIGUOUS)', async () => {
    const stdout =
      'Found GigaDevice flash chip "GD25B128B/GD25Q128B" (16384 kB, SPI) on serprog.\n' +
      'Found GigaDevice flash chip "GD25Q127C/GD25Q128C" (16384 kB, SPI) on serprog.\n' +
      'Multiple flash chip definitions match the detected chip(s): "GD25B128B/GD25Q128B", "GD25Q127C/GD25Q128C"\n';
    const { flashrom } = await open({ probe: [{ exitCode: 1, stdout }] });
    await expect(flashrom.probe(undefined)).rejects.toMatchObject({
      code: 'FLASH_CHIP_AMBIGUOUS',
      detail: { names: 'GD25B128B/GD25Q128B\nGD25Q127C/GD25Q128C' },
    });
  });

  it('keeps the name for what follows, and tells the JEDEC id', async () => {
    const { flashrom, programs } = await open();
    expect(await flashrom.probe(undefined)).toMatchObject({
      name: 'GD25Q128C',
      jedecId: 'c84018',
      sizeBytes: SIZE,
    });
    await flashrom.read(SIZE, { label: 'reading' });
    expect(programs.calls.at(-1)!.args).toEqual(expect.arrayContaining(['-c', 'GD25Q128C']));
  });
});

describe('a read', () => {
  it('is good by exit code, words and size together (FLASH_READ_FAILED)', async () => {
    const read = async (answer: Answer) => {
      const { flashrom } = await open({ read: [answer] });
      return codeOf(flashrom.read(SIZE, { label: 'reading' }));
    };
    expect(await read({ stdout: `${START}Reading flash... FAILED.\n`, exitCode: 1 })).toBe(
      'FLASH_READ_FAILED',
    );
    expect(await read({ stdout: START })).toBe('FLASH_READ_FAILED');
    // The words alone, and no file.
    expect(await read({ stdout: `${START}Reading flash... done.\n` })).toBe('FLASH_READ_FAILED');
  });

  it('does not take the image of the read before for its own', async () => {
    const { flashrom } = await open({
      read: [undefined as unknown as Answer, { stdout: `${START}Reading flash... done.\n` }],
    });
    await flashrom.read(SIZE, { label: 'first' });
    expect(await codeOf(flashrom.read(SIZE, { label: 'second' }))).toBe('FLASH_READ_FAILED');
  });

  it('stops on a cancel', async () => {
    const { flashrom } = await open();
    expect(await codeOf(flashrom.read(SIZE, { label: 'reading', signal: AbortSignal.abort() }))).toBe(
      'ABORTED',
    );
  });
});

describe('a write', () => {
  it('runs on whatever becomes of its terminal, and everything else does not need to', async () => {
    const { flashrom, programs } = await open();
    await flashrom.read(SIZE, { label: 'reading' });
    await flashrom.write(new Uint8Array(SIZE), [BOOT], { label: 'writing' });
    expect(programs.calls.map(({ call, shielded }) => [call, shielded])).toEqual([
      ['help', false],
      ['read', false],
      ['write', true],
    ]);
    expect(programs.chip.subarray(0, BOOT.size).every((byte) => byte === 0)).toBe(true);
    expect(programs.chip[BOOT.size]).toBe(1);
  });

  it.each<[string, Answer, string]>([
    ['verified', { stdout: `${WRITING}Erase/write done.\nVerifying flash... VERIFIED.\n` }, 'done'],
    [
      'nothing to do',
      {
        stdout: `${WRITING}\nWarning: Chip content is identical to the requested image.\nErase/write done.\n`,
      },
      'done',
    ],
    [
      'done without VERIFIED',
      { stdout: `${WRITING}Erase/write done from 0 to 3ffff\n` },
      'FLASH_STATE_UNKNOWN',
    ],
    [
      'VERIFIED with a bad exit',
      { stdout: `${WRITING}Erase/write done.\nVerifying flash... VERIFIED.\n`, exitCode: 3 },
      'FLASH_STATE_UNKNOWN',
    ],
    [
      'verify failed',
      {
        stdout: `${WRITING}Erase/write done.\nVerifying flash... `,
        stderr: 'FAILED at 0x00000000! Expected=0x62, Found=0x3d\nYour flash chip is in an unknown state.\n',
        exitCode: 3,
      },
      'FLASH_STATE_UNKNOWN',
    ],
    [
      'refused, nothing changed',
      {
        stdout: WRITING,
        stderr:
          "FAILED!\nUh oh. Erase/write failed. Checking if anything has changed.\nGood, writing to the flash chip apparently didn't do anything.\n",
        exitCode: 2,
      },
      'FLASH_PROTECTED',
    ],
    [
      'half written',
      {
        stdout: WRITING,
        stderr:
          'Uh oh. Erase/write failed. Checking if anything has changed.\nApparently at least some data has changed.\n',
        exitCode: 2,
      },
      'FLASH_STATE_UNKNOWN',
    ],
    ['gone in the middle', { stdout: WRITING, exitCode: undefined }, 'FLASH_STATE_UNKNOWN'],
    ['broken off', { stdout: WRITING, exitCode: undefined, endedBy: 'signal' }, 'FLASH_WRITE_BROKEN_OFF'],
    [
      'stopped before it touched the chip',
      { stdout: START, exitCode: undefined, endedBy: 'signal' },
      'ABORTED',
    ],
    [
      'programmer gone before it touched the chip',
      { stderr: "Couldn't open device 1a86:5512.\n", exitCode: 1 },
      'PROGRAMMER_MISSING',
    ],
    [
      'old contents not read',
      { stdout: `${START}Reading old flash chip contents... FAILED.\n`, exitCode: 1 },
      'FLASH_READ_FAILED',
    ],
  ])('%s', async (_what, answer, code) => {
    expect(await written(answer)).toBe(code);
  });

  it('shows how far it is by the blocks that 1.3.0 names, and only time where nothing is said', async () => {
    const seen: Progress[] = [];
    const blocks = '0x000000-0x00ffff:EW, 0x010000-0x01ffff:EW, ';
    const { flashrom } = await open({
      write: [
        {
          stdout: `${WRITING}Trying erase function 0... ${blocks}\nErase/write done.\nVerifying flash... VERIFIED.\n`,
        },
      ],
    });
    await flashrom.write(new Uint8Array(SIZE), [BOOT], {
      label: 'writing boot',
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen).toContainEqual({ label: 'writing boot', done: 0x2_0000, total: 0x4_0000, unit: 'bytes' });
    expect(seen[0]).toEqual({ label: 'writing boot', done: 0, unit: 'seconds' });
  });

  it('leaves no image behind', async () => {
    const { flashrom, programs } = await open();
    await flashrom.read(SIZE, { label: 'reading' });
    await flashrom.close();
    expect(programs.folders).toBe(0);
  });
});
