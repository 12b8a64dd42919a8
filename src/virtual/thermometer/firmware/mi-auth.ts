import { randomBytes } from 'node:crypto';
import type { FaultLedger } from '../../fault-ledger.ts';
import { joinBytes, u32 } from '../../bytes.ts';
import { MI_KEY } from '../images/flash-map.ts';
import { UUID, type Characteristic, type Link, type Service } from './gatt.ts';
import {
  DeviceKeyPair,
  loginProofs,
  openDeviceId,
  sameBytes,
  setupKeys,
  type SetupKeys,
} from './mi-crypto.ts';
import type { MiRecords } from './mi-records.ts';
import { PARCEL, ParcelPort } from './parcel-port.ts';

/** Opcodes on the control point 0x0010, u32 (reference "Mi BLE", section 3). */
const OPCODE = {
  deviceInfo: 0xa2,
  mtuTest: 0xa4,
  register: 0x10,
  registerPlain: 0x15,
  verify: 0x13,
  login: 0x24,
};
const ANSWER = {
  registered: 0x11,
  registerFailed: 0x12,
  loggedIn: 0x21,
  loginFailed: 0x23,
  notRegistered: 0xe0,
};

export interface MiAuthOptions {
  readonly link: Link;
  readonly records: MiRecords;
  readonly faults: FaultLedger;
  /** As characteristic 0x0004 says it, e.g. `2.1.1_0159`. */
  readonly libraryVersion: string;
  /**
   * Firmware 2.x: messages in single packets, and registration only with what the maker's server has signed
   * (types 06 and 07); whoever leaves that out waits for an answer that never comes.
   */
  readonly serverSigned: boolean;
}

/** Xiaomi's standard authentication, device side: registration and login over one connection. */
export class MiAuth {
  /** This link may do what only the owner may: the OTA, for one. */
  trusted = false;
  private readonly options: MiAuthOptions;
  private readonly parcels: ParcelPort;
  /** Counts conversations, so that an abandoned one says nothing more. */
  private turn = 0;
  private pending: { readonly keys: SetupKeys; readonly deviceId: Uint8Array } | undefined;

  constructor(options: MiAuthOptions) {
    this.options = options;
    const { link, faults } = options;
    let lost = false;
    this.parcels = new ParcelPort({
      send: (bytes) => link.notify(UUID.mi, UUID.miData, bytes),
      after: (ms, callback) => link.after(ms, callback),
      singlePackets: options.serverSigned,
      losesFrame: () => {
        lost ||= faults.strikes('lost-frame');
        return lost;
      },
    });
    link.ended.addEventListener('abort', () => {
      this.parcels.reset();
      if (lost) faults.spend('lost-frame');
    });
  }

  service(): Service {
    const control: Characteristic = {
      uuid: UUID.miControl,
      properties: ['write', 'writeWithoutResponse', 'notify'],
      write: (bytes) => this.command(u32(bytes, 0)),
    };
    const data: Characteristic = {
      uuid: UUID.miData,
      properties: ['write', 'writeWithoutResponse', 'notify'],
      write: (bytes) => this.parcels.receive(bytes),
    };
    const version = new TextEncoder().encode(this.options.libraryVersion);
    return {
      uuid: UUID.mi,
      characteristics: [{ uuid: UUID.miVersion, properties: ['read'], read: () => version }, control, data],
    };
  }

  private command(opcode: number): void {
    if (opcode === OPCODE.mtuTest) return this.parcels.probe();
    if (opcode === OPCODE.verify) return this.verify();
    const conversation = {
      [OPCODE.deviceInfo]: () => this.tellDeviceInfo(),
      [OPCODE.register]: () => this.register(),
      [OPCODE.registerPlain]: () => this.register(),
      [OPCODE.login]: () => this.login(),
    }[opcode];
    if (conversation == null) return;
    this.turn += 1;
    this.parcels.reset();
    void conversation();
  }

