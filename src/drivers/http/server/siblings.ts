/**
 * Names by which a Tasmota asks for the small build that makes room for `name`: everything up to the last `-`, and
 * `-minimal` (ESP8266) or `-safeboot` (ESP32); `tasmota-lite.bin.gz` becomes `tasmota-minimal.bin.gz`.
 */
export function smallSiblings(name: string): readonly string[] {
  const dot = /\.[^.]*(\.gz)?$/.exec(name)?.index ?? name.length;
  const dash = name.lastIndexOf('-');
  const base = name.slice(0, dash > 0 ? dash : dot);
  return ['minimal', 'safeboot'].map((kind) => `${base}-${kind}${name.slice(dot)}`);
}

/**
 * What a unit must have fetched before it needs this server no more, each as the names of which one is enough. The
 * small build for the way is no need of its own, and a file and its `.gz` stand for each other.
 */
export function needsOf(names: readonly string[]): readonly (readonly string[])[] {
  const small = new Set(names.flatMap((name) => smallSiblings(name).filter((sibling) => sibling !== name)));
  const needed = names.filter((name) => !small.has(name));
  const plain = needed.filter((name) => !(name.endsWith('.gz') && needed.includes(name.slice(0, -3))));
  return plain.map((name) => [name, `${name}.gz`]);
}
