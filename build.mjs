// Builds dist/: `benchflash.js` and the chunks it loads only when a command needs them, minified, with React's
// production build baked in (its development build leaks and doubles the CPU load).
import { build } from 'esbuild';
import { chmod, rm } from 'node:fs/promises';

const outdir = new URL('dist/', import.meta.url).pathname;

/** Ink asks for the React devtools only when DEV is set; they are no part of the product. */
const withoutDevtools = {
  name: 'without-devtools',
  setup(context) {
    context.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'stub' }));
    context.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'export default {};' }));
  },
};

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { benchflash: 'src/main.ts' },
  absWorkingDir: new URL('.', import.meta.url).pathname,
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  // Names of classes are part of error texts.
  keepNames: false,
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  // Native code stays where npm put it.
  external: ['serialport', '@serialport/*', '@abandonware/noble'],
  plugins: [withoutDevtools],
  banner: {
    js: "import{createRequire as benchflashRequire}from'node:module';const require=benchflashRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod(`${outdir}benchflash.js`, 0o755);
