import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPracticeEspHome, practiceEspHome } from '../../../src/virtual/plug/esphome/esphome-images.ts';
import { Running } from '../../e2e/program.ts';

const python = 'python3';
const hasPackage = !execaSync(python, ['-c', 'import esphome.espota2'], { reject: false }).failed;
const missing = hasPackage ? undefined : 'the Python package esphome is not installed';
const CHILD = join(import.meta.dirname, 'espota2_child.py');

/** ESPHome's own client and our virtual plug: neither knows anything of the other but the protocol. */
describe.skipIf(missing)(`espota2 of ESPHome${missing ? ` (${missing})` : ''}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'benchflash-espota-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Updates a new unit; what the client said, its exit status, and the flash after the unit started again. */
  async function update(
    image: Uint8Array,
    options: { state?: string; password?: string; faults?: readonly string[]; restarts?: boolean } = {},
  ) {
    const { state = 'open', password, faults = [], restarts = true } = options;
    const file = join(folder, 'image.bin');
    const flash = join(folder, 'flash.bin');
    writeFileSync(file, image);
    rmSync(flash, { force: true });
    const server = new Running([
      ...['virtual', 'esphome-plug', '--listen', 'tcp://127.0.0.1:0', '--image', flash, '--state', state],
      ...faults.flatMap((fault) => ['--fault', fault]),
    ]);
    try {
      const [, port = ''] = await server.saw(/^listening on tcp:\/\/127\.0\.0\.1:(\d+)$/m);
      const client = await execa(
        python,
        [CHILD, '127.0.0.1', port, file, ...(password == null ? [] : [password])],
        { reject: false, all: true, timeout: 120_000 },
      );
      if (restarts) await server.sawLog(/starts esphome \(restart\)/);
      server.process.kill('SIGTERM');
      const { stderr } = await server.ended;
      return { status: client.exitCode, said: client.all, log: stderr, flash: () => readFileSync(flash) };
    } finally {
      server.process.kill('SIGKILL');
      await server.ended;
    }
  }

  it.each([
    ['open', undefined],
    ['old', undefined],
    ['gzip', undefined],
    ['md5', 'practice'],
    ['sha256', 'practice'],
    ['extended', 'practice'],
  ])('updates a unit in the state %s', async (state, password) => {
    const image = newPracticeEspHome();
    const { status, said, log, flash } = await update(image, {
      state,
      ...(password != null && { password }),
    });
    expect(status, said).toBe(0);
    expect(said).toContain('OTA successful');
    expect(log).toContain('ESPHome 2026.10.1 starts');
    expect(flash().subarray(0, image.length).equals(image)).toBe(true);
  });

  it.each([
    ['a wrong password', { state: 'md5', password: 'wrong' }, 'Authentication invalid'],
    ['a wrong password (SHA-256)', { state: 'sha256', password: 'wrong' }, 'Authentication invalid'],
    ['no password', { state: 'sha256' }, 'requests password, but no password given'],
    ['error 8b', { faults: ['ota-error-8b'] }, 'Application MD5 code mismatch'],
    ['error 85', { faults: ['ota-error-85'] }, 'Please press the reset button'],
  ])('is told of %s', async (_, options, text) => {
    const { status, said } = await update(newPracticeEspHome(), { ...options, restarts: false });
    expect(status).toBe(1);
    expect(said).toContain(text);
  });

  it('is told that there is no room', async () => {
    const { status, said } = await update(practiceEspHome({}, { codeBytes: 786_432 }), { restarts: false });
    expect(status).toBe(1);
    expect(said).toContain('ESP does not have enough space to store OTA file');
  });
});
