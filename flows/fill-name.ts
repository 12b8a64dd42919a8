import { last6 } from '../src/core/identity.ts';

/** `T{number}` and `{last6}` filled in: the name that tells one unit of a tray from the others. */
export const fillName = (template: string, unit: { readonly number: number; readonly mac: string }): string =>
  template.replaceAll('{number}', String(unit.number)).replaceAll('{last6}', last6(unit.mac).toUpperCase());
