import type { UnitResult } from './data-dir.ts';

const COLUMNS: readonly (readonly [
  string,
  (unit: UnitResult, line: number) => string | number | undefined,
])[] = [
  ['number', (_, line) => line],
  ['run', ({ run }) => run],
  ['slot', ({ slot }) => slot],
  ['mac', ({ identity }) => identity.mac],
  ['name', ({ identity }) => identity.name],
  ['hardware', ({ identity }) => identity.hardware],
  ['runs', ({ identity }) => identity.firmware],
  ['outcome', ({ outcome }) => outcome],
  ['step', ({ step }) => step],
  ['code', ({ code }) => code],
  ['message', ({ message }) => message],
  ['advice', ({ advice }) => advice],
  ['proof', ({ proof }) => proof.join('; ')],
  ['evidence', ({ evidence }) => evidence],
  ['firmware', ({ firmware }) => firmware.map(({ slot, file }) => `${slot}=${file}`).join('; ')],
  ['firmware sha256', ({ firmware }) => firmware.map(({ sha256 }) => sha256).join('; ')],
  ['backup file', ({ backup }) => backup?.file],
  ['backup sha256', ({ backup }) => backup?.sha256],
  ['bytes written', ({ bytesWritten }) => bytesWritten],
  ['seconds', ({ seconds }) => Math.round(seconds * 10) / 10],
  ['tries', ({ tries }) => tries],
  ['operator', ({ operator }) => operator],
  ['started', ({ startedAt }) => new Date(startedAt).toISOString()],
  ['note', ({ note }) => note],
  ['label', labelOf],
];

/** Keys that whoever reads what a unit sends has to be given; the last one kept is the one in force. */
const BIND_KEY = /(^|-)bind-key$/;

/** What goes onto the unit: its number, MAC, name, firmware and, among secrets, bind key; what it has not is left out. */
function labelOf({ run, identity, secrets }: UnitResult): string {
  const bindKey = secrets?.findLast(({ name }) => BIND_KEY.test(name))?.value;
  const parts = [String(run), identity.mac, identity.name, identity.firmware, bindKey];
  return parts.filter((part) => part != null).join('  ');
}

/**
 * The results of a batch after RFC 4180: a header line, one line a unit, CRLF, UTF-8 without a byte order mark. With
 * `secrets` a last column carries what only this unit has (`name=value`).
 */
export function resultsCsv(
  units: readonly UnitResult[],
  options: { readonly secrets?: boolean } = {},
): string {
  const columns = options.secrets ? [...COLUMNS, SECRETS] : COLUMNS;
  const lines = [
    columns.map(([title]) => title),
    ...units.map((unit, index) => columns.map(([, of]) => of(unit, index + 1))),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

const SECRETS: (typeof COLUMNS)[number] = [
  'secrets',
  ({ secrets }) => secrets?.map(({ name, value }) => `${name}=${value}`).join('; '),
];

/**
 * One cell. Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection):
 * boot text and notes come from devices and hands we do not know.
 */
export function csvCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[\s"']*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
