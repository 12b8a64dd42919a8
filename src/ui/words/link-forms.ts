import type { AnyFlow } from '../../../flows/flow.ts';
import type { LinkKind } from '../../core/link.ts';

const FORMS: Readonly<Record<LinkKind, { readonly form: string; readonly example: string }>> = {
  serial: { form: '', example: '/dev/ttyUSB0' },
  socket: { form: 'socket://', example: 'socket://host:port' },
  rfc2217: { form: 'rfc2217://', example: 'rfc2217://host:port' },
  ble: { form: 'MAC  last six', example: 'a4:c1:38:00:11:22, the last six digits of one that is heard' },
  http: { form: 'host  http://', example: '192.168.1.41, http://host, the MAC of one that was found' },
  esphome: { form: 'esphome://', example: 'esphome://host' },
  flashrom: { form: 'flashrom:', example: 'flashrom:ch341a_spi, flashrom:serprog:ip=host:port' },
  virtual: { form: 'virtual:', example: '' },
};

/** How the links that a flow takes begin: `socket://  rfc2217://  virtual:`. */
export const linkForms = (flow: AnyFlow): string =>
  flow.linkKinds
    .map((kind) => FORMS[kind].form)
    .filter((form) => form !== '')
    .join('  ');

/** One of each that can be typed. */
export const linkExamples = (flow: AnyFlow): string =>
  flow.linkKinds
    .map((kind) => (kind === 'virtual' ? `virtual:${flow.virtualDevice}?n=12` : FORMS[kind].example))
    .join(', ');

export const linkDetail = (flow: AnyFlow): string =>
  flow.linkKinds.includes('serial')
    ? `A port, a network serial link, or the practice bench: virtual:${flow.virtualDevice}?n=12 is twelve units.`
    : `For example ${linkExamples(flow)}.`;
