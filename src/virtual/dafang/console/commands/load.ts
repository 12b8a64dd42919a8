import { hex } from '../../../bytes.ts';
import { number, type Command } from '../machine.ts';
import { receiveYmodem } from '../ymodem-receiver.ts';

/** CONFIG_SYS_LOAD_ADDR. */
export const LOAD_ADDRESS = 0x8060_0000;

export const loady: Command = function* (uBoot, [, address]) {
  const start = address == null ? LOAD_ADDRESS : number(address);
  yield `## Ready for binary (ymodem) download to 0x${hex(start, 8).toUpperCase()} at 115200 bps...\n`;
  const { content, error, begun, counts, mode } = yield* receiveYmodem(uBoot);
  uBoot.ram.write(start, content);
  yield uBoot.says.uploaded({
    address: hex(start, 8),
    bytes: content.length,
    sizeHex: hex(content.length, 8),
    error,
    begun,
    packets: `${mode} mode, ${counts.soh}(SOH)/${counts.stx}(STX)/${counts.can}(CAN) packets, ${counts.retries} retries`,
  });
  uBoot.environment.set('filesize', content.length.toString(16).toUpperCase());
  return true;
};
