import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import type { Offering } from '../../src/drivers/http/firmware-server.ts';
import type { AccessPoint, HostPort, WifiStation } from '../../src/drivers/http/port.ts';
import {
  openPortal,
  PORTAL_PORT,
  saveSettings,
  takesMirror,
  type MirrorPlace,
} from '../../src/protocols/haa/index.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import type { NetworkLink, RunContext } from '../flow.ts';
import { atAccessPoint, doNotUnplug, SETTLING_MS } from '../network-plug/index.ts';
import { followToHaa } from './follow.ts';
import { HapWatch, namedUnit } from './hap-watch.ts';
import { LogEar } from './log-ear.ts';
import type { HaaPlan } from './plan.ts';

/** Where the set-up page of a unit is. */
export type PortalPlace =
  | { readonly kind: 'page'; readonly at: HostPort }
  | { readonly kind: 'access-point'; readonly ap: AccessPoint; readonly station: WifiStation };

export interface WayOptions {
  readonly plan: HaaPlan;
  /** Its station MAC: lower case with colons. */
  readonly mac: string;
  /** Gives an address of the network that the unit gets its Wi-Fi of: by that the mirror is reached. */
  readonly towards: () => Promise<string>;
}

/** The way of one unit from its set-up page to HAA itself. */
export class HaaWay {
  readonly #run: RunContext;
  readonly #link: NetworkLink;
  readonly #options: WayOptions;
  readonly #ear: LogEar;
  readonly #hap: HapWatch;
  #offering: Offering | undefined;
  #unsubscribe = () => {};
  #wasAsked = false;

  private constructor(run: RunContext, link: NetworkLink, options: WayOptions, ear: LogEar, hap: HapWatch) {
    this.#run = run;
    this.#link = link;
    this.#options = options;
    this.#ear = ear;
    this.#hap = hap;
  }

  /**
   * Everything the unit will fetch lies on the server, tested, and its log is listened to, before anything is posted: a
   * unit that was saved and finds nothing is stranded. Throws UDP_PORT_BUSY and what the server throws.
   */
  static async prepare(run: RunContext, link: NetworkLink, options: WayOptions): Promise<HaaWay> {
    const unit = namedUnit(options.mac);
    const ear = await LogEar.open(run, link.network, unit.last6);
    const way = new HaaWay(run, link, options, ear, new HapWatch(link.network, unit));
    try {
      await way.#hap.open();
      await way.#offer();
      return way;
    } catch (error) {
      await way.close();
      throw error;
    }
  }

  /** Posts script, Wi-Fi and server. Throws HAA_OTAMAIN_PORTAL, HAA_UNSAVED and what the network throws. */
  async save(place: PortalPlace): Promise<void> {
    const run = this.#run;
    if (place.kind === 'page') await this.#post(place.at);
    else await atAccessPoint(run, place.station, { ap: place.ap, port: PORTAL_PORT }, (at) => this.#post(at));
    doNotUnplug(run, Math.min(SETTLING_MS.haa, this.#options.plan.patienceMs));
  }

  /** Until HAA itself is there. `signal` ends the wait; nothing is written by it. */
  follow(signal: AbortSignal, station: WifiStation | undefined): Promise<Verdict> {
    const { mac, plan } = this.#options;
    return followToHaa(this.#run, this.#link.network, {
      unit: namedUnit(mac),
      ear: this.#ear,
      hap: this.#hap,
      station,
      patienceMs: plan.patienceMs,
      cameForMirror: this.#offering == null ? undefined : () => this.#wasAsked,
      signal,
    });
  }

  /** Idempotent, never throws. */
  async close(): Promise<void> {
    this.#ear.close();
    this.#hap.close();
    this.#unsubscribe();
    await this.#offering?.withdraw().catch(() => {});
  }

  async #post(at: HostPort): Promise<void> {
    const run = this.#run;
    const { script, wifi } = this.#options.plan;
    const talk = { network: this.#link.network, at, signal: run.brokenOff };
    const page = await this.#there(() => openPortal(talk));
    if (page.part === 'otamain') throw new BenchError('HAA_OTAMAIN_PORTAL');
    run.log('info', `set-up page of the installer ${page.version ?? ''}`);
    const mirror = this.#mirrorPlace();
    if (mirror != null && !takesMirror(page)) throw new BenchError('HAA_TAKES_NO_MIRROR');
    await run.writeBegins();
    const end = await this.#there(() =>
      saveSettings(talk, page, { script, ...wifi, ...(mirror != null && { mirror }) }),
    );
    run.log(
      'info',
      end === 'saved' ? 'The unit has saved it and restarts.' : 'No answer came; it may have saved it.',
    );
  }

  /** Throws HAA_PORTAL_GONE where the page left meanwhile: after 90 s it does that by itself. */
  async #there<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isBenchError(error, 'HTTP_NO_ANSWER', 'HTTP_REFUSED', 'HTTP_RESET', 'HTTP_CLOSED')) throw error;
      throw new BenchError('HAA_PORTAL_GONE', {
        message: `The set-up page of the unit does not answer: ${error.message}`,
        cause: error,
      });
    }
  }

  async #offer(): Promise<void> {
    const run = this.#run;
    const { plan, mac, towards } = this.#options;
    if (plan.mirror == null) return;
    run.progress({ label: 'putting the files of HAA on the server and testing it', done: 0, unit: 'tries' });
    this.#offering = await this.#link.server.offer(
      { unit: run.link.text, towards: await towards(), files: plan.mirror, style: 'haa', mac },
      { signal: run.signal },
    );
    this.#unsubscribe = this.#offering.subscribe((event) => {
      if (event.type === 'asked') this.#wasAsked = true;
      if (event.type === 'whole') run.log('info', `${event.file} was fetched whole`);
      if (event.type === 'refused') run.log('warn', `${event.file} was refused: ${sanitize(event.reason)}`);
      if (event.type === 'lost') run.warn(`The firmware server is gone: ${event.reason}`);
    });
  }

  #mirrorPlace(): MirrorPlace | undefined {
    const file = this.#options.plan.mirror?.[0]?.name;
    if (this.#offering == null || file == null) return undefined;
    const { pathname } = new URL(this.#offering.urlOf(file));
    const folder = pathname.slice(1, pathname.lastIndexOf('/'));
    return { ...this.#offering.at, folder };
  }
}
