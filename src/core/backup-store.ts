/** What flows see of the backups of a batch; the records keep them. */
export interface StoredBackup {
  /** Absolute path. */
  readonly file: string;
  /** Lower-case hex, of the file as it lies on disk. */
  readonly sha256: string;
  readonly bytes: number;
  /** Lower case with colons; missing when the unit did not say who it is. */
  readonly mac?: string;
  /** `first`: taken before any write of ours to this unit, in any batch. `after-write`: once one began. */
  readonly mark: 'first' | 'after-write';
  /** False when fewer bytes were kept than `create` announced. */
  readonly whole: boolean;
  readonly flow: string;
  /** What it holds, as named by `create`, e.g. `full-flash`. */
  readonly kind: string;
  /** Wall-clock, ms since the epoch. */
  readonly takenAt: number;
}

export interface NamedBackup {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Whose it is, by its record; missing when no record knows this file. */
  readonly mac?: string;
}

export interface BackupStore {
  /**
   * Opens a new backup of the identified unit; nothing is kept until `commit` has checked it.
   * `kind` names what it holds, e.g. `full-flash`. Throws DISK_FULL when `totalBytes` do not fit on the disk.
   */
  create(kind: string, totalBytes: number): Promise<BackupWriter>;
  /**
   * The backup that restores this unit: the newest whole one marked `first` (the state before anything of ours was
   * written), and only when there is none the newest whole `after-write` one. Taken by this flow in any batch; of
   * `kind` when given. Its hash is checked again now, damaged ones are passed over; undefined when none is left.
   */
  newestWhole(mac: string, kind?: string): Promise<StoredBackup | undefined>;
  /** Every whole backup of this unit of that kind, by whatever flow, the newest first; hashes are checked by `read`. */
  ofUnit(mac: string, kind: string): Promise<readonly StoredBackup[]>;
  /** Reads a stored backup, hash checked. Throws BACKUP_DAMAGED. */
  read(backup: StoredBackup): Promise<Uint8Array>;
  /** Backup named with --backup, if any. */
  readonly named: NamedBackup | undefined;
}

export interface BackupWriter {
  /** Throws DISK_FULL; nothing is left of the backup then. */
  append(bytes: Uint8Array): Promise<void>;
  /**
   * Flushes, reads the file back, compares its hash with what was appended, writes the record beside it.
   * Throws BACKUP_DAMAGED when the disk does not give back what was written.
   */
  commit(): Promise<StoredBackup>;
  /** Throws away what was written so far; idempotent, does nothing after `commit`. */
  discard(): Promise<void>;
}
