import { isBenchError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { FollowedNetwork, HeardDevice, NetworkDevice, ScannedPort } from '../services.ts';
import { untilStopped } from '../stop-signals.ts';

/** How long is listened to the air, ms: twice the interval of the slowest device known here, and a little. */
const LISTEN_MS = 5000;
/** Devices on the network are asked at the start, after 1 s and after 4 s; they answer within half a second, ms. */
const NETWORK_LISTEN_MS = 2000;

/** What is plugged in and what is heard; with `watch` also what comes and goes, until a signal. */
export async function scan(context: CommandContext, own: ScanOptions): Promise<number> {
  return own.watch ? watch(context, own) : look(context, own);
}

export interface ScanOptions {
  readonly watch: boolean;
  /** Every address of the own subnets is tried, too. */
  readonly sweep: boolean;
}

async function look({ services, options, output }: CommandContext, own: ScanOptions): Promise<number> {
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
  const found = new Map<string, NetworkDevice>();
  const network = await services.networkDevices((device) => found.set(placeOf(device), device));
  const listenMs = 'radio' in hearing ? LISTEN_MS : NETWORK_LISTEN_MS;
  if (!output.json)
    output.say(
      `Listens ${'radio' in hearing ? `by ${hearing.radio} and ` : ''}on the network for ${listenMs / 1000} s ...`,
    );
  const sweeping = own.sweep ? sweep(network) : undefined;
  await services.clock.sleep(listenMs);
  const swept = await sweeping;
  await network.idle();
  network.stop();
  if ('radio' in hearing) await hearing.stop();
  const devices = [...heard.values()].toSorted((a, b) => b.rssiDbm - a.rssiDbm);
  if (output.json) {
    const bluetooth = 'radio' in hearing ? { radio: hearing.radio, devices } : { ...hearing, devices };
    const network = { devices: [...found.values()], ...(swept && { sweep: swept }) };
    output.out.line(JSON.stringify({ ports, bluetooth, network }));
    return EXIT.allGood;
  }
  for (const device of devices) output.say(deviceLine(device));
  if ('why' in hearing) output.say(`No Bluetooth: ${hearing.why} ${hearing.advice}`);
  else if (devices.length === 0) output.say('Nothing was heard by Bluetooth.');
  sayFound([...found.values()], output.say);
  if (swept !== undefined) output.say(sweptText(swept));
  else output.say('Not every device announces itself: scan --sweep tries every address.');
  return EXIT.allGood;
}

/** A device that announces several services is one. */
const placeOf = ({ address, link }: NetworkDevice): string => link ?? address;

type Swept = { readonly answered: number } | { readonly why: string };

const sweep = (network: FollowedNetwork): Promise<Swept> =>
  network.sweep().catch((error: unknown) => {
    if (!isBenchError(error, 'NO_ROUTE', 'ABORTED')) throw error;
    return { why: error.message };
  });

const sweptText = (swept: Swept): string =>
  'why' in swept
    ? `No address was tried: ${swept.why}`
    : `Every address was tried: ${swept.answered === 1 ? '1 answers' : `${swept.answered} answer`}, whatever they are.`;

function sayFound(devices: readonly NetworkDevice[], say: (text: string) => void): void {
  if (devices.length === 0) return say('No device that can be flashed was found on the network.');
  say('On the network, and in no batch by itself:');
  for (const device of devices.toSorted((a, b) =>
    a.address.localeCompare(b.address, 'en', { numeric: true }),
  ))
    say(networkLine(device));
}

function networkLine({ link, address, model, name, firmware, locked, mac, macTail }: NetworkDevice): string {
  const id = mac ?? (macTail === undefined ? undefined : `MAC ends with ${macTail}`);
  return [
    link ?? address,
    model,
    ...(name === undefined ? [] : [name]),
    ...(firmware === undefined ? [] : [firmware]),
    ...(locked === true ? ['wants a password'] : []),
    ...(id === undefined ? [] : [id]),
  ].join('  ');
}

async function watch({ services, options, output, host }: CommandContext, own: ScanOptions): Promise<number> {
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
  const found = new Map<string, string>();
  const network = await services.networkDevices((device) => {
    const said = JSON.stringify(device);
    if (found.get(placeOf(device)) === said) return;
    found.set(placeOf(device), said);
    if (output.json) output.out.line(JSON.stringify({ type: 'announced', device }));
    else output.say(`* ${networkLine(device)}`);
  });
  const sweeping = own.sweep ? sweep(network) : Promise.resolve(undefined);
  const swept = await Promise.race([sweeping, stopped]);
  if (typeof swept === 'object')
    if (output.json) output.out.line(JSON.stringify({ type: 'swept', ...swept }));
    else output.say(sweptText(swept));
  await stopped;
  stop();
  network.stop();
  await sweeping;
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
