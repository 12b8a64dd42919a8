/** `mm:ss`, from an hour on `h:mm:ss`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = two(Math.floor(seconds / 60) % 60);
  return hours > 0 ? `${hours}:${minutes}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The same in at most 7 cells: from ten hours on `10h04`. */
export function shortDuration(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  return minutes < 600
    ? duration(ms)
    : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}`;
}

/** What is left, as an estimate in at most 7 cells: `~00:31`, from an hour on `~1h23`. */
export function estimate(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `~${duration(ms)}`
    : `~${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}`;
}

/** Sizes as people know them from flash chips: powers of 1024, at most one decimal. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 ** 2) return `${scaled(count / 1024)} KiB`;
  return count < 1024 ** 3 ? `${scaled(count / 1024 ** 2)} MiB` : `${scaled(count / 1024 ** 3)} GiB`;
}

/** Thousand bytes a second; at most 8 cells up to 99 MB/s. */
export const speed = (bytesPerSecond: number): string =>
  bytesPerSecond < 999_500
    ? `${scaled(bytesPerSecond / 1000)} kB/s`
    : `${scaled(bytesPerSecond / 1_000_000)} MB/s`;

const scaled = (value: number): string =>
  value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);

const two = (value: number) => String(value).padStart(2, '0');

/** Wall-clock time of day, `14:31:58`, in the time zone of the bench. */
export function timeOfDay(time: number): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-11-21 09:14`. */
export function dateTime(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
