import { systemClock } from '../../../src/core/clock.ts';
import { parseLinks } from '../../../src/core/link.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { contactLoader } from '../../../src/protocols/esp/index.ts';
import { clientJob, measured, report, testBytes } from './operation.ts';

const { link, baudRate, operation, bytes } = clientJob();
const port = await openSerialPort(parseLinks(link)[0]!, { baudRate: 115_200 });
const signal = new AbortController().signal;
const loader = await contactLoader(port, { clock: systemClock, signal, resetBy: 'lines' });
await loader.startStub();
await loader.changeBaud([baudRate]);
await loader.attachFlash();
const data = testBytes(bytes, operation === 'write-compressed');
report(
  await measured(async () => {
    if (operation === 'read') await loader.readFlash(0, bytes, { signal, onChunk: () => {} });
    else
      await loader.writeRegion(
        { offset: 0x1_0000, bytes: data },
        { signal, compress: operation === 'write-compressed' },
      );
  }),
);
loader.close();
await port.close();
process.exit(0);
