// Builds dist/: the program as one minified CommonJS file, with React's production build baked in (its development
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

/** What the screen is made of before anybody has typed: every character of it is a cell and a grapheme of its own. */
const PLAIN = String.raw`/^[\x20-\x7e\xa1-\xac\xae-\xff\u2500-\u25fc\u25ff\u2714\u2716\u2013\u2026\u2191\u2193\ue000-\uf8ff]*$/`;

/**
 * Packages that do more at their start than they have to; what they do is the same, only later or not at all:
 * string-width builds its table of emoji, and three packages open ICU's text segmentation, for the first text that is
 * not plain; fflate fills its tables, commander loads child_process, for a first frame that needs neither. Yoga decodes
 * its WebAssembly at once, and Ink waits at its top level for devtools that are not there, which CommonJS cannot.
 */
const startsFaster = {
  name: 'starts-faster',
  setup(context) {
    whenFirstUsed(
      context,
      'string-width',
      (load) =>
        `const PLAIN = ${PLAIN};
        export default (text, options) =>
          options === undefined && typeof text === 'string' && PLAIN.test(text)
            ? text.length
            : ${load}.default(text, options);`,
    );
    whenFirstUsed(
      context,
      'fflate',
      (load) => `export function Unzlib(...given) { return new (${load}.Unzlib)(...given); }`,
    );
    patch(context, /(slice-ansi|ansi-tokenize[\\/]build|wrap-ansi)[\\/].*\.js$/, /new Intl\.Segmenter\(/g, {
      by: 'segmenterWhenUsed(',
      before: `
        function segmenterWhenUsed(...options) {
          let segmenter;
          return {
            segment(text) {
              if (!${PLAIN}.test(text)) return (segmenter ??= new Intl.Segmenter(...options)).segment(text);
              const segments = Array.from(text, (segment, index) => ({ segment, index, input: text }));
              return Object.assign(segments, { containing: (index = 0) => segments[index] });
            },
          };
        }`,
      optional: true,
    });
    patch(context, /commander[\\/]lib[\\/]command\.js$/, /(?<== )require\('node:child_process'\)/, {
      by: `{ get spawn() { return require('node:child_process').spawn; } }`,
    });
    patch(
      context,
      /ink[\\/]build[\\/]reconciler\.js$/,
      /\bawait (import\('\.\/devtools\.js'\)|loadPackageJson\(\))/g,
      {
        by: 'undefined',
      },
    );
    patch(context, /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/, /wrapAssembly\(await loadYoga\(\)\)/, {
      by: 'wrapAssembly(assembly)',
      before: `
        const assembly = {
          instantiateWasm(imports, ready) {
            const instance = new WebAssembly.Instance(new WebAssembly.Module(loadYoga.wasm), imports);
            ready(instance);
            return instance.exports;
          },
        };
        loadYoga(assembly);`,
    });
    patch(context, /yoga-wasm-base64-esm\.js$/, /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"/, {
      by: '""',
      after: ([, base64]) => `loadYoga.wasm = Buffer.from('${base64}', 'base64');`,
    });
  },
};

/** In place of a package stands what `contents` makes of an expression that loads it. */
function whenFirstUsed(context, name, contents) {
  context.onResolve(
    { filter: new RegExp(`^${name}$`) },
    async ({ importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'as-it-is') return undefined;
      const { path } = await context.resolve(name, { resolveDir, importer, kind, pluginData: 'as-it-is' });
      return { path, namespace: name };
    },
  );
  context.onLoad({ filter: /.*/, namespace: name }, ({ path }) => ({
    resolveDir: root,
    contents: contents(`require(${JSON.stringify(path)})`),
  }));
}

/** Replaces text in files of a package. Fails when it is not there: another version of it wants another look. */
function patch(context, filter, text, change) {
  context.onLoad({ filter }, async ({ path }) => {
    const source = await readFile(path, 'utf8');
    const found = source.match(new RegExp(text.source));
    if (found == null && change.optional) return undefined;
    if (found == null) throw new Error(`${path} is not what build.mjs expects: ${text} is not in it`);
    const body = source.replace(text, () => change.by);
    return { contents: `${change.before ?? ''}\n${body}\n${change.after?.(found) ?? ''}` };
  });
}

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
  },
  // The code of a command is in the one file and runs when the command asks for it.
  supported: { 'dynamic-import': false },
  // Native code stays where npm put it.
  external: ['serialport', '@serialport/*', '@abandonware/noble'],
  plugins: [withoutUnused, startsFaster],
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
const program = join(outdir, `program-${id}.js`);
const launcher = join(outdir, 'benchflash.cjs');
await writeWhole(program, source);
try {
  await execFileAsync(process.execPath, [join(root, 'code-cache.cjs'), program]);
} catch (error) {
  console.warn(
    `benchflash will start slower: its code cache could not be made (${error.stderr?.slice(-2_000) || error})`,
  );
}
const launching = await readFile(join(root, 'launcher.cjs'), 'utf8');
await writeWhole(launcher, launching.replace('BUILD_ID', id), 0o755);
for (const name of await readdir(outdir))
  if (name !== basename(launcher) && !name.startsWith(basename(program, '.js')))
    await rm(join(outdir, name), { recursive: true });
