import type { FlashBus } from './flash-bus.ts';
import type { SwsBus } from './sws-slave.ts';

/** Registers as section 3 of the reference names them. */
export const REGISTER = {
  flashData: 0x0c,
  flashControl: 0x0d,
  /** Reboot (bit 5), sleep (bit 7). */
  power: 0x6f,
  chipRevision: 0x7d,
  chipIdLow: 0x7e,
  chipIdHigh: 0x7f,
  swsDivider: 0xb2,
  /** Bit 7: no move to the next address. */
  swsMode: 0xb3,
  /** 05 stops the CPU, 06 stalls it, 88 starts it. */
  cpu: 0x602,
  /** Bit 3 lets the watchdog run. */
  timerControl2: 0x622,
  programCounter: 0x6bc,
} as const;

const DEFAULT_DIVIDER = 5;
const FIFO_BIT = 0x80;
const REBOOT_BIT = 0x20;
const WATCHDOG_BIT = 0x08;
/** TLSR8250, 8251, 8253 and 8258. */
const CHIP_ID = 0x5562;
const CHIP_REVISION = 0x02;
const REGISTER_BYTES = 0x1_0000;
const RAM_START = 0x4_0000;
const RAM_BYTES = 0x1_0000;
/** Where the main loop of a firmware is found when it is stopped. */
const STOPPED_AT = 0x0000_4a5c;

export type CpuState = 'running' | 'stopped' | 'ram-program';

export interface SocEvents {
  /** The pin listens: the firmware is awake. Asked only while the CPU runs. */
  swsAwake(): boolean;
  /** The CPU was stopped. */
  stopped(): void;
  /** A program that was put into RAM runs. */
  ramProgramStarted(): void;
  /** The chip reboots. */
  reboot(): void;
}

/** A TLSR8251 as seen through its single wire. */
export class Soc implements SwsBus {
  cpu: CpuState = 'running';
  /** The watchdog is what a fault made of it, not what the firmware did. */
  watchdogAtReset = false;
  private readonly flash: FlashBus;
  private readonly events: SocEvents;
  private readonly registers = new Uint8Array(REGISTER_BYTES);
  private readonly ram = new Uint8Array(RAM_BYTES);
  private ramWritten = false;

  constructor(flash: FlashBus, events: SocEvents) {
    this.flash = flash;
    this.events = events;
    this.reset();
  }

  get fifoMode(): boolean {
    return (this.registers[REGISTER.swsMode]! & FIFO_BIT) !== 0;
  }

  /** Clock divider of the slave's answers; 7 bits count. */
  get swsDivider(): number {
    return this.registers[REGISTER.swsDivider]! & 0x7f;
  }

  get watchdogRuns(): boolean {
    return (this.registers[REGISTER.timerControl2]! & WATCHDOG_BIT) !== 0;
  }

  /** Everything as after a reset, the CPU running; RAM keeps what it has. */
  reset(): void {
    this.cpu = 'running';
    this.registers.fill(0);
    this.registers[REGISTER.swsDivider] = DEFAULT_DIVIDER;
    this.registers[REGISTER.chipRevision] = CHIP_REVISION;
    this.registers[REGISTER.chipIdLow] = CHIP_ID & 0xff;
    this.registers[REGISTER.chipIdHigh] = CHIP_ID >> 8;
    if (this.watchdogAtReset) this.registers[REGISTER.timerControl2] = WATCHDOG_BIT;
    [0, 1, 2, 3].forEach(
      (byte) => (this.registers[REGISTER.programCounter + byte] = (STOPPED_AT >>> (8 * byte)) & 0xff),
    );
    this.ramWritten = false;
    this.flash.reset();
  }

  isAwake(): boolean {
    return this.cpu !== 'running' || this.events.swsAwake();
  }

  read(address: number): number {
    if (address >= RAM_START) return this.ram[address - RAM_START] ?? 0;
    if (address === REGISTER.flashData) return this.flash.read();
    if (address === REGISTER.flashControl) return this.flash.controlValue;
    return this.registers[address] ?? 0;
  }

  write(address: number, value: number): void {
    if (address >= RAM_START) {
      this.ramWritten = true;
      if (address - RAM_START < RAM_BYTES) this.ram[address - RAM_START] = value;
      return;
    }
    switch (address) {
      case REGISTER.flashData:
        return this.flash.write(value);
      case REGISTER.flashControl:
        return this.flash.control(value);
      case REGISTER.chipRevision:
      case REGISTER.chipIdLow:
      case REGISTER.chipIdHigh:
        return;
      case REGISTER.power:
        if (value & REBOOT_BIT) this.events.reboot();
        return;
      case REGISTER.cpu:
        return this.controlCpu(value);
      default:
        if (address < REGISTER_BYTES) this.registers[address] = value;
    }
  }

  private controlCpu(value: number): void {
    this.registers[REGISTER.cpu] = value;
    if (value === 0x05 || value === 0x06) {
      const ran = this.cpu !== 'stopped';
      this.cpu = 'stopped';
      if (ran) this.events.stopped();
    } else if (value === 0x88) {
      if (this.ramWritten) {
        this.cpu = 'ram-program';
        this.events.ramProgramStarted();
      } else this.events.reboot();
    }
  }
}
