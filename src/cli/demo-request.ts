import { join } from 'node:path';
import type { BatchRequest } from '../bench/view.ts';
import { parseLinks } from '../core/link.ts';
import type { VirtualDevices } from './services.ts';

const DEVICE = 'lamp';
const FLOW = 'mijia-bedside-lamp-2';

/**
 * A batch of virtual lamps in which something happens: most go through, one dies in the middle the first time and
 * passes on a retry. Makes its firmware below `folder`.
 */
export async function demoRequest(
  virtual: Pick<VirtualDevices, 'makePracticeImages'>,
  folder: string,
  slots: number,
): Promise<BatchRequest> {
  const images = await virtual.makePracticeImages(DEVICE, join(folder, 'practice-firmware'));
  const image = images[0];
  const parameters = new URLSearchParams({ n: String(slots), pace: '460800' });
  if (slots > 2) parameters.append('fault', '3:dies-at-50%-once');
  return {
    flowId: FLOW,
    task: 'flash',
    links: parseLinks(`virtual:${DEVICE}?${parameters.toString()}&fresh`),
    files: image ? [{ path: image.path }] : [],
    settings: {},
    assume: [],
  };
}
