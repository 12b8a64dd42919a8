import eslint from '@eslint/js';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Files of src/drivers that only declare what a driver is; the rest of it are real adapters. */
const DRIVER_INTERFACES = [
  './drivers/serial/port.ts',
  './drivers/serial/adapter.ts',
  './drivers/ble/radio.ts',
  './drivers/http/port.ts',
  './drivers/http/firmware-server.ts',
  './drivers/process/programs.ts',
];
/** What the bench's radio stands on: only who carries it needs to know. */
const RADIO_CARRIER = './drivers/ble/stack.ts';

/**
 * What each part may import besides itself, as paths below src (and flows). Anything not named is forbidden:
 * cli, ui -> bench -> flows -> protocols -> driver interfaces -> core. Only main.ts sees everything.
 */
const LAYERS = {
  './src/core': { src: [], flows: false },
  './src/drivers': { src: ['./core'], flows: false },
  './src/protocols': { src: ['./core', ...DRIVER_INTERFACES], flows: false },
  './src/firmware': { src: ['./core'], flows: false },
  './src/config': { src: ['./core'], flows: false },
  './src/records': { src: ['./core'], flows: false },
  // A model that shared code with its client would share its mistakes; SLIP framing is proved by golden vectors.
  './src/virtual': {
    src: [
      './core',
      './drivers/serial/port.ts',
      './drivers/ble/radio.ts',
      './drivers/http/port.ts',
      RADIO_CARRIER,
      './protocols/esp/slip.ts',
    ],
    flows: false,
  },
  './flows': { src: ['./core', './protocols', './firmware', ...DRIVER_INTERFACES], flows: true },
  './src/bench': {
    src: [
      './core',
      './records',
      './config',
      './firmware',
      './virtual/practice-bench.ts',
      './drivers/host/sleep-inhibitor.ts',
      './protocols',
      ...DRIVER_INTERFACES,
    ],
    flows: true,
  },
  './src/ui': { src: ['./core', './bench', './records', './config', './firmware'], flows: true },
  './src/cli': { src: ['./core', './bench', './records', './config', './firmware'], flows: true },
};

const zones = Object.entries(LAYERS).flatMap(([target, may]) => {
  const itself = target.replace('./src/', './');
  const message = `${target.slice(2)} must not depend on this part; see the direction of dependencies in the README.`;
  return [
    { target, from: './src', except: target === './flows' ? may.src : [itself, ...may.src], message },
    ...(may.flows ? [] : [{ target, from: './flows', message }]),
  ];
});

const byName = (names, message) => names.map((name) => ({ name, message }));
const USE_CLOCK = 'Take a Clock (src/core/clock.ts), so that tests own time.';
const TIMERS = byName(['setTimeout', 'setInterval'], USE_CLOCK);
const TIMER_MODULES = byName(['node:timers', 'node:timers/promises', 'timers', 'timers/promises'], USE_CLOCK);

/** Packages that only one part of the product may know. */
const KEPT_TO = [
  { group: ['ink', 'ink/*', 'react', 'react/*'], only: 'src/ui' },
  {
    group: ['serialport', '@serialport/*', '@abandonware/noble', '@abandonware/noble/*'],
    only: 'src/drivers',
  },
  { group: ['commander'], only: 'src/cli' },
];
const restrictedImports = (folder) => [
  'error',
  {
    patterns: [
      ...KEPT_TO.filter(({ only }) => only !== folder).map(({ group, only }) => ({
        group,
        message: `Only ${only} may import this.`,
      })),
      {
        group: folder === 'src/drivers' ? [] : ['**/drivers/host/*'],
        message: 'Real drivers are named in src/main only; their types are free.',
        allowTypeImports: true,
      },
    ].filter(({ group }) => group.length > 0),
    paths: folder === 'src/drivers' ? [] : TIMER_MODULES,
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.venv/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.json'] })],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Interfaces promise; an implementation that has nothing to wait for is still one.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**', 'flows/**'],
    ignores: ['src/core/clock.ts', 'src/drivers/**', 'src/ui/**', 'src/cli/**', 'src/main.ts', 'src/main/**'],
    rules: {
      'no-restricted-globals': ['error', ...TIMERS],
      '@typescript-eslint/no-restricted-imports': restrictedImports('src'),
    },
  },
  ...['src/ui', 'src/cli'].map((folder) => ({
    files: [`${folder}/**`],
    rules: {
      'no-restricted-globals': ['error', ...TIMERS],
      '@typescript-eslint/no-restricted-imports': restrictedImports(folder),
    },
  })),
  {
    files: ['src/drivers/**'],
    rules: { '@typescript-eslint/no-restricted-imports': restrictedImports('src/drivers') },
  },
  { files: ['src/cli/**', 'src/main.ts', 'test/perf/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**'],
    rules: {
      // Test doubles are often asserted by `expect(fake.method)` and hold loosely typed JSON.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', require: 'readonly' },
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      globals: { __dirname: 'readonly', setImmediate: 'readonly', setTimeout: 'readonly' },
    },
  },
);
