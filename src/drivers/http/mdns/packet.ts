import { decode, encode, type Answer, type Question } from 'dns-packet';
import { CodecError } from '../../../core/codec-error.ts';

/** What a message of the local network says, as far as it is about services. Names in lower case, text untrusted. */
export type MdnsRecord =
  /** `name` is a service type, `instance` one of its services, as it is written. */
  | { readonly type: 'PTR'; readonly name: string; readonly instance: string; readonly ttlSeconds: number }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly target: string;
      readonly port: number;
      readonly ttlSeconds: number;
    }
  | {
      readonly type: 'TXT';
      readonly name: string;
      readonly txt: Readonly<Record<string, string>>;
      readonly ttlSeconds: number;
    }
  | { readonly type: 'A'; readonly name: string; readonly address: string; readonly ttlSeconds: number };

export type MdnsQuestion = Pick<Question, 'name'> & { readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' };

/** Entries of a TXT record that are kept; no device is known to have half of them. */
const MAX_TXT_ENTRIES = 64;

/** Without an id, as multicast questions are (RFC 6762, 18.1). */
export function encodeQuestions(questions: readonly MdnsQuestion[]): Uint8Array {
  return encode({ type: 'query', id: 0, flags: 0, questions: [...questions] });
}

/** The records of an answer; empty for a question. Throws CodecError. */
export function decodeRecords(bytes: Uint8Array): readonly MdnsRecord[] {
  let packet: ReturnType<typeof decode>;
  try {
    packet = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (cause) {
    throw new CodecError('This is no DNS message.', { cause });
  }
  if (packet.type !== 'response') return [];
  return [...(packet.answers ?? []), ...(packet.additionals ?? [])].flatMap(recordOf);
}

function recordOf(answer: Answer): readonly MdnsRecord[] {
  const name = answer.name.toLowerCase();
  switch (answer.type) {
    case 'PTR':
      return [{ type: 'PTR', name, instance: answer.data, ttlSeconds: answer.ttl ?? 0 }];
    case 'A':
      return [{ type: 'A', name, address: answer.data, ttlSeconds: answer.ttl ?? 0 }];
    case 'SRV': {
      const { target, port } = answer.data;
      return [{ type: 'SRV', name, target, port, ttlSeconds: answer.ttl ?? 0 }];
    }
    case 'TXT':
      return [{ type: 'TXT', name, txt: txtOf(answer.data), ttlSeconds: answer.ttl ?? 0 }];
    default:
      return [];
  }
}

/** Of a key that comes twice the first counts (RFC 6763, 6.4); one without a value has an empty one. */
function txtOf(data: string | Buffer | readonly (string | Buffer)[]): Readonly<Record<string, string>> {
  const entries = typeof data === 'string' || Buffer.isBuffer(data) ? [data] : data;
  const txt = new Map<string, string>();
  for (const entry of entries.slice(0, MAX_TXT_ENTRIES)) {
    const [key = '', ...value] = entry.toString().split('=');
    if (key !== '' && !txt.has(key)) txt.set(key, value.join('='));
  }
  return Object.fromEntries(txt);
}
