import { useCallback, useSyncExternalStore } from 'react';
import type { NetworkNow } from '../services.ts';
import { DRAFT_KEY } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { isTakenBy, takesNetwork } from '../state/network-places.ts';
import { numberOf, numberText } from '../state/radio-places.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { inUse } from '../words/bench-rows.ts';
import type { FormRow } from '../words/new-rows.ts';
import type { DraftActions } from './use-draft.ts';
import { useFrame } from './use-stores.ts';

const NOTHING: NetworkNow = { devices: [], sweep: 'not-yet' };
const nothing = () => NOTHING;
const followNothing = () => () => {};

/** What is on the network, while `wanted`: no page that does not show it sends anything. */
function useNetwork(wanted: boolean): NetworkNow {
  const { network } = useScreenContext().services;
  // The same function every time: another one would be a new subscription with every frame.
  const subscribe = useCallback((listener: () => void) => network.subscribe(listener), [network]);
  const now = useCallback(() => network.now(), [network]);
  return useSyncExternalStore(wanted ? subscribe : followNothing, wanted ? now : nothing);
}

export interface NetworkPlaces {
  /** This step of the draft takes units on the network. */
  readonly shown: boolean;
  readonly now: NetworkNow;
  readonly sweep: () => void;
  readonly mark: (row: FormRow) => void;
}

/** Units on the network in the batch that is being put together: neighbours until they are marked. */
export function useNetworkPlaces({ draft, flow, change }: DraftActions): NetworkPlaces {
  const { screen, services } = useScreenContext();
  const { view } = useFrame();
  const shown = draft.step === 'links' && takesNetwork(flow);
  const now = useNetwork(shown);
  const current = () => (screen.get().memory.get(DRAFT_KEY) as Draft | undefined) ?? draft;

  return {
    shown,
    now,
    sweep: () => {
      services.network.sweep();
      screen.say("Every address of this computer's subnets is tried; nothing joins the batch by that.");
    },
    mark: (row) => {
      const device = now.devices.find(({ place }) => row.id === `found ${place}`);
      if (device === undefined || flow === undefined) return;
      const { link, what, host } = device;
      const { typed } = current();
      if (link !== undefined && typed.includes(link)) {
        const left = numberOf(current(), link) ?? 0;
        change({ typed: typed.filter((text) => text !== link) });
        if (typed.at(-1) !== link)
          screen.say(
            `Left out. Every number after ${numberText(left)} is one less now: look at what is written.`,
            'warning',
          );
      } else if (link === undefined || !isTakenBy(flow, device))
        screen.say(`This flow does not take it: ${what}.`, 'warning');
      else if (inUse(view, link) !== undefined)
        screen.say('Another batch is at work on this unit.', 'warning');
      else {
        change({ typed: [...typed, link] });
        screen.say(
          `${device.last6 ?? host} is in: write ${numberText(numberOf(current(), link) ?? 0)} on it.`,
        );
      }
    },
  };
}
