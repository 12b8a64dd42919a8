import { imageHolds } from '../../esp/boot/image.ts';
import { openPoint } from '../arduino/open-point.ts';
import { sketchIn, type Sketch } from '../arduino/sketch.ts';
import { restartInto } from '../arduino/update-faults.ts';
import { UpdateSink } from '../arduino/update-sink.ts';
import { macTail } from '../mac-text.ts';
import type { WebCall } from '../arduino/web-server.ts';
import type { PlugFirmware, RunningPlug } from '../plug-firmware.ts';

/** Athom's updater names its access point so; other sketches have the name the SDK gives. */
const ATHOM_POINT = 'ESP_UPDATE_';
const SUCCESS = 'Update Success! Rebooting...';
const FORM =
  "<form method='POST' action='/update' enctype='multipart/form-data'>" +
  "<input type='file' accept='.bin' name='update'><input type='submit' value='Update'></form>";

/** A sketch that is nothing but the core's update page (reference section 8.4), like Athom's small updater. */
export const updateServer: PlugFirmware = {
  name: 'update-server',
  recognizes(flash, chip) {
    const sketch = sketchIn(flash, chip);
    return sketch != null && (imageHolds(sketch.app, ATHOM_POINT) || imageHolds(sketch.app, SUCCESS));
  },
  start(plug) {
    const sketch = sketchIn(plug.flash, plug.chip)!;
    const name = imageHolds(sketch.app, ATHOM_POINT) ? ATHOM_POINT : 'ESP-';
    return openPoint(plug, {
      ssid: name + macTail(plug.chip.mac),
      answer: (call) => answer(plug, sketch, call),
    });
  },
};

async function answer(plug: RunningPlug, sketch: Sketch, call: WebCall): Promise<void> {
  if (call.path !== '/update') return call.reply(404, 'text/plain', `Not found: ${call.path}`);
  if (call.method !== 'POST') return call.reply(200, 'text/html', FORM);
  const sink = new UpdateSink(plug, sketch);
  try {
    await call.files(sink);
  } catch {
    return call.reset();
  }
  const { errorText } = sink;
  if (errorText != null) return call.reply(200, 'text/html', `Update error: ${errorText}`);
  await call.reply(200, 'text/html', `<META http-equiv="refresh" content="15;URL=/">${SUCCESS}`);
  await restartInto(plug);
}
