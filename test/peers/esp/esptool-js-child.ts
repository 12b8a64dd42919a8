import { createHash } from 'node:crypto';
import { ESPLoader, Transport } from 'esptool-js';
import { parseLinks } from '../../../src/core/link.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import type { SerialPort } from '../../../src/drivers/serial/port.ts';
import { webSerialOf } from '../../harness/web-serial.ts';
import { COMPRESSED, RAW, type Job, type Report, type Write } from './esptool-js-job.ts';

/** esptool-js at work, in a process of its own: it prints what it likes, and its timers keep a process alive. */

const SECTOR = 0x1000;
const { link, baudRate, task } = JSON.parse(process.argv[2] ?? '') as Job;
const printed: string[] = [];
const faults: string[] = [];
let line = '';
const port = await openSerialPort(parseLinks(link)[0]!, { baudRate: 115_200 });
const transport = new Transport(webSerialOf(port));
const loader = new ESPLoader({
  transport,
  baudrate: baudRate,
  romBaudrate: 115_200,
  terminal: {
    clean: () => {},
    write: (text) => (line += text),
    writeLine: (text) => {
      printed.push(line + text);
      line = '';
    },
  },
});

const write = ({ bytes, offset, compress }: Write) =>
  loader.writeFlash({
    fileArray: [{ data: bytes, address: offset }],
    flashMode: 'keep',
    flashFreq: 'keep',
    flashSize: 'detect',
    eraseAll: false,
    compress,
    calculateMD5Hash: (image) => createHash('md5').update(image).digest('hex'),
  });

async function compare(what: string, offset: number, bytes: Uint8Array): Promise<void> {
  const read = await loader.readFlash(offset, bytes.length);
  if (Buffer.compare(read, bytes) !== 0) faults.push(`read back wrong: ${what}`);
}

function saw(serial: SerialPort, pattern: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve) => {
    const stop = serial.onData((bytes) => {
      text += new TextDecoder('latin1').decode(bytes);
      if (!pattern.test(text)) return;
      stop();
      resolve();
    });
  });
}

if (task === 'detect without stub') {
  await loader.detectChip();
  printed.push(`MAC: ${await loader.chip.readMac(loader)}`);
} else await loader.main();

await loader.flashId();
if (task === 'write and read') {
  await write(RAW);
  await write(COMPRESSED);
  await compare('the raw write', RAW.offset, RAW.bytes);
  await compare('the compressed write', COMPRESSED.offset, COMPRESSED.bytes);
  await compare('a single byte', COMPRESSED.offset, COMPRESSED.bytes.subarray(0, 1));
} else if (task === 'erase') {
  await loader.eraseFlash();
  await compare('erased flash', RAW.offset, new Uint8Array(SECTOR).fill(0xff));
} else if (task === 'reset') {
  const isEsp8266 = loader.chip.CHIP_NAME === 'ESP8266';
  // Each with the crystal its ROM was made for.
  if (isEsp8266) await port.setBaudRate(74_880);
  const started = saw(port, isEsp8266 ? /boot mode:\(3,\d\)/ : /boot:0x13 \(SPI_FAST_FLASH_BOOT\)/);
  // Of its hard reset 0.7.0 does the second half: pages that use it pull RTS first. And since the reset into the
  // loader it takes DTR for asserted, until told otherwise.
  await transport.setDTR(false);
  await transport.setRTS(true);
  await loader.after('hard_reset');
  await started;
}
process.stdout.write(`\nRESULT ${JSON.stringify({ printed, faults } satisfies Report)}\n`, () =>
  process.exit(0),
);
