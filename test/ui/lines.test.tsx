import { render } from 'ink-testing-library';
import { describe, expect, it } from 'vitest';
import { Lines } from '../../src/ui/components/lines.tsx';
import { RowBlocks } from '../../src/ui/state/row-blocks.ts';
import { ScreenContextProvider, type ScreenContext } from '../../src/ui/state/screen-context.ts';
import { span } from '../../src/ui/text/line.ts';
import { plainTheme } from '../../src/ui/theme/theme.ts';

/** What `Lines` makes of rows through the real Ink; the stand-ins that Ink lays out are expanded as the terminal does. */
function drawn() {
  const blocks = new RowBlocks();
  const context = {
    blocks,
    ink: { theme: plainTheme, ascii: false, ellipsis: '…' },
  } as unknown as ScreenContext;
  const page = (texts: readonly string[], height: number) => (
    <ScreenContextProvider value={context}>
      <Lines lines={texts.map((text) => [span(text)])} cells={20} height={height} />
    </ScreenContextProvider>
  );
  const { rerender, lastFrame, unmount } = render(page(['one'], 1));
  return {
    show: (texts: readonly string[], height: number) => {
      rerender(page(texts, height));
      return blocks
        .expand(lastFrame() ?? '')
        .split('\n')
        .map((line) => line.trimEnd());
    },
    unmount,
  };
}

describe('rows on the screen', () => {
  it('are drawn whole, filled up and cut to their height', () => {
    const { show, unmount } = drawn();
    expect(show(['one', 'two'], 3)).toEqual(['one', 'two', '']);
    expect(show(['one', 'two', 'three'], 2)).toEqual(['one', 'two']);
    unmount();
  });

  it('change when one of them changes, though Ink sees only its stand-ins', () => {
    const { show, unmount } = drawn();
    expect(show(['10 %'], 1)).toEqual(['10 %']);
    expect(show(['20 %'], 1)).toEqual(['20 %']);
    expect(show(['a row that is much longer than twenty cells'], 1)[0]!.length).toBeLessThanOrEqual(20);
    unmount();
  });
});
