import { isBenchError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { HeardDevice, NetworkDevice, ScannedPort } from '../services.ts';
import { untilStopped } from '../stop-signals.ts';

/** How long is listened to the air, ms: twice the interval of the slowest device known here, and a little. */
const LISTEN_MS = 5000;
/** Devices on the network are asked at the start, after 1 s and after 4 s; they answer within half a second, ms. */
const NETWORK_LISTEN_MS = 2000;

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
  const announced = new Map<string, NetworkDevice>();
  const leaveNetwork = await services.announced((device) => announced.set(placeOf(device), device));
  const listenMs = 'radio' in hearing ? LISTEN_MS : NETWORK_LISTEN_MS;
  if (!output.json)
    output.say(
      `Listens ${'radio' in hearing ? `by ${hearing.radio} and ` : ''}on the network for ${listenMs / 1000} s ...`,
    );
  await services.clock.sleep(listenMs);
  leaveNetwork();
  if ('radio' in hearing) await hearing.stop();
  const devices = [...heard.values()].toSorted((a, b) => b.rssiDbm - a.rssiDbm);
  if (output.json) {
    const bluetooth = 'radio' in hearing ? { radio: hearing.radio, devices } : { ...hearing, devices };
    output.out.line(JSON.stringify({ ports, bluetooth, network: { devices: [...announced.values()] } }));
    return EXIT.allGood;
  }
  for (const device of devices) output.say(deviceLine(device));
  if ('why' in hearing) output.say(`No Bluetooth: ${hearing.why} ${hearing.advice}`);
  else if (devices.length === 0) output.say('Nothing was heard by Bluetooth.');
  sayAnnounced([...announced.values()], output.say);
  return EXIT.allGood;
}

/** A device that announces several services is one. */
const placeOf = ({ address, link }: NetworkDevice): string => link ?? address;

function sayAnnounced(devices: readonly NetworkDevice[], say: (text: string) => void): void {
  if (devices.length === 0) return say('No device that can be flashed announced itself on the network.');
  say('On the network, and in no batch by itself:');
  for (const device of devices.toSorted((a, b) =>
    a.address.localeCompare(b.address, 'en', { numeric: true }),
  ))
    say(networkLine(device));
}

function networkLine({ link, address, model, name, firmware, mac, macTail }: NetworkDevice): string {
  const id = mac ?? (macTail === undefined ? undefined : `MAC ends with ${macTail}`);
  return [
    link ?? address,
    model,
    name,
    ...(firmware === undefined ? [] : [firmware]),
    ...(id === undefined ? [] : [id]),
  ].join('  ');
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
  const announced = new Map<string, string>();
  const leaveNetwork = await services.announced((device) => {
    const said = JSON.stringify(device);
    if (announced.get(placeOf(device)) === said) return;
    announced.set(placeOf(device), said);
    if (output.json) output.out.line(JSON.stringify({ type: 'announced', device }));
    else output.say(`* ${networkLine(device)}`);
  });
  await stopped;
  stop();
  leaveNetwork();
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
