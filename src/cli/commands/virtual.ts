import { BenchError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../format.ts';
import type { VirtualOptions } from '../program.ts';
import type { ServeRequest } from '../services.ts';
import { untilStopped } from '../stop-signals.ts';

/** Serves virtual devices until a signal, or writes its practice images. */
export async function virtual(context: CommandContext, device: string, own: VirtualOptions): Promise<number> {
  const { output, services, host } = context;
  const virtualDevices = await services.virtual();
  if (own.makeFirmware != null) {
    const images = await virtualDevices.makePracticeImages(device, own.makeFirmware);
    if (output.json) output.out.line(JSON.stringify({ images }));
    else for (const image of images) output.say(`${image.path}  ${formatBytes(image.bytes)}  ${image.title}`);
    return EXIT.allGood;
  }

  const at = listenAddress(own.listen);
  if (own.count > 1 && own.image != null)
    throw new BenchError('USAGE', {
      message: '--image is the flash of one unit; with --count there are several.',
      advice: 'Leave out one of the two.',
    });
  if (at.port !== 0 && at.port + own.count - 1 > 65_535)
    throw new BenchError('USAGE', { message: `There are no ${own.count} ports from ${at.port} on.` });
  const stopped = untilStopped(host, services.clock);
  const servers: Awaited<ReturnType<typeof virtualDevices.serve>>[] = [];
  try {
    for (let index = 0; index < own.count; index++) {
      const server = await virtualDevices.serve({
        device,
        ...at,
        port: at.port === 0 ? 0 : at.port + index,
        unit: own.unit + index,
        faults: own.fault.flatMap((names) => names.split(',')).filter((name) => name !== ''),
        ...(own.state != null && { state: own.state }),
        ...(own.image != null && { image: own.image }),
        ...(own.sd != null && { card: own.sd }),
        ...(own.pace != null && { paceBaud: own.pace }),
        log: (text) => output.err.line(own.count > 1 ? `${own.unit + index}: ${text}` : text),
      });
      servers.push(server);
      if (output.json) output.out.line(JSON.stringify({ listening: server.url }));
      else output.say(`listening on ${server.url}`);
    }
    output.err.line('Ctrl+C stops it.');
    await stopped;
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
  return EXIT.allGood;
}

const SCHEMES = ['tcp', 'rfc2217', 'http'] as const;

function listenAddress(text: string | undefined): Pick<ServeRequest, 'scheme' | 'host' | 'port'> {
  const [, schemeText, host, port] =
    /^([a-z0-9]+):\/\/(\[[0-9a-f:]+\]|[^:/]+):(\d{1,5})\/?$/i.exec(text ?? '') ?? [];
  const scheme = SCHEMES.find((each) => each === (schemeText === 'socket' ? 'tcp' : schemeText));
  if (scheme == null || host == null || Number(port) > 65_535)
    throw new BenchError('USAGE', {
      message: text == null ? 'Nothing says where to listen.' : `${text}: this is no address to listen on.`,
      advice: 'Write --listen rfc2217://127.0.0.1:0, tcp://127.0.0.1:5000 or http://127.0.0.1:8080.',
    });
  return { scheme, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
