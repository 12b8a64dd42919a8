/** An order that cannot be put into characters; never reaches the operator as it is. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}
