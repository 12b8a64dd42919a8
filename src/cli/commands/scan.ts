import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** What is plugged in. */
export async function scan({ services, options, output }: CommandContext): Promise<number> {
  const ports = await services.ports(options);
  if (output.json) {
    output.out.line(JSON.stringify({ ports }));
    return EXIT.allGood;
  }
  if (ports.length === 0) {
    output.out.line('No serial adapter is plugged in. benchflash doctor checks this machine.');
    output.out.line('benchflash demo needs none.');
    return EXIT.allGood;
  }
  for (const port of ports) {
    output.out.line(`${port.link}  ${port.label}`);
    output.out.line(`  ${port.chip}, dependable up to ${port.dependableBaudRate} baud`);
    if (port.usb)
      output.out.line(
        `  USB ${port.usb.vendorId}:${port.usb.productId} ${port.usb.product ?? ''}${port.usb.location == null ? '' : ` at ${port.usb.location}`}`.trimEnd(),
      );
    output.out.line(`  --link ${port.key} finds it again when it is replugged`);
    for (const advice of port.advice) output.out.line(`  ${advice}`);
  }
  return EXIT.allGood;
}
