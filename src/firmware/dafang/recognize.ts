import { hex, isFilled, sizeText, startsWith } from '../bytes.ts';
import type { Findings } from '../findings.ts';
import type { FirmwareKind, FirmwarePart, FirmwareProblem } from '../firmware-file.ts';
import type { Fact } from '../image-report.ts';
import { looksLikeJffs2, parseJffs2 } from '../jffs2.ts';
import { parseSquashfs } from '../squashfs.ts';
import { parseUImage, UIMAGE_HEADER_BYTES, UIMAGE_MAGIC, type UImage } from '../uimage.ts';
import { describeBoot, misplacedBoot, startsAsBoot } from './boot-loader.ts';
import { examineDump, examinePart } from './dump.ts';
import {
  DAFANG_FLASH_BYTES,
  DAFANG_PARTS,
  dafangPart,
  DEMO_PARTS,
  DEMO_PAYLOAD_BYTES,
  type DafangPartName,
} from './flash-map.ts';
import { identityInDump, identityOf, settingsInDump } from './identity.ts';

const FIRMWARE = 5;
/** Of 64 bytes of header 40 were cut away in Xiaomi-Dafang-Hacks#942: the rest of it stands before the kernel. */
const CUT_BY_MISTAKE = 40;
/** So many parts must begin as they should for a chip to be one of this camera. */
const TELLTALE_PARTS = 2;

const error = (text: string): FirmwareProblem => ({ severity: 'error', text });

/** Firmware and dumps of the Xiaomi Dafang camera; undefined for anything else. */
export function describeDafang(content: Uint8Array): Findings | undefined {
  return (
    describeWhole(content) ??
    describeBootFile(content) ??
    describeUImage(content) ??
    describeFileSystem(content) ??
    describeMistake(content)
  );
}

function describeWhole(content: Uint8Array): Findings | undefined {
  if (content.length !== DAFANG_FLASH_BYTES) return undefined;
  const known = DAFANG_PARTS.filter(
    ({ magic, offset }) => magic !== undefined && startsWith(content.subarray(offset), magic),
  );
  const [first] = known;
  const boot = dafangPart('boot');
  const rest = content.subarray(boot.size);
  if (known.length === 1 && first === boot && (isFilled(rest, 0) || isFilled(rest, 0xff))) {
    return findings(
      'dafang-boot',
      'Dafang boot loader padded to the size of the chip',
      [],
      [
        error(
          'This boot loader is padded to the size of the chip: written whole, its padding would wipe kernel, para and config. Give the boot loader alone (262144 bytes).',
        ),
      ],
    );
  }
  if (known.length < TELLTALE_PARTS) return undefined;
  const identity = identityInDump(content);
  const settings = settingsInDump(content);
  const parts = examineDump(content);
  const secrets = identity.secrets.length > 0 ? ['Keys of the camera (in para) are in this dump.'] : [];
  return {
    ...findings(
      'dafang-full-flash',
      `full flash of a Xiaomi Dafang camera${identity.mac === undefined ? '' : ` ${identity.mac}`}, 16 MiB`,
      [
        { label: 'MAC', value: identity.mac ?? `none: ${identity.missing}` },
        { label: 'Keys', value: identity.secrets.length === 0 ? 'none found' : '[redacted]' },
        { label: 'Wi-Fi', value: wifiText(settings.ssid, settings.hasWifiPassword) },
        ...parts.map(({ part, text }) => ({ label: part.name, value: text })),
      ],
      [
        ...parts
          .filter(({ state }) => state !== 'good')
          .map(({ part, text }): FirmwareProblem => ({
            severity: 'warning',
            text: `${part.name}: ${text}.`,
          })),
        ...identity.warnings.map((text): FirmwareProblem => ({ severity: 'warning', text })),
      ],
      DAFANG_PARTS.map((part) => piece(part.name, content.subarray(part.offset, part.offset + part.size))),
    ),
    backup: {
      runs: parts[0]?.state === 'good' ? parts[0].text : undefined,
      wifiCredentials: settings.hasWifiPassword ? 'found' : 'none',
      ssids: settings.ssid === undefined ? [] : [settings.ssid],
      secrets,
      blankData: identity.mac === undefined && settings.ssid === undefined,
    },
  };
}

function describeBootFile(content: Uint8Array): Findings | undefined {
  if (!startsAsBoot(content)) return undefined;
  const { size } = dafangPart('boot');
  const boot = describeBoot(content);
  const tooLarge =
    content.length > size
      ? [
          error(
            `The file has ${content.length} bytes, the part boot only ${size}: what is cut off would be missing.`,
          ),
        ]
      : [];
  return findings(
    'dafang-boot',
    `Dafang boot loader: ${boot.title}`,
    [
      { label: 'Published', value: boot.known ? 'hash known' : 'hash not known' },
      { label: 'RAM', value: boot.ramMB === undefined ? 'not told' : `${boot.ramMB} MB` },
      { label: 'Drives', value: boot.drives?.join(', ') ?? 'not known' },
      { label: 'SPL', value: `${boot.splBytes} bytes` },
    ],
    [...boot.problems, ...tooLarge],
    [piece('boot', content)],
  );
}

function describeUImage(content: Uint8Array): Findings | undefined {
  const image = parseUImage(content);
  if (image === undefined) return undefined;
  return image.type === FIRMWARE ? describeDemo(content, image) : describeKernel(content, image);
}

function uImageProblems({ headerIsRight, payload }: UImage): FirmwareProblem[] {
  return [
    ...(headerIsRight ? [] : [error('The checksum of its uImage header is wrong: the file is damaged.')]),
    ...(payload === 'cut' ? [error('The file ends before the image does: it was cut short.')] : []),
    ...(payload === 'wrong'
      ? [error('The checksum of what the header describes is wrong: the file is damaged.')]
      : []),
  ];
}

