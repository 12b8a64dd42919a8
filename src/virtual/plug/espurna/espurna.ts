import { imageHolds } from '../../esp/boot/image.ts';
import { openPoint } from '../arduino/open-point.ts';
import { sketchIn, type Sketch } from '../arduino/sketch.ts';
import { restartInto } from '../arduino/update-faults.ts';
import { UpdateSink } from '../arduino/update-sink.ts';
import { askForLogin, hasBasicLogin, type WebCall } from '../arduino/web-server.ts';
import { macTail } from '../mac-text.ts';
import type { PlugFirmware, RunningPlug } from '../plug-firmware.ts';

const USER = 'admin';
/** As it stands in every image; that of its access point too. */
const PASSWORD = 'fibonacci';

/** ESPurna that knows no Wi-Fi yet: its access point and its update page (reference section 8.3). */
export const espurna: PlugFirmware = {
  name: 'espurna',
  recognizes(flash, chip) {
    const sketch = sketchIn(flash, chip);
    return sketch != null && imageHolds(sketch.app, '[MAIN] ESPURNA ');
  },
  start(plug) {
    const sketch = sketchIn(plug.flash, plug.chip)!;
    return openPoint(plug, {
      ssid: `ESPURNA-${macTail(plug.chip.mac)}`,
      password: PASSWORD,
      answer: (call) => answer(plug, sketch, call),
    });
  },
};

async function answer(plug: RunningPlug, sketch: Sketch, call: WebCall): Promise<void> {
  if (!hasBasicLogin(call, USER, PASSWORD)) return askForLogin(call, 'ESPURNA');
  if (call.path === '/') return call.reply(200, 'text/html', '<html><title>ESPurna</title></html>');
  if (call.path !== '/upgrade' || call.method !== 'POST') return call.reply(404, 'text/plain', '');
  const sink = new UpdateSink(plug, sketch);
  try {
    await call.files(sink);
  } catch {
    return call.reset();
  }
  const { errorText } = sink;
  if (errorText != null) return call.reply(400, 'text/plain', errorText.replace(/^ERROR\[\d+\]/, 'ERROR'));
  await call.reply(200, 'text/plain', 'OK');
  await restartInto(plug);
}
