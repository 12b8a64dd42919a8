import { hex } from '../../../bytes.ts';
import { number, type Command } from '../machine.ts';
import { receiveYmodem } from '../ymodem-receiver.ts';

/** CONFIG_SYS_LOAD_ADDR. */
export const LOAD_ADDRESS = 0x8060_0000;

export const loady: Command = function* (uBoot, [, address]) {
  const start = address == null ? LOAD_ADDRESS : number(address);
  yield `## Ready for binary (ymodem) download to 0x${hex(start, 8).toUpperCase()} at 115200 bps...\n`;
  const { content, error, begun, counts, mode } = yield* receiveYmodem(uBoot);
  // What went wrong once the header was there is not told: the size is.
  if (error != null && !begun) yield `${error}\n`;
  uBoot.ram.write(start, content);
  yield `xyzModem - ${mode} mode, ${counts.soh}(SOH)/${counts.stx}(STX)/${counts.can}(CAN) packets, ${counts.retries} retries\n`;
  yield `## Total Size      = 0x${hex(content.length, 8)} = ${content.length} Bytes\n`;
  uBoot.environment.set('filesize', content.length.toString(16).toUpperCase());
  return true;
};
