import { decoder, type Reader } from './reader.ts';
import { readPosition, readStreamName, readUuidOption, type Position, type UuidFormat } from './shared.ts';

/** Where a read or a subscription starts. */
export type StartRevision = number | 'start' | 'end';
export type StartPosition = Position | 'start' | 'end';

export interface FilterOptions {
  on: 'stream' | 'type' | undefined;
  regex: string;
  prefixes: string[];
  /** Checkpoints come every `window` x `multiplier` examined events; undefined: the default. */
  window: number | undefined;
  multiplier: number;
}

export interface ReadRequest {
  stream: { name: string; from: StartRevision | undefined } | undefined;
  all: { from: StartPosition | undefined } | undefined;
  backwards: boolean;
  resolveLinks: boolean;
  count: number | undefined;
  subscription: boolean;
  filter: FilterOptions | undefined;
  uuid: UuidFormat | undefined;
  compatibility: number;
}

export const readStreamOptions = (reader: Reader): { name: string; from: StartRevision | undefined } =>
  reader.message({ name: '', from: undefined as StartRevision | undefined }, (stream, field) => {
    if (field === 1) stream.name = readStreamName(reader);
    else if (field === 2) stream.from = reader.uint64();
    else if (field === 3) stream.from = reader.present() && 'start';
    else if (field === 4) stream.from = reader.present() && 'end';
  });

/** Reads a start field of an AllOptions message; false for another field. */
export const readAllStart = (
  all: { from: StartPosition | undefined },
  field: number,
  reader: Reader,
): boolean => {
  if (field === 1) all.from = readPosition(reader);
  else if (field === 2) all.from = reader.present() && 'start';
  else if (field === 3) all.from = reader.present() && 'end';
  else return false;
  return true;
};

/** A filter stores one more than the limit, so that it is then refused. */
export const MAX_PREFIXES = 10_000;

const readExpression = (filter: FilterOptions, reader: Reader): void => {
  reader.message(filter, (target, field) => {
    if (field === 1) target.regex = reader.string();
    else if (field === 2 && target.prefixes.length <= MAX_PREFIXES) target.prefixes.push(reader.string());
  });
};

export const readFilter = (reader: Reader): FilterOptions => {
  const filter: FilterOptions = { on: undefined, regex: '', prefixes: [], window: undefined, multiplier: 0 };
  return reader.message(filter, (target, field) => {
    if (field === 1 || field === 2) {
      target.on = field === 1 ? 'stream' : 'type';
      readExpression(target, reader);
    } else if (field === 3) target.window = reader.uint32();
    else if (field === 4) target.window = reader.present() && undefined;
    else if (field === 5) target.multiplier = reader.uint32();
  });
};

const readOption = (options: ReadRequest, field: number, reader: Reader): void => {
  if (field === 1) options.stream = readStreamOptions(reader);
  else if (field === 2) {
    options.all = reader.message({ from: undefined as StartPosition | undefined }, readAllStart);
  } else if (field === 3) options.backwards = reader.uint32() === 1;
  else if (field === 4) options.resolveLinks = reader.bool();
  else if (field === 5) options.count = reader.uint64();
  else if (field === 6) options.subscription = reader.present();
  else if (field === 7) options.filter = readFilter(reader);
  else if (field === 9) options.uuid = readUuidOption(reader);
  else if (field === 10) {
    reader.message(options, (target, part) => {
      if (part === 1) target.compatibility = reader.uint32();
    });
  }
};

export const decodeReadRequest = decoder<ReadRequest>(
  () => ({
    stream: undefined,
    all: undefined,
    backwards: false,
    resolveLinks: false,
    count: undefined,
    subscription: false,
    filter: undefined,
    uuid: undefined,
    compatibility: 0,
  }),
  (request, field, reader) => {
    if (field === 1) reader.message(request, readOption);
  },
);
