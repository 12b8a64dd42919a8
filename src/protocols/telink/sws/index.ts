/** A Telink chip on its single wire (SWS) through a serial adapter, as flows use it. */
export { FullWire } from './full-wire.ts';
export { TxOnlyWire } from './tx-only-wire.ts';
export type { ActivationEvent, ActivationOptions } from './activation.ts';
export { adapterRefusal, adapterWarnings } from './adapter-warnings.ts';
export type { ChipIdentity } from './chip.ts';
export { SWS_BAUD_LADDER } from './rates.ts';
export { DEFAULT_WINDOW_MS } from './timings.ts';
export { estimateMs } from './estimate.ts';
export type {
  FlashIdentity,
  FlashRegion,
  OperationOptions,
  TxOnlyOptions,
  VerifyOptions,
  VerifyReport,
  WireAbility,
  WireOptions,
  WriteReport,
} from './types.ts';
