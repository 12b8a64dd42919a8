import { isBenchError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { HeardDevice, ScannedPort } from '../services.ts';
import { untilStopped } from '../stop-signals.ts';

/** How long is listened to the air, ms: twice the interval of the slowest device known here, and a little. */
const LISTEN_MS = 5000;

/** What is plugged in and what is heard; with `watch` also what comes and goes, until a signal. */
export async function scan(context: CommandContext, own: { readonly watch: boolean }): Promise<number> {
  return own.watch ? watch(context) : look(context);
}

async function look({ services, options, output }: CommandContext): Promise<number> {
  const ports = await services.ports(options);
  if (!output.json) {
    for (const line of ports.flatMap(portLines)) output.say(line);
    if (ports.length === 0) {
      output.say('No serial adapter is plugged in. benchflash doctor checks this machine.');
      output.say('benchflash demo needs none.');
    }
  }

  const heard = new Map<string, HeardDevice>();
  const hearing = await hear({ services }, (device) => heard.set(device.address, merged(heard, device)));
  if ('radio' in hearing) {
    if (!output.json) output.say(`Listens by ${hearing.radio} for ${LISTEN_MS / 1000} s ...`);
    await services.clock.sleep(LISTEN_MS);
    await hearing.stop();
  }
  const devices = [...heard.values()].toSorted((a, b) => b.rssiDbm - a.rssiDbm);
  if (output.json) {
    const bluetooth = 'radio' in hearing ? { radio: hearing.radio, devices } : { ...hearing, devices };
    output.out.line(JSON.stringify({ ports, bluetooth }));
    return EXIT.allGood;
  }
  for (const device of devices) output.say(deviceLine(device));
  if ('why' in hearing) output.say(`No Bluetooth: ${hearing.why} ${hearing.advice}`);
  else if (devices.length === 0) output.say('Nothing was heard by Bluetooth.');
  return EXIT.allGood;
}

async function watch({ services, options, output, host }: CommandContext): Promise<number> {
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
  const stopped = untilStopped(host, services.clock);
  const heard = new Map<string, HeardDevice>();
  const hearing = await hear({ services }, (device) => {
    const before = heard.get(device.address);
    const now = merged(heard, device);
    heard.set(device.address, now);
    if (before && whatItIs(before) === whatItIs(now)) return;
    if (output.json) output.out.line(JSON.stringify({ type: 'heard', device: now }));
    else output.say(`* ${deviceLine(now)}`);
  });
  if ('why' in hearing) {
    if (output.json) output.out.line(JSON.stringify({ type: 'no-bluetooth', ...hearing }));
    else output.say(`No Bluetooth: ${hearing.why} ${hearing.advice}`);
  }
  await stopped;
  stop();
  if ('radio' in hearing) await hearing.stop();
  return EXIT.allGood;
}

/** Without a radio: why there is none. */
async function hear(
  { services }: Pick<CommandContext, 'services'>,
  onHeard: (device: HeardDevice) => void,
): Promise<
  | { readonly radio: string; stop(): Promise<void> }
  | { readonly code: string; readonly why: string; readonly advice: string }
> {
  try {
    return await services.hear(onHeard);
  } catch (error) {
    if (!isBenchError(error, 'BLUETOOTH_UNAVAILABLE', 'BLUETOOTH_OFF')) throw error;
    return { code: error.code, why: error.message, advice: error.advice };
  }
}

/** A device says what it is in several advertisements; a part that one leaves out is not taken back by it. */
function merged(heard: ReadonlyMap<string, HeardDevice>, device: HeardDevice): HeardDevice {
  const before = heard.get(device.address);
  if (!before) return device;
  const services = [...new Set([...before.services, ...device.services])];
  return { ...before, ...device, services };
}

/** Everything but the strength, which is never twice the same. */
const whatItIs = ({ name, services, description }: HeardDevice) =>
  JSON.stringify([name, services.toSorted(), description]);

function deviceLine({
  link,
  address,
  name,
  rssiDbm,
  connectable,
  services,
  description,
}: HeardDevice): string {
  return [
    link ?? address,
    `${rssiDbm} dBm`,
    ...(name === undefined ? [] : [name]),
    ...(description === undefined ? [] : [description]),
    ...(services.length === 0 ? [] : [`services ${services.join(' ')}`]),
    ...(connectable ? [] : ['takes no connection']),
  ].join('  ');
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
