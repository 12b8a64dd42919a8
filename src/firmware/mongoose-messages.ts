/**
 * What the updater of Mongoose OS answers when it refuses an archive (mongoose-os-libs/ota-common,
 * ota-http-server), and what each means for the person at the bench.
 */
export const MONGOOSE_MESSAGES = {
  'Malformed archive (invalid file header)':
    'the file is no zip archive as Mongoose OS reads it, or it was damaged on the way',
  'Archived file size is unknown':
    'an entry does not say its size before its data (it was made by a streaming zip program)',
  'Cannot handle compressed .zip': 'an entry is compressed; every entry must be stored',
  'Too long file name': 'the name of an entry has 50 characters or more',
  'Failed to parse manifest': 'manifest.json is no valid JSON',
  'Required manifest field missing': 'manifest.json lacks name, platform, version, build_id or parts',
  'Wrong platform': 'the archive is for another chip',
  'Version is the same as current': 'the unit already runs this version and build',
  'Invalid CRC': 'an entry does not fit its CRC-32: the archive is damaged',
  'Invalid manifest': 'manifest.json contradicts itself or the archive',
  'Incomplete update package': 'the archive is cut short, or a file that the manifest names is not in it',
  'Invalid checksum format': 'a SHA-1 in the manifest is not 40 hex digits',
  'Image too big': 'a part does not fit its place in flash',
  'Invalid checksum': 'a part does not fit its SHA-1 in the manifest',
  'Missing fw part': 'the manifest has no fw part (the application)',
  'Missing fs part': 'the manifest has no fs part (the file system)',
  'Wrong state for finalize': 'the transfer ended before the update was whole',
  'Update aborted': 'the unit broke the update off',
} as const satisfies Record<string, string>;

export type MongooseMessage = keyof typeof MONGOOSE_MESSAGES;

/** What a message of a unit means, or undefined when it is none that is known. Case and surroundings do not count. */
export function explainMongooseMessage(text: string): string | undefined {
  const said = text.toLowerCase();
  const known = Object.entries(MONGOOSE_MESSAGES)
    .filter(([message]) => said.includes(message.toLowerCase()))
    // The longest, because `Invalid checksum` stands in `Invalid checksum format`.
    .toSorted(([a], [b]) => b.length - a.length);
  return known[0]?.[1];
}
