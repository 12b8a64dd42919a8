import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { contactLoader, type EspLoader } from '../../src/protocols/esp/index.ts';
import { done, type StepResult } from '../flow.ts';
import { forgetUnit, ROM_BAUD, type EspRun, type EspSession } from './session.ts';

/** A loader that waits already answers within this; asking the operator before would be a needless question. */
const ALREADY_THERE_MS = 1_500;
/** Every reset strategy twice. */
const LINES_LIMIT_MS = 12_000;
/** Where a stub of an earlier session may still be running: its rate is whatever that session used. */
const KNOWN_RATES = [ROM_BAUD, 460_800, 921_600, 230_400] as const;
const HEARD_CODES = [
  'NOTHING_HEARD',
  'GPIO0_HIGH',
  'HOST_TX_NOT_HEARD',
  'GARBAGE_HEARD',
  'BOOT_LOOP_HEARD',
  // A loader that answered and fell silent: the operator can power it again.
  'LOADER_SILENT',
] as const;

/** Finds the loader, says who the unit is, refuses what cannot be flashed safely. Writes nothing. */
export async function detect(session: EspSession, run: EspRun): Promise<StepResult> {
  const { device, options } = run.plan;
  if (!session.loader) session.loader = await contact(session, run);
  const { loader } = session;
  const { identity } = loader;
  await run.identify({ mac: identity.mac, chip: identity.description });
  if (identity.chip !== device.chip) {
    throw new BenchError('WRONG_CHIP', {
      message: `This is an ${identity.description}; ${device.title} is for ${device.chip}.`,
      detail: { found: identity.chip, wanted: device.chip },
    });
  }
  await refuseSecured(loader);
  if (identity.macCrc === 'bad') {
    run.warn(
      "The CRC of the MAC in its efuses is invalid (usual on this maker's parts): firmware that does not ignore it aborts at boot.",
    );
  }
  if (identity.singleCore && identity.chip === 'ESP32') {
    run.warn('This chip has one core: firmware built for two cores aborts at boot. Use a single-core build.');
  }
  if (options.stub) {
    const mode = await loader.startStub();
    if (mode === 'rom') run.warn('The stub loader did not start; going on with the ROM, which is slower.');
  }
  await loader.changeBaud(options.baudLadder);
  const flash = await loader.attachFlash();
  const sizeBytes = flash.sizeBytes ?? identity.embeddedFlashBytes ?? device.flashSizesBytes.at(-1)!;
  if (flash.sizeBytes === undefined) {
    run.warn(`The flash id ${flash.id} does not tell its size; taken as ${sizeBytes / 2 ** 20} MB.`);
    await loader.attachFlash({ sizeBytes });
  }
  session.flash = { ...flash, sizeBytes };
  await run.identify({ flashId: flash.id, flashSizeBytes: sizeBytes });
  run.log(
    'info',
    `flash ${flash.manufacturer ?? 'of unknown make'} ${flash.id}, ${sizeBytes / 2 ** 20} MB; ${loader.mode} at ${loader.baudRate} baud`,
  );
  if (!device.flashSizesBytes.includes(sizeBytes)) {
    run.warn(`${sizeBytes / 2 ** 20} MB of flash is unusual for this device.`);
  }
  return done;
}

async function refuseSecured(loader: EspLoader): Promise<void> {
  const security = await loader.readSecurity();
  if (security.secureDownload) throw new BenchError('SECURE_DOWNLOAD');
  if (security.flashEncryption) throw new BenchError('FLASH_ENCRYPTED');
  if (security.secureBoot !== 'none') throw new BenchError('SECURE_BOOT');
}

