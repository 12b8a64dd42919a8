import { ESPLoader, Transport } from 'esptool-js';
import { parseLinks } from '../../../src/core/link.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { webSerialOf } from '../../harness/web-serial.ts';
import { clientJob, measured, report, testBytes } from './operation.ts';

const { link, baudRate, operation, bytes } = clientJob();
const port = await openSerialPort(parseLinks(link)[0]!, { baudRate: 115_200 });
const transport = new Transport(webSerialOf(port));
const quiet = { clean: () => {}, writeLine: () => {}, write: () => {} };
const loader = new ESPLoader({ transport, baudrate: baudRate, romBaudrate: 115_200, terminal: quiet });
await loader.main();
await loader.flashId();
const data = testBytes(bytes, operation === 'write-compressed');
report(
  await measured(async () => {
    if (operation === 'read') await loader.readFlash(0, bytes);
    else
      await loader.writeFlash({
        fileArray: [{ data, address: 0x1_0000 }],
        flashMode: 'keep',
        flashFreq: 'keep',
        flashSize: 'keep',
        eraseAll: false,
        compress: operation === 'write-compressed',
      });
  }),
);
process.exit(0);
