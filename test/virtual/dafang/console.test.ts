import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import CRC32 from 'crc-32';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseLinks } from '../../../src/core/link.ts';
import { createPracticeBench } from '../../../src/virtual/create-practice-bench.ts';
import { ManualClock, settle } from '../../harness/manual-clock.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { Console } from './harness/console.ts';

const LINES = new URL('../../../../shared/data/dafang/console-lines.json', import.meta.url);
const linesFile = existsSync(LINES) ? readFileSync(LINES, 'utf8') : undefined;
const MAC = '34:ce:00:e2:e1:7c';
const DEMO = findVirtualDevice('dafang')
  .practiceImages()
  .find(({ file }) => file === 'demo.bin')!
  .make();
const crcText = (bytes: Uint8Array) => (CRC32.buf(bytes) >>> 0).toString(16).padStart(8, '0');
const PAYLOAD_CRC = crcText(DEMO.subarray(64));

describe('start', () => {
  it('says nothing before it has power, then SPL, U-Boot and the countdown with its backspaces', async () => {
    const camera = await Console.open();
    expect(await camera.send(' \r')).toBe('');
    const text = await camera.powerOn();
    expect(text).toMatch(/\r\nU-Boot SPL 2013\.07 [^]*\r\nU-Boot 2013\.07 \([^]*\r\nDRAM: {2}128 MiB\r\n/);
    expect(text).toMatch(/Hit any key to stop autoboot: {2}1 $/);
    await camera.clock.advance(900);
    expect(camera.heard()).toBe('');
    expect(await camera.send(' ')).toBe('\b\b\b 0 \r\nisvp_t20# ');
  });

  it('boots Linux, which takes its MAC out of para', async () => {
    const camera = await Console.open();
    const text = await camera.boot();
    expect(text).toContain('SF: 2621440 bytes @ 0x40000 Read: OK');
    expect(text).toContain('Verifying Checksum ... OK\r\n');
    expect(text).toContain('Linux version 3.10.14');
    expect(text).toContain('Ingenic-uc1_1 login: ');
    expect(text).toContain(`mac_addr=${MAC}\r\n`);
  });

  it.each(['?state=para-erased', '?fault=mac-changes'])('%s: another MAC at each boot', async (query) => {
    const camera = await Console.open(query);
    const macs = [];
    for (let boot = 0; boot < 2; boot++)
      macs.push(/mac_addr=([0-9a-f:]{17})\r/.exec(await camera.boot())?.[1]);
    expect(macs[0]).toMatch(/^00:e0:/);
    expect(macs[1]).toMatch(/^00:e0:/);
    expect(macs[0]).not.toBe(macs[1]);
  });

  it.each(['kernel-erased', 'uboot-only'])('%s: no kernel, and the prompt', async (state) => {
    const camera = await Console.open(`?state=${state}`);
    const text = await camera.boot();
    expect(text).toMatch(
      /\r\nWrong Image Format for bootm command\r\nERROR: can't get kernel image!\r\nisvp_t20# $/,
    );
  });

  it('hears nothing of a boot loader at the wrong offset, and of one for other RAM only the SPL', async () => {
    expect(await (await Console.open('?state=bootloader-at-wrong-offset')).boot()).toBe('');
    const text = await (await Console.open('?state=wrong-ram-variant')).boot();
    expect(text).toContain('U-Boot SPL 2013.07');
    expect(text).not.toContain('DRAM:');
  });

  it('stops at a flash chip that its boot loader does not know', async () => {
    const camera = await Console.open('?state=unknown-flash-chip');
    const text = await camera.boot();
    expect(text).toContain('\r\nBootloader-Version: ');
    expect(text).toContain(
      '\r\nSF: Unsupported manufacturer 5e\r\nFailed to initialize SPI flash at 0:0\r\n',
    );
    expect(text).toMatch(/\r\nU-Boot> $/);
  });
});

describe('prompt', () => {
  it('echoes, rubs out, is interrupted, joins with ; whatever comes of each', async () => {
    const camera = await Console.open();
    await camera.toPrompt();
    expect(await camera.send('ecxo\b\bho')).toBe('ecxo\b \b\b \bho');
    expect(await camera.send(' a\r')).toBe(' a\r\na\r\nisvp_t20# ');
    expect(await camera.send('junk\x03')).toBe('junk<INTERRUPT>\r\nisvp_t20# ');
    expect(await camera.run('bogus; echo b')).toBe("Unknown command 'bogus' - try 'help'\nb\n");
    expect(await camera.run('md5sum 0 1')).toBe("Unknown command 'md5sum' - try 'help'\n");
  });

  it('takes 1023 characters and beeps at more', async () => {
    const camera = await Console.open();
    await camera.toPrompt();
    expect(await camera.send('A'.repeat(1025))).toBe(`${'A'.repeat(1023)}\x07\x07`);
  });

  it('an empty line repeats what may be repeated: md goes on, loady and a failure do not come back', async () => {
    const camera = await Console.open();
    await camera.toPrompt();
    await camera.run('mw.b 0x80600000 41 20');
    expect(await camera.run('md.b 0x80600000 10')).toBe(
      `80600000: ${'41 '.repeat(16).trim()}    ${'A'.repeat(16)}\n`,
    );
    expect(await camera.run('')).toMatch(/^80600010: /);
    await camera.run('bogus');
    expect(await camera.run('')).toBe('');
  });

  it('expands variables and keeps filesize', async () => {
    const camera = await Console.open();
    await camera.toPrompt();
    await camera.run('setenv word one two');
    expect(await camera.run('echo ${word}')).toBe('one two\n');
    expect(await camera.run('printenv bootdelay')).toBe('bootdelay=1\n');
    expect(await camera.run('printenv nothing')).toBe('## Error: "nothing" not defined\n');
  });

  it('hangs on what is no memory, until its power is cycled', async () => {
    const camera = await Console.open();
    await camera.toPrompt();
    expect(await camera.send('md.b 0x90000000 10\r')).toBe('md.b 0x90000000 10\r\n');
    expect(await camera.send('\r')).toBe('');
    expect(await camera.toPrompt()).toMatch(/isvp_t20# $/);
  });
});

describe('restore from the SD card', () => {
  it('takes the ten steps of the reference, and then it boots', async () => {
    const camera = await Console.open('?state=uboot-only');
    await camera.toPrompt();
    expect(await camera.run('mmc rescan')).toBe('');
    expect(await camera.run('fatls mmc 0:1')).toBe(
      ' 11075648   demo.bin \n  1835072   kernel.bin \n\n2 file(s), 0 dir(s)\n\n',
    );
    await camera.run('mw.b 0x80600000 0xff 0xa90000');
    expect(await camera.run('fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40')).toMatch(
      /^reading demo\.bin\n11075584 bytes read in \d+ ms/,
    );
    expect(await camera.run('printenv filesize')).toBe('filesize=a90000\n');
    expect(await camera.run('crc32 0x80600000 0xa90000')).toBe(
      `CRC32 for 80600000 ... 8108ffff ==> ${PAYLOAD_CRC}\n`,
    );
    expect(await camera.run('sf read 0x80600000 0 100')).toBe(
      "No SPI flash selected. Please run `sf probe'\n",
    );
    await camera.run('fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40');
    expect(await camera.run('sf probe')).toMatch(
      /^the manufacturer c8\nSF: Detected GD25Q128\n\n--->probe spend \d+ ms\n$/,
    );
    const update = await camera.send('sf update 0x80600000 0x40000 0xa90000\r');
    expect(update).toMatch(/\rUpdating, 50% \d+ B\/s/);
    const [, written, skipped] =
      /\r(\d+) bytes written, (\d+) bytes skipped in [\d.]+s, speed \d+ B\/s\r\n/.exec(update)!;
    expect(Number(written) + Number(skipped)).toBe(11_075_584);
    expect(update).toMatch(/\r\n--->update spend \d+ ms\r\nisvp_t20# $/);
    expect(await camera.run('sf read 0x81400000 0x40000 0xa90000')).toMatch(
      /^SF: 11075584 bytes @ 0x40000 Read: OK\n--->read spend \d+ ms\n$/,
    );
    expect(await camera.run('crc32 0x81400000 0xa90000')).toContain(PAYLOAD_CRC);
    expect(await camera.run('cmp.b 0x80600000 0x81400000 0xa90000')).toBe(
      'Total of 11075584 byte(s) were the same\n',
    );
    const again = await camera.run('sf update 0x80600000 0x40000 0xa90000');
    expect(again).toMatch(/\r0 bytes written, 11075584 bytes skipped in/);
    expect(await camera.run('reset')).toMatch(/^resetting \.\.\.\n\n\n\nU-Boot SPL 2013\.07/);
    await camera.clock.advance(1500);
    expect(camera.heard()).toContain(`mac_addr=${MAC}`);
  });

  it('the length of the old recipe leaves 64 bytes of whatever RAM held', async () => {
    const camera = await Console.open();
    await camera.toPrompt();
    await camera.run('fatload mmc 0:1 0x80600000 demo.bin 0xa8ffc0 0x40');
    expect(await camera.run('crc32 0x80600000 0xa90000')).not.toContain(PAYLOAD_CRC);
  });

  it.each([
    ['no-card', 'mmc rescan', 'MMC: no card present\n'],
    ['no-card', 'fatls mmc 0:1', 'MMC: no card present\n** Bad device mmc 0:1 **\n'],
    ['card-dead', 'mmc rescan', 'Card did not respond to voltage select!\n'],
    ['card-without-partition', 'fatls mmc 0:1', '** No partition table - mmc 0:1 **\n'],
    ['card-not-fat', 'fatls mmc 0:1', '** Unrecognized filesystem type **\n'],
    [
      'no-demo',
      'fatload mmc 0:1 0x80600000 demo.bin',
      'reading demo.bin\n** Unable to read file demo.bin **\n',
    ],
  ])('%s: %s', async (fault, command, answer) => {
    const camera = await Console.open(`?fault=${fault}`);
    await camera.toPrompt();
    expect(await camera.run(command)).toBe(answer);
  });

  it('a cut and a damaged demo.bin show in size and CRC', async () => {
    const cut = await Console.open('?fault=cut-demo');
    await cut.toPrompt();
    expect(await cut.run('fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40')).toMatch(/^.*\n6291392 bytes/);
    const damaged = await Console.open('?fault=damaged-demo');
    await damaged.toPrompt();
    await damaged.run('fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40');
    expect(await damaged.run('crc32 0x80600000 0xa90000')).not.toContain(PAYLOAD_CRC);
  });
});

describe('a card with a file of the host', () => {
  it('has that file alone, under its own name, in whatever case it is asked for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'benchflash-card-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'Demo.BIN');
    writeFileSync(file, 'what lies on it');
    const camera = await Console.open(`?sd=${file}`);
    await camera.toPrompt();
    expect(await camera.run('fatls mmc 0:1')).toBe('       15   demo.bin \n\n1 file(s), 0 dir(s)\n\n');
    expect(await camera.run('fatload mmc 0:1 0x80600000 demo.bin')).toContain('15 bytes read');
    expect(await camera.run('md.b 0x80600000 4')).toMatch(/wha?t/);
  });

  it('that is not there is refused, and so is a card for a unit without a slot', async () => {
    await expect(Console.open('?sd=/nowhere/demo.bin')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const bench = createPracticeBench({ dataDir: tmpdir(), clock: new ManualClock() });
    expect(() => bench.check(parseLinks('virtual:lamp?sd=demo.bin')[0]!)).toThrow('no slot for an SD card');
  });
});

describe('a U-Boot of 2023', () => {
  const open = async (more = '') => {
    const camera = await Console.open(`?state=newer-uboot${more}`);
    const start = await camera.toPrompt();
    return { camera, start };
  };

  it('starts, and puts it as the recorded consoles have it', async () => {
    const { camera, start } = await open();
    expect(start).toMatch(/\r\nU-Boot 2023\.01 \([^]*[\b]{3} 0 \r\nisvp_t20# $/);
    expect(await camera.run('version')).toMatch(/^\nU-Boot 2023\.01 /);
    expect(await camera.run('sf probe')).toBe(
      'SF: Detected gd25q128 with page size 256 Bytes, erase size 4 KiB, total 16 MiB\n',
    );
    expect(await camera.run('fatload mmc 0:1 0x80600000 nofile.bin')).toBe("Failed to load 'nofile.bin'\n");
    expect(await camera.run('fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40')).toMatch(
      /^11075584 bytes read in \d+ ms/,
    );
    expect(await camera.run('crc32 0x80600000 0xa90000')).toBe(
      `crc32 for 80600000 ... 8108ffff ==> ${PAYLOAD_CRC}\n`,
    );
    expect(await camera.run('sf update 0x80600000 0x40000 0xa90000')).toMatch(
      /^device 0 offset 0x40000, size 0xa90000\n[^]*\r\d+ bytes written, \d+ bytes skipped in [\d.]+s, speed \d+ B\/s\n$/,
    );
    expect(await camera.run('sf read 0x80600000 0 0x100')).toBe(
      'device 0 offset 0x0, size 0x100\nSF: 256 bytes @ 0x0 Read: OK\n',
    );
    expect(await camera.run('sf erase 0x100 0x10')).toBe('SF: 16 bytes @ 0x100 Erased: ERROR -22\n');
    expect(await camera.run('sf read 0x81400000 0xff0000 0x20000')).toMatch(
      /^Size exceeds partition or device limit\n/,
    );
    expect(await camera.run('mw.b 0x80600000 41 10; md.b 0x80600000 10')).toBe(
      `80600000: ${'41 '.repeat(16)} ${'A'.repeat(16)}\n`,
    );
  });

  it('looks at the protection of the chip, and calls an upload that ended early aborted', async () => {
    const { camera } = await open('&fault=protected');
    await camera.run('sf probe');
    const locked = 'ERROR: flash area is locked\n';
    expect(await camera.run('sf update 0x80600000 0x40000 0x1000')).toContain(locked);
    expect(await camera.run('sf erase 0x40000 0x1000')).toBe(locked);
    await camera.send('loady 0x80600000\r');
    expect(await camera.send('\x18\x18\x18')).toBe(
      'Cancelled\r\n## Binary (ymodem) download aborted\r\nisvp_t20# ',
    );
  });

  it('boots Linux, and without a kernel stays at its prompt', async () => {
    expect(await (await Console.open('?state=newer-uboot')).boot()).toContain(`mac_addr=${MAC}`);
    expect(await (await Console.open('?state=newer-uboot-no-kernel')).boot()).toMatch(
      /\r\nERROR: can't get kernel image!\r\nisvp_t20# $/,
    );
  });
});

describe('help', () => {
  const STOCK =
    'base boot boota bootd bootm chpart cmp coninfo cp crc32 echo env fatinfo fatload fatls gettime go help loadb loads loady loop md mm mmc mmcinfo mtdparts mw nm printenv reset run saveenv sdupdate setenv sf sleep source version'.split(
      ' ',
    );
  const DAFANG_HACKS = 'exit ext4load ext4ls false gpio showvar test true'.split(' ');
  const listed = async (query: string) => {
    const camera = await Console.open(query);
    await camera.toPrompt();
    const lines = (await camera.run('help')).trimEnd().split('\n');
    return lines.map((line) => line.split('-')[0]!.trim()).filter((name) => name !== '?');
  };

  it('lists the commands of the binary, in order', async () => {
    expect(await listed('')).toEqual(STOCK);
    expect(await listed('?state=dafang-hacks')).toEqual([...STOCK, ...DAFANG_HACKS].sort());
  });
});

describe('sf', () => {
  const probed = async (query = '') => {
    const camera = await Console.open(query);
    await camera.toPrompt();
    await camera.run('sf probe');
    return camera;
  };

  it('refuses what is crooked or beyond the end', async () => {
    const camera = await probed();
    expect(await camera.run('sf erase 0x100 0x1000')).toContain(
      'addr align as 1000 !\nSF: 4096 bytes @ 0x100 Erased: ERROR',
    );
    expect(await camera.run('sf erase 0 0x10')).toContain(
      'len align as 1000 !\nSF: 16 bytes @ 0 Erased: ERROR',
    );
    expect(await camera.run('sf read 0x80600000 0xff0000 0x20000')).toContain(
      'ERROR: attempting read past flash size (0x1000000)',
    );
    expect(await camera.run('sf protect')).toContain('sf - SPI flash sub-system\n\nUsage:\n');
  });

  it('programs only into what is erased, and +LEN rounds up', async () => {
    const camera = await probed();
    await camera.run('mw.b 0x80600000 5a 1000');
    expect(await camera.run('sf erase 0xfb0000 +0x10')).toContain('SF: 4096 bytes @ 0xfb0000 Erased: OK');
    expect(await camera.run('sf write 0x80600000 0xfb0000 0x1000')).toContain(
      'SF: 4096 bytes @ 0xfb0000 Written: OK',
    );
    await camera.run('sf read 0x80700000 0xfb0000 0x1000');
    expect(await camera.run('cmp.b 0x80600000 0x80700000 0x1000')).toBe(
      'Total of 4096 byte(s) were the same\n',
    );
    await camera.run(
      'mw.b 0x80600000 a5 1000; sf write 0x80600000 0xfb0000 0x1000; sf read 0x80700000 0xfb0000 10',
    );
    expect(await camera.run('md.b 0x80700000 1')).toMatch(/^80700000: 00 /);
  });

  it('fails half-way, or lies about what it has written', async () => {
    const failing = await probed('?fault=update-fails');
    expect(await failing.run('sf update 0x80600000 0x40000 0x10000')).toContain(
      '\rSPI flash failed in erase step\n',
    );
    const lying = await probed('?fault=write-lies');
    await lying.run('mw.b 0x80600000 11 1000; sf update 0x80600000 0x40000 0x1000');
    await lying.run('sf read 0x80700000 0x40000 0x1000');
    expect(await lying.run('cmp.b 0x80600000 0x80700000 0x1000')).toContain('!= byte at');
  });

  it('takes the time of the chip and the wire where they are modelled', async () => {
    const camera = await Console.open('?pace=115200');
    await camera.port.perform('power-cycle');
    await camera.clock.until(() => camera.heard().includes('autoboot'));
    void camera.port.write(Buffer.from(' '));
    await camera.clock.advance(100);
    camera.heard();
    void camera.port.write(Buffer.from('sf probe\r'));
    await camera.clock.advance(200);
    const begun = camera.clock.monotonicMs();
    void camera.port.write(Buffer.from('sf update 0x80600000 0x40000 0x20000\r'));
    let text = '';
    await camera.clock.until(() => (text += camera.heard()).includes('--->update'));
    const tookMs = camera.clock.monotonicMs() - begun;
    expect(tookMs).toBeGreaterThan(32 * 45);
    expect([...text.matchAll(/\rUpdating, (\d+)% \d+ B\/s/g)].length).toBeGreaterThan(5);
  });
});

describe.skipIf(linesFile == null)(
  `console-lines.json${linesFile == null ? ' (skipped: ../shared/data is not there)' : ''}`,
  () => {
    const { lines } = JSON.parse(linesFile ?? '{"lines":[]}') as { lines: { id: string; re: string }[] };
    const said = async () => {
      const texts = [
        await (await Console.open()).boot(),
        await (await Console.open('?state=unknown-flash-chip')).boot(),
      ];
      const gone = await Console.open('?state=kernel-erased&fault=no-card');
      texts.push(await gone.boot());
      texts.push(await gone.send('mmc rescan\rfatls mmc 0:1\rsf probe\rsf erase 1 1\rfoo\r'));
      const camera = await Console.open('?fault=update-fails');
      await camera.toPrompt();
      for (const line of [
        'sf read 0x80600000 0 100',
        'sf probe',
        'fatload mmc 0:1 0x80600000 nofile',
        'fatload mmc 0:1 0x80600000 demo.bin',
        'sf update 0x80700000 0 40000',
        'sf write 0x80600000 ff0000 100',
        'sf read 0x80600000 0 0x2000000',
        'sf erase 0x1 0x1000',
        'crc32 0x80600000 100',
        'cmp.b 0x80600000 0x80600000 4',
        'mw.b 0x80600090 0 1; bootm 0x80600000',
      ])
        texts.push(await camera.send(`${line}\r`));
      const dead = await Console.open('?fault=card-dead');
      await dead.toPrompt();
      texts.push(
        await dead.send('mmc rescan\r'),
        await dead.send('loady\r'),
        await dead.send('\x18\x18\x18'),
      );
      for (const fault of ['card-without-partition', 'card-not-fat']) {
        const card = await Console.open(`?fault=${fault}`);
        await card.toPrompt();
        texts.push(await card.send('fatls mmc 0:1\r'));
      }
      const good = await Console.open();
      await good.toPrompt();
      await good.run('sf probe');
      texts.push(await good.send('sf update 0x80700000 0x40000 0xa0000\r'));
      return texts.join('\n').replaceAll('\r\n', '\n');
    };

    it('every line of the stock loader that can be had here is said as it is written there', async () => {
      const text = await said();
      const missing = lines.filter(({ re }) => !new RegExp(re, 'm').test(text)).map(({ id }) => id);
      expect(missing).toEqual([]);
    });
  },
);

describe('noise', () => {
  it.each(['loses-characters', 'garbles-characters'])('%s now and then in a long dump', async (fault) => {
    const clean = await Console.open();
    const noisy = await Console.open(`?fault=${fault}`);
    const dumps = [];
    for (const camera of [clean, noisy]) {
      await camera.toPrompt();
      await camera.send('sf probe\rsf read 0x80600000 0xfb0000 0x4000\r');
      dumps.push(await camera.send('md.b 0x80600000 0x4000\r'));
    }
    await settle();
    expect(dumps[1]).not.toBe(dumps[0]);
    expect(Math.abs(dumps[1]!.length - dumps[0]!.length)).toBeLessThan(20);
  });
});