/** By the lines where they are wired, else by the operator's hands; a loader that waits already needs neither. */
async function contact(session: EspSession, run: EspRun): Promise<EspLoader> {
  const base = { clock: run.clock, signal: run.signal, baudRates: KNOWN_RATES, log: run.log };
  if (session.port.hasControlLines) {
    run.progress({ label: 'resetting into the loader', done: 0, unit: 'tries' });
    try {
      const loader = await contactLoader(session.port, {
        ...base,
        resetBy: 'lines',
        limitMs: LINES_LIMIT_MS,
      });
      session.resetBy = 'lines';
      return loader;
    } catch (error) {
      if (!isBenchError(error, ...HEARD_CODES)) throw error;
      run.log('warn', `DTR and RTS did not bring the chip into its loader (${error.message})`);
    }
  }
  session.resetBy = 'hands';
  run.progress({ label: 'looking for a loader', done: 0, unit: 'tries' });
  try {
    return await contactLoader(session.port, {
      ...base,
      resetBy: 'hands',
      limitMs: ALREADY_THERE_MS,
      askPowerCycle: askPowerCycle(run),
    });
  } catch (error) {
    if (!isBenchError(error, ...HEARD_CODES)) throw error;
  }
  return powerIntoLoader(session, run);
}

/** Asks for the act and listens until the ROM answers; what is heard meanwhile is said with the prompt. */
export async function powerIntoLoader(session: EspSession, run: EspRun): Promise<EspLoader> {
  const { device } = run.plan;
  const prompt = run.operator.act({
    act: 'power-into-loader',
    title: `${device.intoLoader}${await chosenWay(run)}`,
    wiringPage: device.wiringPage,
  });
  const loader = await contactLoader(session.port, {
    clock: run.clock,
    signal: run.signal,
    baudRates: KNOWN_RATES,
    log: run.log,
    resetBy: 'hands',
    askPowerCycle: askPowerCycle(run),
    ...(prompt.limitMs !== undefined && { limitMs: prompt.limitMs }),
    onHeard: ({ message }) => prompt.update(message),
  });
  prompt.done('The chip answers: GPIO0 can be let go. Leave the power on.');
  return loader;
}

/** The unit can neither hear nor be heard at the rate it was told: only power brings it back. */
function askPowerCycle(run: EspRun): (why: string) => () => void {
  const { device } = run.plan;
  return (why) => {
    const prompt = run.operator.act({
      act: 'power-into-loader',
      title: `Once more: ${device.intoLoader}`,
      wiringPage: device.wiringPage,
    });
    prompt.update(why);
    return () => prompt.done('The chip answers again: GPIO0 can be let go. Leave the power on.');
  };
}

/** How the operator holds GPIO0, as asked once per batch: a reminder behind the request. */
async function chosenWay(run: EspRun): Promise<string> {
  const { handQuestion } = run.plan.device;
  if (!handQuestion) return '';
  const set = run.settings[handQuestion.setting];
  const { question } = handQuestion;
  const way = set === handQuestion.unanswered ? await run.operator.ask(question) : set;
  const title = question.choices.find(({ value }) => value === way)?.title;
  return title === undefined || way === question.assumed ? '' : ` (${title})`;
}

const LEAVING_POLL_MS = 500;

/** Cycle mode: waits until the settled unit has gone, then for the next one. */
export async function awaitNextUnit(session: EspSession, run: EspRun): Promise<void> {
  const settled = session.loader;
  if (settled) while (await settled.isAlive()) await run.clock.sleep(LEAVING_POLL_MS, run.signal);
  forgetUnit(session);
  await session.port.setBaudRate(ROM_BAUD);
  const { device } = run.plan;
  const prompt = run.operator.act({
    act: 'next-unit',
    title: `Take it out, put the next one in. ${device.intoLoader}`,
    wiringPage: device.wiringPage,
  });
  // A unit on an adapter with wired lines starts its firmware when it is put in: its boot text is the sign to reset it.
  const started = new AbortController();
  try {
    session.loader = await contactLoader(session.port, {
      clock: run.clock,
      signal: AbortSignal.any([run.signal, started.signal]),
      baudRates: KNOWN_RATES,
      log: run.log,
      resetBy: 'hands',
      askPowerCycle: askPowerCycle(run),
      ...(prompt.limitMs !== undefined && { limitMs: ALREADY_THERE_MS }),
      onHeard: ({ kind, message }) => {
        prompt.update(message);
        if (kind === 'normal-boot' && session.resetBy === 'lines') started.abort();
      },
    });
    prompt.done('The next unit answers: GPIO0 can be let go. Leave the power on.');
  } catch (error) {
    // On the practice bench without a screen the unit is in, but deaf: its own detect says why.
    if (!started.signal.aborted && !isBenchError(error, ...HEARD_CODES)) throw error;
    run.signal.throwIfAborted();
  }
}
