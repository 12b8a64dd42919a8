import { concatUint8Arrays } from 'uint8array-extras';
import { bytes, hex } from '../../harness/hex.ts';
import { characteristicOf, ScriptedGatt } from '../../harness/scripted-gatt.ts';

export interface PvvxUnitOptions {
  readonly zigbeeBuild?: boolean;
  /** Hex of the configuration, without the version byte. */
  readonly config?: string;
  /** Takes no change of its configuration. */
  readonly stubborn?: boolean;
  readonly id?: string;
  readonly keys?: string;
  readonly deleted?: readonly string[];
  readonly silent?: boolean;
  /** Sends measurements in between. */
  readonly measures?: boolean;
  /** Agrees to no longer packets. */
  readonly smallMtu?: boolean;
  /** Notifications to command 73, hex. */
  readonly room?: readonly string[];
  readonly brokenChunks?: boolean;
}

/** Answers commands as the notes and cmd_parser.c say. */
export class FakePvvxUnit {
  readonly gatt: ScriptedGatt;
  config: string;
  name = 'ATC_B4944C';
  bindKey: string | undefined;
  id: string | undefined;
  keys: string | undefined;
  comfort = '';
  clock = '';
  restartsOnDisconnect = false;
  readonly #options: PvvxUnitOptions;
  readonly #characteristic: string;

  constructor(options: PvvxUnitOptions = {}) {
    this.#options = options;
    this.config = options.config ?? '31000000' + '28041f31' + '310a00';
    this.id = options.id;
    this.keys = options.keys;
    const [service, characteristic] = options.zigbeeBuild === true ? ['fcd2', 'fff4'] : ['1f10', '1f1f'];
    this.#characteristic = characteristic!;
    this.gatt = new ScriptedGatt([
      characteristicOf(service, characteristic, {
        canRead: true,
        canWriteWithoutResponse: true,
        canNotify: true,
      }),
    ]);
    this.gatt.onWrite = (_characteristic, data) => this.#onCommand(data[0]!, hex(data.subarray(1)));
  }

  #say(text: string): void {
    if (this.#options.measures === true)
      this.gatt.notify(this.#characteristic, bytes('33f60b0a09b61101000d'));
    this.gatt.notify(this.#characteristic, bytes(text));
  }

  #onCommand(command: number, data: string): void {
    if (this.#options.silent === true) return;
    switch (command) {
      case 0x00:
        return this.#say('000100005800c0700f7b0000'.slice(0, 24));
      case 0x01:
        if (data !== '')
          this.name = data === '00' ? 'ATC_B4944C' : Buffer.from(data, 'hex').toString('latin1');
        return this.#say(`01${Buffer.from(this.name, 'latin1').toString('hex')}`);
      case 0x10:
        return this.#say('10084c94b438c1a41122');
      case 0x11:
        if (data.length === 40 && this.id != null) this.id = data;
        return this.#record('11', this.id);
      case 0x12:
        if (data.length === 56 && this.keys != null) this.keys = data;
        return this.#record('12', this.keys);
      case 0x15:
        this.#say('10084c94b438c1a41122');
        this.#record('11', this.id);
        this.#record('12', this.keys);
        this.#record('13', '01020304');
        for (const key of this.#options.deleted ?? []) this.#record('14', key);
        return this.#record('14', undefined);
      case 0x17:
        this.id = undefined;
        this.keys = undefined;
        return this.#say('1700');
      case 0x18:
        if (data !== '') this.bindKey = data;
        return this.#say(`18${this.bindKey ?? 'ff'}`);
      case 0x20:
        if (data !== '') this.comfort = data;
        return this.#say(`20${this.comfort}`);
      case 0x23:
        if (data !== '') this.clock = data;
        return this.#say(`23${this.clock}${this.clock}`);
      case 0x55:
        if (data !== '' && this.#options.stubborn !== true) this.config = data;
        return this.#say(`5502${this.config}`);
      case 0x71:
        if (this.#options.smallMtu !== true) this.gatt.payloadBytes = Number.parseInt(data, 16) - 3;
        return this.#say('7100');
      case 0x72:
        this.restartsOnDisconnect = true;
        return;
      case 0x73:
        for (const answer of this.#options.room ?? []) this.#say(answer);
        return;
    }
  }

  /** Pieces of 18 bytes, each with what is left in front. */
  #record(command: string, record: string | undefined): void {
    let left = bytes(record ?? '');
    do {
      const length = this.#options.brokenChunks === true ? left.length + 1 : left.length;
      this.#say(hex(concatUint8Arrays([bytes(command), Uint8Array.of(length), left.subarray(0, 18)])));
      left = left.slice(18);
    } while (left.length > 0);
  }
}
