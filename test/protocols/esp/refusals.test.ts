import { describe, expect, it } from 'vitest';
import { meet } from './meet.ts';

describe('a command that the stub refuses', () => {
  it('is said with the words for its status', async () => {
    const { fake, loader, run } = await meet();
    await run(loader.startStub());
    fake.script = ({ op }) => (op === 0x13 ? { status: [0xc4, 0] } : undefined);
    const refused = run(
      loader.md5(0, 0x1000).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(await refused).toMatchObject({
      code: 'LOADER_REFUSED',
      outcome: 'FAIL',
      detail: { status: 0xc4 },
    });
  });
});
