import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import { opcodeName } from './opcodes.ts';
import { reasonText, ROM_REASON, STUB_CODE } from './reasons.ts';
import type { LoaderMode } from './types.ts';

/** The loader answered with an error. */
export class LoaderRefused extends BenchError {
  readonly op: number;
  readonly mode: LoaderMode;
  readonly status: number;
  readonly reasonCode: number;
  /** Index of the data block this is about; a stub reports a failed write with the next command. */
  block: number | undefined;

  constructor(op: number, mode: LoaderMode, status: number, reasonCode: number) {
    const why = reasonText(mode, status, reasonCode);
    super('LOADER_REFUSED', {
      message: `The loader refused ${opcodeName(op)}: ${why}.`,
      detail: { command: opcodeName(op), status, reason: reasonCode, mode },
    });
    this.op = op;
    this.mode = mode;
    this.status = status;
    this.reasonCode = reasonCode;
  }

  /** The command came damaged and was not executed: it may be sent again. */
  get wasRejectedUnread(): boolean {
    if (this.mode === 'rom')
      return this.reasonCode === ROM_REASON.checksum || this.reasonCode === ROM_REASON.formatInvalid;
    return (
      this.status === STUB_CODE.badChecksum ||
      this.status === STUB_CODE.badLength ||
      this.status === STUB_CODE.tooMuchData ||
      this.status === STUB_CODE.notEnoughData
    );
  }

  get isUnsupported(): boolean {
    if (this.mode === 'rom') return this.reasonCode === ROM_REASON.formatInvalid;
    return this.status === STUB_CODE.invalidCommand || this.status === STUB_CODE.notImplemented;
  }
}

export function loaderSilent(op: number, timeoutMs: number, heard: string): BenchError {
  const extra = heard === '' ? '' : ` Heard instead: ${sanitize(heard).slice(-200)}`;
  return new BenchError('LOADER_SILENT', {
    message: `The loader did not answer ${opcodeName(op)} within ${(timeoutMs / 1000).toFixed(1)} s: power dipped, a wire came off, or bytes are lost at this baud rate.${extra}`,
    detail: { command: opcodeName(op), timeoutMs },
  });
}

export const loaderUnsupported = (op: number, why?: string): BenchError =>
  new BenchError('LOADER_UNSUPPORTED', {
    message: why ?? `This loader does not know ${opcodeName(op)}.`,
    detail: { command: opcodeName(op) },
  });
