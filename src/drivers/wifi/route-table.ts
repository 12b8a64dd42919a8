/** One way of this computer, as `/proc/net/route` has it. */
export interface RouteEntry {
  readonly interfaceName: string;
  /** Destination and mask as they stand there; all zeros is the way to everywhere else. */
  readonly subnet: string;
  /** The lowest of several ways is taken. */
  readonly metric: number;
}

/** Link-local: on every interface, and nobody's LAN. */
const LINK_LOCAL = '0000FEA9/0000FFFF';

export function parseRouteTable(text: string): readonly RouteEntry[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [interfaceName, destination, , , , , metric, mask] = line.trim().split(/\s+/);
      if (interfaceName === undefined || destination === undefined || mask === undefined) return [];
      return [{ interfaceName, subnet: `${destination}/${mask}`, metric: Number(metric) }];
    });
}

/** Nothing is lost when this interface goes elsewhere: another one leads to the same networks, and is preferred. */
export function isSpare(interfaceName: string, table: readonly RouteEntry[]): boolean {
  return table
    .filter((entry) => entry.interfaceName === interfaceName && entry.subnet !== LINK_LOCAL)
    .every(({ subnet, metric }) =>
      table.some(
        (other) => other.interfaceName !== interfaceName && other.subnet === subnet && other.metric < metric,
      ),
    );
}
