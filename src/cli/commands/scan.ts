import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { ScannedPort } from '../services.ts';
import { untilStopped } from '../stop-signals.ts';

/** What is plugged in; with `watch` also what comes and goes, until a signal. */
export async function scan(context: CommandContext, own: { readonly watch: boolean }): Promise<number> {
  const { services, options, output, host } = context;
  if (own.watch) {
    const stop = await services.watchPorts(options, ({ added, removed }) => {
      for (const port of removed)
        if (output.json) output.out.line(JSON.stringify({ type: 'unplugged', port }));
        else output.say(`- ${port.link}  ${port.label}`);
      for (const port of added)
        if (output.json) output.out.line(JSON.stringify({ type: 'plugged', port }));
        else
          for (const [index, line] of portLines(port).entries())
            output.say(`${index === 0 ? '+ ' : '  '}${line}`);
    });
    await untilStopped(host, services.clock);
    stop();
    return EXIT.allGood;
  }

  const ports = await services.ports(options);
  if (output.json) {
    output.out.line(JSON.stringify({ ports }));
    return EXIT.allGood;
  }
  for (const line of ports.flatMap(portLines)) output.say(line);
  if (ports.length === 0) {
    output.say('No serial adapter is plugged in. benchflash doctor checks this machine.');
    output.say('benchflash demo needs none.');
  }
  return EXIT.allGood;
}

function portLines({ link, key, label, chip, dependableBaudRate, usb, advice }: ScannedPort): string[] {
  const place = usb?.location == null ? '' : ` at ${usb.location}`;
  return [
    `${link}  ${label}`,
    `  ${chip}, dependable up to ${dependableBaudRate} baud`,
    ...(usb ? [`  USB ${usb.vendorId}:${usb.productId} ${usb.product ?? ''}`.trimEnd() + place] : []),
    ...(key === link ? [] : [`  --link ${key} finds it again when it is replugged`]),
    ...advice.map((sentence) => `  ${sentence}`),
  ];
}
