/** Bytes that do not follow their format; never reaches the operator as it is. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}
