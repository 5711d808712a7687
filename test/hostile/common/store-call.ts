import type { ServiceError } from '@grpc/grpc-js';
import { credentials, Metadata, makeGenericClientConstructor, status } from '@grpc/grpc-js';
import type { Case } from './case.ts';

const bytes = (buffer: Buffer): Buffer => buffer;
const service = 'event_store.client.streams.Streams';

interface Call {
  /** Such as `Read`, of the streams service; or a complete path. */
  readonly method: string;
  readonly request: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly requestStream?: boolean;
}

const Client = makeGenericClientConstructor({}, 'hostile');
const limitMs = 20_000;

/** A case of bytes sent to a method of the event store. Its answer is the name of the call's status. */
export function storeCase(name: string, call: Call, expected: string): Case {
  return {
    name: `event store: ${name}`,
    expected,
    send: ({ eventStoreUrl }) => statusOf(eventStoreUrl, call),
  };
}

async function statusOf(eventStoreUrl: string, call: Call): Promise<string> {
  const { method, request, metadata = {}, requestStream = false } = call;
  // A separate connection: it may be closed because of the bytes.
  const client = new Client(new URL(eventStoreUrl).host, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  });
  const path = method.startsWith('/') ? method : `/${service}/${method}`;
  const headers = new Metadata();
  for (const [key, value] of Object.entries(metadata)) headers.set(key, value);
  try {
    return await new Promise<string>((resolve) => {
      const options = { deadline: Date.now() + limitMs };
      const duplex = requestStream
        ? client.makeBidiStreamRequest(path, bytes, bytes, headers, options)
        : undefined;
      const stream = duplex ?? client.makeServerStreamRequest(path, bytes, bytes, request, headers, options);
      stream.on('data', () => {
        // A confirmed subscription would not end.
        resolve('OK');
        stream.cancel();
      });
      stream.on('error', (error: ServiceError) => resolve(status[error.code] ?? 'none'));
      stream.on('end', () => resolve('OK'));
      duplex?.end(request);
    });
  } finally {
    client.close();
  }
}

/** A length-delimited protobuf field. */
export function field(number: number, value: Buffer | string): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(content.length)), content]);
}

/** A numeric protobuf field. */
export function numberField(number: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(number) << 3n), varint(value)]);
}

function varint(value: bigint): Buffer {
  const all: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) all.push(Number(rest & 127n) | 128);
  return Buffer.from([...all, Number(rest)]);
}
