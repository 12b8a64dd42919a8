import { findRbootConfig, rbootConfigSector } from '../../plug/boot/rboot-config.ts';
import type { RunningPlug } from '../../plug/plug-firmware.ts';
import { readFiles } from './file-system.ts';
import { SETTINGS_FILE, writeFiles } from './settings.ts';

/**
 * What the first start after an update does: files of the old file system come over where the new one does not have
 * them, then the slot is committed. Power that goes before that sends the unit back to its old slot.
 */
export async function mountNewFiles(
  plug: RunningPlug,
  defaults: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const found = findRbootConfig(plug.flash);
  if (found?.config.isUncommitted !== true) return;
  const { offset, config } = found;
  const filesOf = (slot: number) => {
    const { filesOffset, filesBytes } = config.slots[slot]!;
    return readFiles(plug.flash.subarray(filesOffset, filesOffset + filesBytes));
  };
  if (config.isFirstBoot && config.previous !== config.current) {
    const { filesOffset, filesBytes } = config.slots[config.current]!;
    const files = new Map([...(filesOf(config.current) ?? defaults)]);
    // Settings of the unit are its own; whatever else came with the update stays as it came.
    for (const [name, content] of filesOf(config.previous) ?? [])
      if (name === SETTINGS_FILE || !files.has(name)) files.set(name, content);
    await writeFiles(plug, { offset: filesOffset, bytes: filesBytes }, files);
    plug.log('files of the former firmware taken over');
  }
  const committed = { isFirstBoot: false, isUncommitted: false, attempts: 0 };
  await plug.write(offset, rbootConfigSector({ ...config, ...committed }));
  plug.settle();
  plug.log(`slot ${config.current} committed`);
}
