import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build, type PluginBuild } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const children = fileURLToPath(new URL('children', import.meta.url));
const outdir = join(root, 'node_modules/.cache/benchflash-perf');

/** Ink asks for the React devtools only when DEV is set. */
const withoutDevtools = {
  name: 'without-devtools',
  setup(context: PluginBuild) {
    context.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'stub' }));
    context.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'export default {};' }));
  },
};

/**
 * Bundles every program of `children/` as build/build.mjs bundles the product (React's production build, no loader in the
 * process), but readable, so that a CPU profile of it (node --cpu-prof) names what is in the source. The firmware server
 * lies beside them, as it does beside the product.
 */
export async function buildChildPrograms(): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: (await readdir(children)).map((file) => join(children, file)),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outExtension: { '.js': '.mjs' },
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    external: ['serialport', '@serialport/*', '@abandonware/noble'],
    plugins: [withoutDevtools],
    banner: {
      js: "import{createRequire as perfRequire}from'node:module';const require=perfRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await build({
    entryPoints: [join(root, 'src/drivers/http/server/main.ts')],
    outfile: join(outdir, 'firmware-server.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
}

/** Where the program stands once it is built. */
export const childProgram = (name: string): string => join(outdir, `${basename(name)}.mjs`);

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

/** Starts one of them with its job; its stdin stays open, its stderr is ours. */
export function startChild(name: string, job: object) {
  const child = spawn(process.execPath, [childProgram(name), JSON.stringify(job)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '64' },
  });
  running.add(child);
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    }),
  );
  return { child, lines: createInterface({ input: child.stdout }), ended };
}

/** Runs one of them to its end and returns what its last line says (JSON). */
export async function runChild<Result>(name: string, job: object): Promise<Result> {
  const { lines, ended } = startChild(name, job);
  let last = '';
  for await (const line of lines) last = line;
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code ?? 'a signal'}: ${JSON.stringify(job)}`);
  return JSON.parse(last) as Result;
}
