import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../table.ts';

/** Saved jobs. */
export async function jobs({ services, options, output }: CommandContext): Promise<number> {
  const { jobs: known, damaged } = (await services.jobs(options)).list();
  for (const name of damaged) output.err.line(`The job "${name}" cannot be read and is left as it is.`);
  if (output.json) {
    output.out.line(JSON.stringify({ jobs: known, damaged }));
    return EXIT.allGood;
  }
  if (known.length === 0) {
    output.say('No jobs are saved yet. The full-screen bench saves one under a name when you start it.');
    return EXIT.allGood;
  }
  const rows = known.map((job) => [
    job.name,
    job.task,
    job.flowId,
    job.files.map((file) => file.path).join(' ') || 'no files',
    job.links.join(' '),
  ]);
  for (const line of table([['NAME', 'TASK', 'FLOW', 'FIRMWARE', 'LINKS'], ...rows])) output.say(line);
  return EXIT.allGood;
}
