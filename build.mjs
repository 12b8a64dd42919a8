// Builds dist/: `benchflash.js` and the chunks it loads only when a command needs them, minified, with React's
// production build baked in (its development build leaks and doubles the CPU load); and `benchflash.cjs`, which
// prepares the process and starts it.
import { build } from 'esbuild';
import { chmod, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const outdir = join(root, 'dist');

/** Ink asks for the React devtools only when DEV is set; they are no part of the product. */
const withoutDevtools = {
  name: 'without-devtools',
  setup(context) {
    context.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'stub' }));
    context.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'export default {};' }));
  },
};

const { outputFiles } = await build({
  entryPoints: { benchflash: 'src/main.ts' },
  absWorkingDir: root,
  outdir,
  write: false,
  bundle: true,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  // Native code stays where npm put it.
  external: ['serialport', '@serialport/*', '@abandonware/noble'],
  plugins: [withoutDevtools],
  // CommonJS packages inside an ES module still call require() for Node's own modules.
  banner: {
    js: "import{createRequire as benchflashRequire}from'node:module';const require=benchflashRequire(import.meta.url);",
  },
  logLevel: 'warning',
});

// The entry last and stale chunks after it: a program started meanwhile finds all of the old build or all of the new.
await mkdir(outdir, { recursive: true });
const isEntry = ({ path }) => basename(path) === 'benchflash.js';
for (const file of outputFiles.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b))))
  await writeFile(file.path, file.contents);
const launcher = join(outdir, 'benchflash.cjs');
await copyFile(join(root, 'launcher.cjs'), launcher);
for (const path of [join(outdir, 'benchflash.js'), launcher]) await chmod(path, 0o755);
const current = new Set([launcher, ...outputFiles.map(({ path }) => path)].map((path) => basename(path)));
for (const name of await readdir(outdir))
  if (!current.has(name)) await rm(join(outdir, name), { recursive: true });
