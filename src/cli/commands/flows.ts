import type { AnyFlow, SettingSpec } from '../../../flows/flow.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** What can be flashed. */
export async function flows({ services, output }: CommandContext): Promise<number> {
  const known = await services.flows();
  if (output.json) {
    output.out.line(JSON.stringify({ flows: known.map(describeFlow) }));
    return EXIT.allGood;
  }
  for (const flow of known) {
    output.say(flow.id);
    output.say(`  ${flow.title} (${flow.device})`);
    output.say(`  ${flow.summary}`);
    output.say(`  links: ${flow.linkKinds.join(', ')}; to practise: --link virtual:${flow.virtualDevice}`);
    output.say(`  firmware: ${flow.firmwareSlots.map(placeText).join('; ') || 'no file'}`);
    for (const setting of flow.settings)
      output.say(`  --set ${setting.key}=${setting.default ?? '…'}  ${setting.title}${rangeText(setting)}`);
    output.say('');
  }
  return EXIT.allGood;
}

/** What may be written in place of the default. */
function rangeText({ kind, choices, min, max }: SettingSpec): string {
  if (kind === 'choice') return `; one of ${choices?.map(({ value }) => value).join(', ') ?? ''}`;
  if (kind === 'boolean') return '; yes or no';
  if (kind !== 'number' || (min === undefined && max === undefined)) return '';
  return `; ${min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`}`;
}

const placeText = (place: AnyFlow['firmwareSlots'][number]): string =>
  `${place.id} (${place.title}${place.required ? '' : ', optional'})`;

const describeFlow = (flow: AnyFlow) => ({
  id: flow.id,
  title: flow.title,
  device: flow.device,
  summary: flow.summary,
  linkKinds: flow.linkKinds,
  virtualDevice: flow.virtualDevice,
  abilities: flow.abilities,
  firmwareSlots: flow.firmwareSlots.map(({ id, title, required }) => ({ id, title, required })),
  settings: flow.settings,
});
