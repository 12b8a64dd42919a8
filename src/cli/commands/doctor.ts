import type { CommandContext } from '../context.ts';
import { bluetoothChecks } from '../doctor/bluetooth.ts';
import type { Check } from '../doctor/check.ts';
import { awakeCheck, dataDirectoryCheck, nodeCheck } from '../doctor/computer.ts';
import { flashromCheck } from '../doctor/flashrom.ts';
import { networkChecks } from '../doctor/network.ts';
import { adapterCheck, portAccessCheck } from '../doctor/serial-ports.ts';
import { EXIT } from '../exit-codes.ts';
import { paint } from '../paint.ts';
import { table } from '../table.ts';

/** Is this machine ready. Ends with 1 when something that serial flows need is missing. */
export async function doctor({ services, options, output }: CommandContext): Promise<number> {
  const checks: Check[] = [
    nodeCheck(process.versions.node),
    await dataDirectoryCheck(await services.dataDirectory(options)),
    await portAccessCheck(),
    adapterCheck(await services.ports(options)),
    ...bluetoothChecks(await services.bluetooth()),
    await flashromCheck(),
    ...networkChecks(await services.network()),
    awakeCheck(await services.keepsAwake()),
  ];
  const ready = checks.every((check) => check.state !== 'no' || !check.needed);
  if (output.json) {
    output.out.line(JSON.stringify({ ready, checks }));
    return ready ? EXIT.allGood : EXIT.notAll;
  }
  const rows = checks.map((check) => [check.state, check.title, check.finding]);
  table(rows).forEach((line, index) => {
    const check = checks[index];
    if (!check) return;
    const colour = check.state === 'yes' ? 'green' : check.needed ? 'red' : 'yellow';
    output.out.line(paint(line, colour, output.colour));
    if (check.fix != null) output.say(`     ${check.fix}`);
  });
  output.say(ready ? 'Ready.' : 'Not ready: see each "no" above.');
  return ready ? EXIT.allGood : EXIT.notAll;
}
