export const KEEPS_BACKUP = 'A retry starts again at detect; backups that were checked are kept.';
export const NOTHING_WRITTEN = 'A retry starts again at detect; nothing has been written.';
