import { Random } from '../../esp/images/random.ts';
import {
  bootArguments,
  bootLoaderIn,
  BUILT,
  type BootFamily,
  type BootLoaderSpec,
} from '../images/boot-loader.ts';
import { DAFANG_MAP } from '../images/flash-map.ts';
import { macInPara } from '../images/mac-in-para.ts';
import { probeFlash } from './commands/sf.ts';
import { getc, type Machine, type Program, type UBoot } from './machine.ts';
import { readLine } from './line-editor.ts';
import { runLine, shell } from './shell.ts';
import { WORDING } from './wording.ts';

/** RAM that is soldered in. */
export const BOARD_RAM_MIB = 128;
const COUNTDOWN_MS = 1000;
const START_KERNEL = 'sf probe;sf read 0x80600000 0x40000 0x280000; bootm 0x80600000';
const bootCommand = (family: BootFamily) => (family === 'newer' ? '' : 'sdupdate;') + START_KERNEL;

/** What the camera does from power on, for as long as it has power. */
export function* life(machine: Machine): Program {
  for (;;) {
    const loader = bootLoaderIn(machine.flash.cells);
    if (loader == null) return;
    yield* spl(loader.family);
    // An SPL for other RAM sets the controller up wrongly: what it jumps to is not there.
    if (loader.ramMiB !== BOARD_RAM_MIB) return;
    const uBoot: UBoot = {
      ...machine,
      family: loader.family,
      says: WORDING[loader.family],
      environment: defaultEnvironment(loader),
      flashProbed: false,
      leave: undefined,
      mdAddress: 0,
      runLine: (line) => runLine(uBoot, line),
    };
    yield* greeting(uBoot);
    if (!(yield* isInterrupted(uBoot))) yield* runLine(uBoot, bootCommand(uBoot.family));
    yield* shell(uBoot);
    if (uBoot.leave === 'kernel') yield* linux(machine);
    if (uBoot.leave !== 'reset') return;
  }
}

const defaultEnvironment = ({ ramMiB, family }: Omit<BootLoaderSpec, 'seed'>): Map<string, string> =>
  new Map([
    ['baudrate', '115200'],
    ['bootargs', bootArguments(ramMiB)],
    ['bootcmd', bootCommand(family)],
    ['bootdelay', '1'],
    ['loads_echo', '1'],
    ['stderr', 'serial'],
    ['stdin', 'serial'],
    ['stdout', 'serial'],
  ]);

function* spl(family: BootFamily): Program {
  yield 20;
  yield `\n\nU-Boot SPL ${WORDING[family].version} (${BUILT[family]})\n`;
  if (family === 'newer') return yield 80;
  yield 'pll_init:365\nl2cache_clk = 375000000\napll_freq 860160000 \nmpll_freq 1000000000 \nddr sel mpll, cpu sel apll\nddrfreq 500000000\ncclk  860160000\n';
  yield 60;
}

function* greeting(uBoot: UBoot): Program {
  const { says, family } = uBoot;
  yield `\n\nU-Boot ${says.version} (${BUILT[family]})\n\n`;
  if (family === 'dafang-hacks') yield 'Bootloader-Version: practice\n';
  yield `Board: ISVP (Ingenic XBurst T20 SoC)\nDRAM:  ${BOARD_RAM_MIB} MiB\n`;
  if (family !== 'newer')
    yield 'Top of RAM usable for U-Boot at: 84000000\nReserving 399k for U-Boot at: 83f9c000\nReserving 32784k for malloc() at: 81f98000\nNow running in RAM - U-Boot at: 83f9c000\n';
  yield 40;
  yield 'MMC:   msc: 0\n';
  const { text, found } = probeFlash(uBoot);
  yield text;
  yield says.environment(found);
  yield 'In:    serial\nOut:   serial\nErr:   serial\n';
  if (family !== 'newer')
    yield 'gpio_request lable = yellow_gpio gpio = 38\ngpio_request lable = blue_gpio gpio = 39\n';
  yield 80;
}

/** A byte that came earlier counts too: the input is looked at before the delay begins. */
function* isInterrupted({ input }: UBoot): Program<boolean> {
  yield 'Hit any key to stop autoboot:  1 ';
  const came = () => input.length > 0;
  if (!came()) yield { ready: came, withinMs: COUNTDOWN_MS };
  const interrupted = input.shift() != null;
  yield '\b\b\b 0 \n';
  return interrupted;
}

/** The camera's own system; it needs its root file system, and its driver for a wlan0. */
function* linux(machine: Machine): Program {
  const { flash } = machine;
  const begins = (part: keyof typeof DAFANG_MAP, magic: string) =>
    Buffer.from(flash.read(DAFANG_MAP[part].offset, magic.length)).toString('latin1') === magic;
  yield 200;
  yield '[    0.000000] Initializing cgroup subsys cpu\n';
  yield '[    0.000000] Linux version 3.10.14 (practice@benchflash) (gcc version 4.7.2 (Ingenic r2.3.3 2016.12) ) #21 PREEMPT\n';
  yield '[    0.000000] CPU0 revision is: 00d00101 (Ingenic Xburst)\n';
  yield `[    0.000000] Kernel command line: ${bootArguments(BOARD_RAM_MIB)}\n`;
  yield '[    0.412000] jz-sfc jz-sfc: nor flash GD25Q127C, 16384 KiB\n';
  yield 600;
  if (!begins('root', 'hsqs')) {
    yield '[    1.020000] VFS: Cannot open root device "mtdblock2" or unknown-block(31,2): error -22\n';
    yield '[    1.021000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(31,2)\n';
    return;
  }
  yield '[    1.020000] VFS: Mounted root (squashfs filesystem) readonly on device 31:2.\n';
  yield '[    1.030000] Freeing unused kernel memory: 212K (8052b000 - 80560000)\n';
  yield 1000;
  yield '\nIngenic-uc1_1 login: ';
  if (begins('driver', 'hsqs')) yield* wireless(machine);
  for (;;) {
    const name = yield* readLine(machine);
    if (name == null || name === '') yield '\nIngenic-uc1_1 login: ';
    else {
      yield 'Password: ';
      let char: number | undefined;
      do char = yield* getc(machine);
      while (char !== 0x0d && char !== 0x0a);
      yield '\nLogin incorrect\nIngenic-uc1_1 login: ';
    }
  }
}

/** The driver of the Wi-Fi chip says which MAC it takes: that of `para`, or one that it makes up. */
function* wireless(machine: Machine): Program {
  const own = machine.faults.strikes('mac-changes') ? undefined : macInPara(machine.flash.cells);
  const random = Buffer.from(new Random(machine.unit * 1009 + machine.starts).bytes(4)).toString('hex');
  const mac = own ?? `00:e0${random.replaceAll(/../g, ':$&')}`;
  yield '[    4.663924] RTL871X: module init start\n';
  yield '[    4.667800] RTL871X: rtl8189ftv v4.3.24.7_21113.20170208.nova.1.01\n';
  yield '[    4.682084] wlan power on\n';
  yield '[    4.701385] RTL871X: module init ret=0\n';
  yield 400;
  yield '[    4.845216] RTL871X: HW EFUSE\n';
  yield `[    5.111298] RTL871X: rtw_ndev_init(wlan0) if1 mac_addr=${mac}\n`;
}
