import type { Outcome } from '../core/outcome.ts';
import { orAborted } from '../core/abort.ts';
import { isGood } from '../core/outcome.ts';

/** A unit that goes first, or that wants to follow. */
export interface PilotCandidate {
  readonly slotId: string;
  /** The place, in the operator's words. */
  readonly label: string;
}

/** How things stand with the pilot of one group; what screens see. */
export interface PilotView {
  /** The model that shares a pilot. */
  readonly group: string;
  readonly slotId: string;
  readonly label: string;
  readonly state: 'flying' | 'through' | 'failed';
  /** Why it is through, or how it failed. */
  readonly reason?: string;
  /** How many wait for it. */
  readonly waiting: number;
}

interface Group {
  pilot: PilotCandidate | undefined;
  state: 'vacant' | 'flying' | 'through' | 'failed';
  reason: string | undefined;
  readonly waiting: Set<string>;
  /** Replaced and resolved at every change of `state`. */
  changed: { readonly promise: Promise<void>; readonly tell: () => void };
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Called whenever there is somebody to wait for. */
  readonly onWait: (pilot: PilotCandidate) => void;
  /** The pilot failed: true lets this unit go, false leaves it. Its signal ends the question when things change. */
  readonly ask: (pilot: PilotCandidate, reason: string, signal: AbortSignal) => Promise<boolean>;
}

/**
 * Pilot first: of each model one unit of the batch goes through to its proof before the others are changed. A pilot
 * that ends without having been changed gives its place to the next one; one that was changed and did not pass leaves
 * the decision to the operator.
 */
export class PilotRule {
  readonly #groups = new Map<string, Group>();
  readonly #onChange: () => void;
  #waived: boolean;

  /** `waived`: the operator let all go by name, beforehand. */
  constructor(waived: boolean, onChange: () => void) {
    this.#waived = waived;
    this.#onChange = onChange;
  }

  /**
   * Resolves when this unit may be changed; `pilot` when it goes first, `waived` when nobody waited for a proof.
   * Undefined when the operator left it as it is.
   */
  async enter(
    groupName: string,
    candidate: PilotCandidate,
    options: FollowOptions,
  ): Promise<'pilot' | 'follows' | 'waived' | undefined> {
    const group = this.#group(groupName);
    try {
      for (;;) {
        if (group.state === 'through') return 'follows';
        if (this.#waived) return 'waived';
        if (group.state === 'vacant' || group.pilot?.slotId === candidate.slotId) {
          group.pilot = candidate;
          this.#turn(group, 'flying', undefined);
          return 'pilot';
        }
        if (!group.waiting.has(candidate.slotId)) {
          group.waiting.add(candidate.slotId);
          this.#onChange();
        }
        const { promise } = group.changed;
        options.onWait(group.pilot!);
        if (group.state === 'flying') await orAborted(promise, options.signal);
        else if (!(await this.#asked(group, promise, options))) return undefined;
      }
    } finally {
      if (group.waiting.delete(candidate.slotId)) this.#onChange();
    }
  }

  /** True: things changed, or the operator lets this and all others go. */
  async #asked(group: Group, changed: Promise<void>, { ask, signal }: FollowOptions): Promise<boolean> {
    const question = new AbortController();
    const answer = ask(group.pilot!, group.reason ?? '', AbortSignal.any([signal, question.signal]));
    const settled = await Promise.race([answer, changed.then(() => undefined)]);
    if (settled === undefined) {
      question.abort();
      await answer.catch(() => false);
      return true;
    }
    if (settled) this.waive();
    return settled;
  }

  /** The pilot has shown enough, though its run is not over. Does nothing for others. */
  through(slotId: string, reason: string): void {
    for (const group of this.#groups.values())
      if (group.pilot?.slotId === slotId && group.state !== 'through') this.#turn(group, 'through', reason);
  }

  /** A run ended; `wrote`: a write had begun. */
  settled(slotId: string, outcome: Outcome, reason: string, wrote: boolean): void {
    for (const group of this.#groups.values()) {
      if (group.pilot?.slotId !== slotId || group.state === 'through') continue;
      if (isGood(outcome)) this.#turn(group, 'through', reason);
      else if (wrote) this.#turn(group, 'failed', reason);
      else {
        group.pilot = undefined;
        this.#turn(group, 'vacant', undefined);
      }
    }
  }

  /** The operator lets all go without a proof, those of groups to come too. */
  waive(): void {
    if (this.#waived) return;
    this.#waived = true;
    for (const group of this.#groups.values()) this.#turn(group, group.state, group.reason);
  }

  view(): readonly PilotView[] {
    return [...this.#groups].flatMap(([group, { pilot, state, reason, waiting }]) =>
      pilot === undefined || state === 'vacant'
        ? []
        : [{ group, ...pilot, state, ...(reason !== undefined && { reason }), waiting: waiting.size }],
    );
  }

  #group(name: string): Group {
    const known = this.#groups.get(name);
    if (known) return known;
    const group: Group = {
      pilot: undefined,
      state: 'vacant',
      reason: undefined,
      waiting: new Set(),
      changed: changeSignal(),
    };
    this.#groups.set(name, group);
    return group;
  }

  #turn(group: Group, state: Group['state'], reason: string | undefined): void {
    group.state = state;
    group.reason = reason;
    const { tell } = group.changed;
    group.changed = changeSignal();
    tell();
    this.#onChange();
  }
}

function changeSignal(): Group['changed'] {
  let tell!: () => void;
  const promise = new Promise<void>((resolve) => (tell = resolve));
  return { promise, tell };
}
