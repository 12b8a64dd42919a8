// Builds dist/: the firmware server, which runs in a process of its own, as `firmware-server.cjs`; the program as one minified CommonJS file, with React's production build baked in (its development
// build leaks and doubles the CPU load); V8's code cache for it, which CommonJS alone can have on Node 20; and
// `benchflash.cjs`, which prepares the process and starts it.
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
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
 * CommonJS cannot wait at the top level of a module. Ink waits there for devtools that are not in the bundle, Yoga for
 * its WebAssembly, which can as well be there at once. Fails where a package is not what is expected here: another
 * version of it wants another look.
 */
const withoutTopLevelAwait = {
  name: 'without-top-level-await',
  setup(context) {
    const replace = (filter, text, by) =>
      context.onLoad({ filter }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const found = source.match(text);
        if (found == null) throw new Error(`${path} is not what build.mjs expects: ${text} is not in it`);
        return { contents: source.replaceAll(text, by) };
      });
    replace(
      /ink[\\/]build[\\/]reconciler\.js$/,
      /\bawait (import\('\.\/devtools\.js'\)|loadPackageJson\(\))/g,
      'undefined',
    );
    replace(
      /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/,
      /wrapAssembly\(await loadYoga\(\)\)/g,
      `wrapAssembly(assemble(loadYoga));
      function assemble(load) {
        const assembly = {
          instantiateWasm(imports, ready) {
            const instance = new WebAssembly.Instance(new WebAssembly.Module(load.wasm), imports);
            ready(instance);
            return instance.exports;
          },
        };
        load(assembly);
        return assembly;
      }`,
    );
    replace(
      /yoga-wasm-base64-esm\.js$/,
      /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"([^]*)$/g,
      (_, base64, rest) => `""${rest}\nloadYoga.wasm = Buffer.from('${base64}', 'base64');`,
    );
  },
};

/** The real package for the module that stands for it, and for nobody else. */
const lateStringWidth = {
  name: 'late-string-width',
  setup(context) {
    const standIn = join(here, 'late-string-width.js');
    context.onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer === standIn ? undefined : { path: standIn },
    );
  },
};

const firmwareServer = 'firmware-server.cjs';
const {
  outputFiles: [server],
} = await build({
  entryPoints: ['src/drivers/http/server/main.ts'],
  absWorkingDir: root,
  outfile: join(outdir, firmwareServer),
  write: false,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});

const { outputFiles } = await build({
  entryPoints: ['src/main.ts'],
  absWorkingDir: root,
  outfile: join(outdir, 'program.js'),
  write: false,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.DEV': '"false"',
    'import.meta.url': 'programUrl',
    'Intl.Segmenter': 'LateSegmenter',
  },
  inject: [join(here, 'late-segmenter.js')],
  // The code of a command is in the one file and runs when the command asks for it.
  supported: { 'dynamic-import': false },
  // Native code stays where npm put it.
  external: ['serialport', '@serialport/*', '@abandonware/noble'],
  plugins: [withoutUnused, withoutTopLevelAwait, lateStringWidth],
  banner: { js: "const programUrl=require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
// Only ASCII: V8 reads and keeps a byte a character. esbuild leaves regular expressions as they are written.
const text = outputFiles[0].text.replaceAll(
  /[^\0-\x7f]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
const source = `(function(exports,require,module,__filename,__dirname){${text}\n})`;
const id = createHash('sha256').update(source).digest('hex').slice(0, 12);

/** Never seen half written. */
async function writeWhole(path, text, mode = 0o644) {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

// The launcher names the files of its own build and is replaced at once: a program started meanwhile finds all of
// the old build or all of the new, and V8 never gets the cache of another source (it compares only lengths).
await mkdir(outdir, { recursive: true });
await writeWhole(join(outdir, firmwareServer), server.text);
const program = join(outdir, `program-${id}.js`);
const launcher = join(outdir, 'benchflash.cjs');
await writeWhole(program, source);
try {
  await execFileAsync(process.execPath, [join(here, 'code-cache.cjs'), program]);
} catch (error) {
  console.warn(
    `benchflash will start slower: its code cache could not be made (${error.stderr?.slice(-2_000) || error})`,
  );
}
const launching = await readFile(join(here, 'launcher.cjs'), 'utf8');
await writeWhole(launcher, launching.replace('BUILD_ID', id), 0o755);
for (const name of await readdir(outdir))
  if (name !== basename(launcher) && name !== firmwareServer && !name.startsWith(basename(program, '.js')))
    await rm(join(outdir, name), { recursive: true });
