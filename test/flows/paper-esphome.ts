import { BenchError } from '../../src/core/errors.ts';
import type { AnnouncedService, HostPort, TcpConnection } from '../../src/drivers/http/port.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import { ScriptedLan } from '../harness/scripted-lan.ts';

export const MAC = '98:cd:ac:a1:b2:c3';
export const HOST = '10.1.0.9';

/** A network on which one ESPHome unit lives: what it runs and what it does after an update is up to the test. */
export class PaperEspHome extends ScriptedLan {
  txt: Record<string, string> | undefined = {
    version: '2026.9.1',
    mac: MAC.replaceAll(':', ''),
    platform: 'ESP8266',
    board: 'esp01_1m',
    config_hash: 'aaaa1111',
  };
  host = HOST;
  port = 8266;
  isUp = true;
  /** What went over. */
  got: Buffer[] = [];
  /** Told when the image is whole; the answer to it is given already. */
  onImage = (): void => {};
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    super();
    this.#clock = clock;
    this.arp.set(HOST, MAC);
  }

  later(ms: number, act: () => void): void {
    this.#clock.after(ms, act);
  }

  /** Gone for so long, then back as `act` left it. */
  restart(ms: number, act: () => void = () => {}): void {
    this.isUp = false;
    this.later(ms, () => {
      act();
      this.isUp = true;
    });
  }

  override async browse(
    types: readonly string[],
    onFound: (service: AnnouncedService) => void,
  ): Promise<() => void> {
    let isOver = false;
    const cancel = this.#clock.after(200, () => {
      if (isOver || !this.isUp || this.txt === undefined || !types.includes('_esphomelib._tcp')) return;
      onFound({
        type: '_esphomelib._tcp',
        name: 'plug',
        hostName: 'plug',
        at: { host: this.host, port: 6053 },
        txt: this.txt,
      });
    });
    return () => {
      isOver = true;
      cancel();
    };
  }

  override async connect(to: HostPort): Promise<TcpConnection> {
    if (!this.isUp || to.host !== this.host) throw new BenchError('HTTP_NO_ANSWER');
    if (to.port !== this.port) throw new BenchError('HTTP_REFUSED');
    return this.#updater();
  }

  /** Version 2 without a password. */
  #updater(): TcpConnection {
    const steps: [number, number[]][] = [
      [5, [0x00, 0x02]],
      [1, [0x40, 0x41]],
      [4, [0x42]],
      [32, [0x43]],
    ];
    let bytes = Buffer.alloc(0);
    let size = 0;
    let taken = 0;
    const answers: number[] = [];
    return {
      read: async () => {
        if (!this.isUp) throw new BenchError('HTTP_RESET');
        return Uint8Array.from(answers.splice(0));
      },
      write: async (more) => {
        if (!this.isUp) throw new BenchError('HTTP_RESET');
        bytes = Buffer.concat([bytes, more]);
        while (steps.length > 0 && bytes.length >= steps[0]![0]) {
          const [length, answer] = steps.shift()!;
          if (length === 4) size = bytes.readUInt32BE(0);
          bytes = bytes.subarray(length);
          answers.push(...answer);
        }
        if (steps.length > 0 || bytes.length === 0 || taken >= size) return;
        this.got.push(Buffer.from(bytes));
        taken += bytes.length;
        bytes = Buffer.alloc(0);
        answers.push(0x47);
        if (taken < size) return;
        answers.push(0x44, 0x45);
        this.later(100, () => this.onImage());
      },
      close: async () => {},
    };
  }
}
