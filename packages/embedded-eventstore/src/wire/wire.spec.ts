import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DELETED_REVISION, type EventRecord } from '../store/records.ts';
import { decoder, Reader } from './reader.ts';
import { decodeReadRequest, MAX_PREFIXES } from './read-request.ts';
import { encodeReadEvent, writeReadEvent } from './read-response.ts';
import { readUuid, uuidFromString, uuidToString, writeUuid } from './shared.ts';
import { encode, type Writer } from './writer.ts';

const readField = (bytes: Buffer, read: (reader: Reader) => unknown): unknown => {
  const found: unknown[] = [];
  new Reader(bytes).fields(found, (target, _field, reader) => target.push(read(reader)));
  return found[0];
};

const writtenExactly = (value: number): unknown =>
  readField(
    encode((writer) => writer.uint64(1, value)),
    (reader) => BigInt.asUintN(64, reader.int64()),
  );

describe('numbers', () => {
  test.each([0, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 53 - 2])('%d is read as it was written', (value) => {
    expect(
      readField(
        encode((writer) => writer.uint64(1, value)),
        (reader) => reader.uint64(),
      ),
    ).toBe(value);
  });

  test('the largest revisions are encoded exactly', () => {
    expect(writtenExactly(DELETED_REVISION)).toBe(2n ** 63n - 1n);
    expect(writtenExactly(2 ** 64)).toBe(2n ** 64n - 1n);
  });

  test('negative numbers take ten bytes', () => {
    const bytes = encode((writer) => writer.int32(1, -1));
    expect(bytes).toHaveLength(11);
    expect(readField(bytes, (reader) => reader.int32())).toBe(-1);
  });
});

test('nested messages of any size are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 400 }), { maxLength: 20 }), (texts) => {
      const nest = (writer: Writer, [first, ...rest]: readonly string[]): void => {
        if (first === undefined) return;
        writer.string(1, first).message(2, (inner) => nest(inner, rest));
      };
      const unnest = (reader: Reader): string[] =>
        reader.message<string[]>([], (found, field) => {
          if (field === 1) found.push(reader.string());
          else found.push(...unnest(reader));
        });
      const bytes = encode((writer) => writer.message(1, (inner) => nest(inner, texts)));
      const given = texts.filter((text) => text !== '');
      expect(readField(bytes, unnest)).toEqual(given);
    }),
  );
});

describe('a decoder', () => {
  const decode = decoder(
    () => ({ name: '' }),
    (target, field, reader) => {
      if (field === 2) target.name = reader.string();
    },
  );
  const bytes = encode((writer) =>
    writer
      .uint64(1, 300)
      .string(9, 'other')
      .message(7, (inner) => inner.string(1, 'x'))
      .string(2, 'name'),
  );

  test('skips unknown fields', () => {
    expect(decode(bytes)).toEqual({ name: 'name' });
  });

  test('refuses truncated messages', () => {
    expect(() => decode(bytes.subarray(0, -1))).toThrow(RangeError);
  });
});

test('UUIDs are encoded and decoded in both formats', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom('string' as const, 'structured' as const), (text, format) => {
      const id = uuidFromString(text);
      expect(uuidToString(id)).toBe(text);
      const bytes = encode((writer) => writeUuid(writer, 1, id, format));
      expect(readField(bytes, readUuid)).toEqual(id);
    }),
  );
});

test('a text that is not a UUID is refused', () => {
  expect(() => uuidFromString('not one')).toThrow(RangeError);
});

test('the fast path encodes an event to the same bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
  const record: fc.Arbitrary<EventRecord> = fc.record({
    pos: fc.integer({ min: 1, max: 2 ** 45 }),
    stream: fc.string({ unit: 'grapheme', maxLength: 150 }),
    rev: fc.nat(),
    id: fc.uuid().map(uuidFromString),
    type: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 150 }),
    isJson: fc.boolean(),
    created: fc.integer({ min: 0, max: 2 ** 51 }),
    data: bytes,
    meta: bytes,
  });
  fc.assert(
    fc.property(record, (event) => {
      const plain = encode((writer) =>
        writer.message(1, (read) => writeReadEvent(read, { event }, 'string', 'own')),
      );
      expect(encodeReadEvent({ event }, 'string').equals(plain)).toBe(true);
    }),
  );
});

const writePrefixes = (expression: Writer): void => {
  for (let n = 0; n < 2 * MAX_PREFIXES; n++) expression.string(2, 'a');
};

test('of the prefixes of a filter one more than the limit is kept, however many there are', () => {
  const bytes = encode((request) =>
    request.message(1, (options) => options.message(7, (filter) => filter.message(1, writePrefixes))),
  );
  expect(decodeReadRequest(bytes).filter?.prefixes).toHaveLength(MAX_PREFIXES + 1);
});
