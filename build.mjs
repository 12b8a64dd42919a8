// Builds dist/: `benchflash.js` and the chunks it loads only when a command needs them, minified, with React's
// production build baked in (its development build leaks and doubles the CPU load); and `benchflash.cjs`, which
// prepares the process and starts it.
import { build } from 'esbuild';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const outdir = join(root, 'dist');

/** What the program never uses but its packages import: left out of the bundle, for the sake of the start. */
const UNUSED = {
  // Ink asks for the React devtools, and their web socket, only when DEV is set.
  'react-devtools-core': 'export default {};',
  ws: 'export default undefined;',
  // conf validates by JSON schema where it is given one; settings and jobs are validated by zod.
  'ajv/dist/2020.js': 'export const Ajv2020 = undefined;',
  'ajv-formats': 'export default {};',
};
const withoutUnused = {
  name: 'without-unused',
  setup(context) {
    const filter = new RegExp(`^(${Object.keys(UNUSED).join('|')})$`);
    context.onResolve({ filter }, ({ path }) => ({ path, namespace: 'unused' }));
    context.onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: UNUSED[path] }));
  },
};

/**
 * Packages that do more at their start than they have to. string-width builds its table of emoji (a tenth of the
 * time to the first frame) for the first text that is not ASCII: it is loaded when a text is of other than one-cell
 * characters. Yoga decodes its WebAssembly by fetch() where there is one, which loads all of Node's HTTP client.
 */
const startsFaster = {
  name: 'starts-faster',
  setup(context) {
    context.onResolve({ filter: /^string-width$/ }, async ({ importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'as-it-is') return undefined;
      const found = await context.resolve('string-width', {
        resolveDir,
        importer,
        kind,
        pluginData: 'as-it-is',
      });
      return { path: found.path, namespace: 'string-width' };
    });
    context.onLoad({ filter: /.*/, namespace: 'string-width' }, ({ path }) => ({
      resolveDir: root,
      contents: `
        const ONE_CELL = /^[\\x20-\\x7e\\xa1-\\xac\\xae-\\xff\\u2500-\\u25fc\\u25ff\\ue000-\\uf8ff\u2714\u2716\u2013\u2026\u2191\u2193]*$/;
        export default (text, options) =>
          options === undefined && typeof text === 'string' && ONE_CELL.test(text)
            ? text.length
            : require(${JSON.stringify(path)}).default(text, options);`,
    }));
    context.onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, async ({ path }) => ({
      contents: `var fetch;${await readFile(path, 'utf8')}`,
    }));
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
  plugins: [withoutUnused, startsFaster],
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