function describeDemo(content: Uint8Array, image: UImage): Findings {
  const payload = content.subarray(UIMAGE_HEADER_BYTES, UIMAGE_HEADER_BYTES + image.payloadBytes);
  let at = 0;
  const pieces = DEMO_PARTS.map((name) => {
    const { size } = dafangPart(name);
    at += size;
    return { name, bytes: payload.subarray(at - size, at) };
  });
  const wrongSize =
    image.payloadBytes === DEMO_PAYLOAD_BYTES
      ? []
      : [error(`It describes ${image.payloadBytes} bytes; kernel to appfs are ${DEMO_PAYLOAD_BYTES}.`)];
  const wrongParts = pieces
    .map(({ name, bytes }) => examinePart(dafangPart(name), bytes))
    .filter(({ state }) => state !== 'good')
    .map(({ part, text }) => error(`${part.name} in it: ${text}.`));
  const problems = [...uImageProblems(image), ...wrongSize];
  return findings(
    'dafang-demo',
    `demo.bin of the Dafang camera (${image.name || 'without a name'})`,
    [{ label: 'Payload CRC', value: hex(image.payloadCrc, 8) }],
    problems.length > 0 ? problems : wrongParts,
    pieces.map(({ name, bytes }) => piece(name, bytes)),
  );
}

function describeKernel(content: Uint8Array, image: UImage): Findings {
  const { size } = dafangPart('kernel');
  const wholeDemo = content.length > size && startsWith(content.subarray(size), dafangPart('root').magic!);
  const tooLarge = wholeDemo
    ? 'This is demo.bin without its header of 64 bytes: its checksum went with it. Give demo.bin itself.'
    : `The file has ${content.length} bytes, the part kernel only ${size}.`;
  return findings(
    'dafang-kernel',
    `kernel image ${image.name || 'without a name'}`,
    [{ label: 'Image', value: `${image.payloadBytes + UIMAGE_HEADER_BYTES} bytes` }],
    [...uImageProblems(image), ...(content.length > size ? [error(tooLarge)] : [])],
    [piece('kernel', content)],
  );
}

function describeFileSystem(content: Uint8Array): Findings | undefined {
  const squashfs = parseSquashfs(content);
  if (squashfs !== undefined) {
    const name = squashfs.usedBytes > dafangPart('driver').size ? 'root' : 'driver';
    return findings(
      'squashfs',
      `squashfs ${squashfs.major}.x, ${sizeText(squashfs.usedBytes)} used`,
      [{ label: 'Fits', value: `${name} of a Dafang camera, by its size` }],
      squashfs.usedBytes > content.length
        ? [error(`It uses ${squashfs.usedBytes} bytes and the file has ${content.length}: it was cut short.`)]
        : [],
      [piece(name, content)],
    );
  }
  if (!looksLikeJffs2(content)) return undefined;
  const files = parseJffs2(content)!;
  const facts = [
    { label: 'Files', value: String(files.files.length) },
    { label: 'Nodes', value: `${files.nodes}, ${files.damagedNodes} damaged` },
  ];
  if (content.length <= dafangPart('para').size) {
    const identity = identityOf(content);
    if (identity.secrets.length > 0)
      return findings(
        'dafang-para',
        `para of a Dafang camera: its identity${identity.mac === undefined ? '' : `, ${identity.mac}`}`,
        [
          { label: 'MAC', value: identity.mac ?? `none: ${identity.missing}` },
          { label: 'Keys', value: '[redacted]' },
          ...facts,
        ],
        identity.warnings.map((text): FirmwareProblem => ({ severity: 'warning', text })),
        [piece('para', content)],
      );
  }
  return findings(
    'jffs2',
    `jffs2 file system, ${sizeText(content.length)}`,
    facts,
    [],
    [piece('appfs', content)],
  );
}

/** What went wrong for others with files that look right at first sight. */
function describeMistake(content: Uint8Array): Findings | undefined {
  const rest = UIMAGE_HEADER_BYTES - CUT_BY_MISTAKE;
  if (startsWith(content.subarray(rest), UIMAGE_MAGIC) && content.length > dafangPart('kernel').size)
    return findings(
      'dafang-demo',
      'demo.bin cut at the wrong place',
      [],
      [error('40 bytes were cut from demo.bin; its header has 64 (0x40). Give demo.bin itself, uncut.')],
    );
  const at = misplacedBoot(content.subarray(0, DAFANG_FLASH_BYTES));
  if (at === undefined) return undefined;
  return findings(
    'dafang-boot',
    'Dafang boot loader at the wrong place',
    [],
    [
      error(
        `A boot loader stands at ${hex(at)} of this file, not at 0: written so, the camera is dead and silent.`,
      ),
    ],
  );
}

const wifiText = (ssid: string | undefined, hasPassword: boolean) =>
  ssid === undefined && !hasPassword
    ? 'nothing found'
    : `${ssid ?? 'no name'}, password ${hasPassword ? '[redacted]' : 'not kept'}`;

function findings(
  kind: FirmwareKind,
  title: string,
  facts: readonly Fact[],
  problems: readonly FirmwareProblem[],
  parts: readonly FirmwarePart[] = [],
): Findings {
  return { kind, chip: undefined, title, facts, problems, parts };
}

function piece(name: DafangPartName, bytes: Uint8Array): FirmwarePart {
  const { offset, content } = dafangPart(name);
  return {
    kind: name === 'boot' ? 'bootloader' : 'data',
    title: content,
    flashOffset: offset,
    bytes,
    partition: name,
  };
}