  private async tellDeviceInfo(): Promise<void> {
    const id = this.options.records.deviceId;
    const head = Uint8Array.of(id == null ? 0x01 : 0x02, 0, 0, 0);
    await this.parcels.send(PARCEL.deviceId, id == null ? head : joinBytes(head, id));
  }

  private async register(): Promise<void> {
    const { turn, parcels } = this;
    this.pending = undefined;
    parcels.welcome = this.options.serverSigned
      ? new Set([PARCEL.publicKey, PARCEL.shareInfo, PARCEL.serverCertificate])
      : new Set([PARCEL.publicKey, PARCEL.deviceId]);
    const hostKey = await parcels.take(PARCEL.publicKey);
    if (turn !== this.turn) return;
    const pair = new DeviceKeyPair();
    const secret = hostKey == null ? undefined : pair.secretWith(hostKey);
    if (secret == null || !(await parcels.send(PARCEL.publicKey, pair.publicXY)))
      return this.say(turn, ANSWER.registerFailed);
    if (this.options.serverSigned) return this.refuseUnsigned(turn);
    const sealed = await parcels.take(PARCEL.deviceId);
    const keys = setupKeys(secret);
    const deviceId = sealed == null ? undefined : openDeviceId(keys.idKey, sealed);
    if (deviceId?.length !== 20) return this.say(turn, ANSWER.registerFailed);
    if (turn === this.turn) this.pending = { keys, deviceId };
  }

  /** The signature is the maker's alone: nobody at a bench has one that this device would take. */
  private async refuseUnsigned(turn: number): Promise<void> {
    const shareInfo = await this.parcels.take(PARCEL.shareInfo);
    if (shareInfo == null) return;
    await this.parcels.take(PARCEL.serverCertificate);
    this.say(turn, ANSWER.registerFailed);
  }

  private verify(): void {
    const { pending, options } = this;
    // Firmware 2.x never gets here: the public flashers "hang" at this step.
    if (pending == null) return options.serverSigned ? undefined : this.say(this.turn, ANSWER.registerFailed);
    this.pending = undefined;
    options.records.put(MI_KEY.deviceId, pending.deviceId);
    options.records.put(MI_KEY.keys, joinBytes(pending.keys.token, pending.keys.bindKey));
    this.trusted = true;
    this.say(this.turn, ANSWER.registered);
  }

  private async login(): Promise<void> {
    const { turn, parcels, options } = this;
    const { keys } = options.records;
    if (keys == null) return this.say(turn, ANSWER.notRegistered);
    parcels.welcome = new Set([PARCEL.appRandom, PARCEL.appConfirmation]);
    const hostRandom = await parcels.take(PARCEL.appRandom);
    if (hostRandom == null || turn !== this.turn) return this.say(turn, ANSWER.loginFailed);
    const deviceRandom = Uint8Array.from(randomBytes(16));
    const proofs = loginProofs(this.tokenInUse(keys.token), hostRandom, deviceRandom);
    const sent =
      (await parcels.send(PARCEL.deviceRandom, deviceRandom)) &&
      (await parcels.send(PARCEL.deviceConfirmation, proofs.device));
    const proof = sent ? await parcels.take(PARCEL.appConfirmation) : undefined;
    const known = proof != null && sameBytes(proof, proofs.host);
    if (known && turn === this.turn) this.trusted = true;
    this.say(turn, known ? ANSWER.loggedIn : ANSWER.loginFailed);
  }

  /** With `wrong-token` the firmware goes by another token than the one that lies in its flash. */
  private tokenInUse(token: Uint8Array): Uint8Array {
    const { faults } = this.options;
    if (!faults.strikes('wrong-token')) return token;
    faults.spend('wrong-token');
    return token.map((byte) => byte ^ 0x5a);
  }

  private say(turn: number, code: number): void {
    if (turn !== this.turn || this.options.link.ended.aborted) return;
    this.options.link.notify(UUID.mi, UUID.miControl, Uint8Array.of(code, 0, 0, 0));
  }
}
