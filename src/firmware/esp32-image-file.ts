import { hex } from './bytes.ts';
import { parseEspImage } from './esp-image.ts';
import type { Findings } from './findings.ts';
import type { FirmwareProblem } from './firmware-file.ts';
import { reportEsp32Image, type Fact } from './image-report.ts';

/** A file with one image of the ESP32 family at its first byte: an application, or a boot loader. */
export function describeEsp32Image(content: Uint8Array): Findings | undefined {
  const image = parseEspImage(content);
  if (image == null) return undefined;
  const report = reportEsp32Image(content, image, content.length);
  const isApp = report.kind === 'app';
  const offset = isApp ? undefined : image.chip?.bootOffset;
  const place: Fact = {
    label: 'Belongs at',
    value: isApp
      ? 'an application partition, usually 0x10000; never 0x0'
      : offset == null
        ? 'unknown'
        : hex(offset),
  };
  const problems: FirmwareProblem[] = [...report.problems];
  const rest = content.length - image.end;
  // Padding and signatures belong to an image; anything else was glued to it, or it is no single image.
  if (!image.truncated && rest > 0 && report.facts.some(({ value }) => value.endsWith('not part of it')))
    problems.push({
      severity: 'warning',
      text: `${rest} bytes follow the image from ${hex(image.end)}; they are neither padding nor a signature.`,
    });
  return {
    kind: isApp ? 'esp32-app' : 'esp32-bootloader',
    chip: image.chip?.name,
    title: report.title,
    facts: [place, ...report.facts],
    problems,
    parts: [
      { kind: report.kind, title: report.title, flashOffset: offset, bytes: content, ...report.fields },
    ],
    ...(report.fields.product != null && { product: report.fields.product }),
  };
}
