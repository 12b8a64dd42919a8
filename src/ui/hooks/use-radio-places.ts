import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { last6 } from '../../core/identity.ts';
import { DRAFT_KEY, takesRadio } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { armedBy, listenArmed, numberOf, numberText } from '../state/radio-places.ts';
import { useScreenContext } from '../state/screen-context.ts';
import type { HeardNow } from '../services.ts';
import { inUse } from '../words/bench-rows.ts';
import type { FormRow } from '../words/new-rows.ts';
import type { DraftActions } from './use-draft.ts';
import { useFrame } from './use-stores.ts';

const NOTHING: HeardNow = { units: [], listenedSeconds: 0 };
const nothing = () => NOTHING;
const followNothing = () => () => {};

/** What is on the air, while `wanted`: nothing of Bluetooth is loaded for a page that does not show it. */
function useHeard(wanted: boolean): HeardNow {
  const { heard } = useScreenContext().services;
  // The same function every time: another one would be a new subscription with every frame.
  const subscribe = useCallback((listener: () => void) => heard.subscribe(listener), [heard]);
  const now = useCallback(() => heard.now(), [heard]);
  return useSyncExternalStore(wanted ? subscribe : followNothing, wanted ? now : nothing);
}

export interface RadioPlaces {
  /** This step of the draft takes units by radio. */
  readonly shown: boolean;
  readonly heard: HeardNow;
  readonly arm: () => void;
  readonly expect: () => void;
  readonly mark: (row: FormRow) => void;
}

/** Units by radio in the batch that is being put together: marking, arming, and how many are expected. */
export function useRadioPlaces({ draft, flow, change }: DraftActions): RadioPlaces {
  const { screen } = useScreenContext();
  const { view } = useFrame();
  const shown = draft.step === 'links' && takesRadio(flow);
  const heard = useHeard(shown);
  const now = () => (screen.get().memory.get(DRAFT_KEY) as Draft | undefined) ?? draft;

  useEffect(() => {
    const current = now();
    if (!shown || current.armed === undefined) return;
    const { arming, joins } = listenArmed(current.armed, heard);
    if (arming === current.armed) return;
    const links = joins.flatMap(({ link }) => link ?? []).filter((link) => !current.typed.includes(link));
    change({ armed: arming, typed: [...current.typed, ...links] });
    const said = links.map(
      (link) => `${last6(link)} joins: write ${numberText(numberOf(now(), link) ?? 0)} on it.`,
    );
    if (said.length > 0) screen.say(said.join(' '));
  });

  return {
    shown,
    heard,
    arm: () => {
      const armed = now().armed === undefined;
      if (armed && heard.problem !== undefined) {
        screen.say(heard.problem, 'warning');
        return;
      }
      change({ armed: armed ? armedBy(heard) : undefined });
      screen.say(
        armed
          ? 'Armed: a unit that is heard for the first time from now on joins and gets the next number.'
          : 'Not armed any more: nothing joins by itself.',
      );
    },
    expect: () =>
      screen.ask({
        kind: 'input',
        title: 'How many units are expected?',
        hint: 'A whole number from 1; empty for as many as are in the batch.',
        value: now().expected === undefined ? '' : String(now().expected),
        check: (text) =>
          /^\s*([1-9]\d{0,3})?\s*$/.test(text) ? undefined : 'A whole number from 1, or nothing.',
        run: (text) => change({ expected: text.trim() === '' ? undefined : Number(text) }),
      }),
    mark: (row) => {
      const unit = heard.units.find(({ address }) => row.id === `heard ${address}`);
      if (unit === undefined) return;
      const { link } = unit;
      if (link === undefined)
        screen.say('This computer hides MACs: the unit cannot be reached by one.', 'warning');
      else if (now().typed.includes(link)) {
        const left = numberOf(now(), link) ?? 0;
        const isLast = now().typed.at(-1) === link;
        change({ typed: now().typed.filter((text) => text !== link) });
        if (!isLast)
          screen.say(
            `Left out. Every number after ${numberText(left)} is one less now: look at what is written.`,
            'warning',
          );
      } else if (inUse(view, link) !== undefined)
        screen.say('Another batch is at work on this unit.', 'warning');
      else {
        change({ typed: [...now().typed, link] });
        screen.say(`${last6(link)} is in: write ${numberText(numberOf(now(), link) ?? 0)} on it.`);
      }
    },
  };
}
