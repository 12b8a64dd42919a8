import { isBootLoop, isReadable, readBootSigns, type BootSigns } from './boot-signs.ts';
import type { BootExpectation, BootVerdict } from './types.ts';

/** Digits of the ELF hash a boot prints: 9 in newer ESP-IDF, 16 before. Fewer prove nothing. */
const ELF_SHA_LINE = /ELF file SHA256:\s*([0-9a-f]{6,64})/i;
const VERSION_LINE = /App version:\s*(\S.*)$/i;
const PROJECT_LINE = /Project name:\s*(\S.*)$/i;
/** Lines in which firmware without a descriptor names itself: Tasmota, ESPHome. */
const FIRMWARE_LINE = /\bversion\b/i;

/** Judges a boot text (sanitised, newlines kept) against what should have started. Pure. */
export function judgeBoot(text: string, expectation: BootExpectation): BootVerdict {
  const signs = readBootSigns(text);
  if (isBootLoop(signs)) return loopVerdict(signs);
  const last = signs.starts.at(-1);
  if (last?.into === 'download' || signs.waitsForDownload)
    return verdict('download-mode', 'The unit started its loader: GPIO0 is still low.', last?.line);
  const invalid = signs.invalidLines.at(-1);
  if (invalid != null)
    return verdict('invalid-image', `The unit finds nothing in flash that it can start: ${invalid}`, invalid);
  // A crash after the name was printed: the next start will tell.
  if (signs.crashesInLastSection === 0) {
    const named = judgeName(signs.lastSection, expectation);
    if (named != null) return named;
  }
  if (last?.into === 'waiting-for-host')
    return verdict('invalid-image', 'The unit waits for an SDIO host: GPIO15 must be low.', last.line);
  if (last != null || isReadable(text))
    return verdict(
      'running',
      'The unit started from flash, but nothing it printed names the firmware.',
      last?.line,
    );
  if (text.trim().length >= 4)
    return verdict('garbage', 'Only bytes that are no text at this rate were heard.');
  return verdict('nothing', 'Nothing was heard after the restart.');
}

function verdict(kind: BootVerdict['kind'], message: string, line?: string): BootVerdict {
  return { kind, message, ...(line != null && line !== '' && { line }) };
}

function loopVerdict(signs: BootSigns): BootVerdict {
  const line = signs.crashLines.at(-1) ?? signs.invalidLines.at(-1) ?? signs.starts.at(-1)?.line;
  if (signs.crashLines.length === 0 && signs.invalidLines.length > 0)
    return verdict('invalid-image', `The unit finds nothing in flash that it can start: ${line}`, line);
  return verdict('boot-loop', `The unit restarts over and over: ${line ?? 'no reason printed'}`, line);
}

/** The verdict of lines that name firmware; undefined when there are none. */
function judgeName(section: string, expectation: BootExpectation): BootVerdict | undefined {
  const lines = section.split('\n');
  if (expectation.pattern != null) {
    const pattern = new RegExp(expectation.pattern.source, expectation.pattern.flags.replace(/[gy]/g, ''));
    const line = lines.find((candidate) => pattern.test(candidate));
    return line == null ? undefined : proved('pattern', line);
  }
  const sha = matching(lines, ELF_SHA_LINE);
  if (sha != null && expectation.elfSha256 != null && !/^0*$/.test(expectation.elfSha256))
    return expectation.elfSha256.toLowerCase().startsWith(sha.value.toLowerCase())
      ? proved('elf-sha256', sha.line)
      : other(sha.line);
  const version = matching(lines, VERSION_LINE);
  const project = matching(lines, PROJECT_LINE);
  if (project != null && expectation.project != null && project.value !== expectation.project)
    return other(project.line);
  if (version != null && expectation.version != null)
    return version.value === expectation.version ? proved('version', version.line) : other(version.line);
  if (project != null && expectation.project != null) return proved('project', project.line);
  if (expectation.version == null) return undefined;
  const { version: wanted } = expectation;
  const line = lines.find((candidate) => FIRMWARE_LINE.test(candidate) && hasToken(candidate, wanted));
  return line == null ? undefined : proved('version', line);
}

function matching(
  lines: readonly string[],
  pattern: RegExp,
): { readonly line: string; readonly value: string } | undefined {
  for (const line of lines) {
    const value = pattern.exec(line)?.[1];
    if (value != null) return { line, value: value.trim() };
  }
  return undefined;
}

/** Whether `token` stands in the line, and not as a part of a longer version (`1.2` in `1.2.3`). */
function hasToken(line: string, token: string): boolean {
  for (let at = line.indexOf(token); at !== -1 && token !== ''; at = line.indexOf(token, at + 1)) {
    const before = line[at - 1] ?? ' ';
    const after = line.slice(at + token.length, at + token.length + 2);
    if (!/[\w.]/.test(before.replace(/[vV]/, ' ')) && !/^(\w|\.\d)/.test(after)) return true;
  }
  return false;
}

const proved = (by: NonNullable<BootVerdict['by']>, line: string): BootVerdict => ({
  kind: 'proved',
  by,
  line,
  message: 'The new firmware named itself.',
});

const other = (line: string): BootVerdict => ({
  kind: 'other-firmware',
  line,
  message: `Other firmware started than the one written: ${line}`,
});
