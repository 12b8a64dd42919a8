import type { HostPort } from './port.ts';

/**
 * Where a connection to `at` really goes. The practice bench carries the addresses of its virtual units to loopback
 * ports; `nobody` is an address of it where nothing answers. Undefined: as it stands.
 */
export type Route = (at: HostPort) => HostPort | 'nobody' | undefined;

/** As it stands in an URL and in a Host header; a port that goes without saying is left out. */
export function formatHostPort({ host, port }: HostPort, impliedPort?: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === impliedPort ? name : `${name}:${port}`;
}
