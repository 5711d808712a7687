import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DeclarationsError, loadDeclarations, parseDeclarations } from './load.ts';
import { withType } from './test-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnstream-declarations-'));
afterAll(() => rmSync(folder, { recursive: true }));

function faultsOf(text: string): readonly string[] {
  try {
    parseDeclarations(text, 'file.yaml');
  } catch (error) {
    if (error instanceof DeclarationsError) return error.faults;
    throw error;
  }
  return [];
}

/** A file with one kind of inquiry about an order, with these lines. */
const withInquiry = (...lines: string[]): string =>
  ['version: 1', 'channels: [whatsapp]', 'inquiries:', '  status:', '    subject: [order_id]']
    .concat(lines.map((line) => `    ${line}`))
    .join('\n');

describe('the shipped file', () => {
  const shipped = loadDeclarations({});

  test('declares three channels, four topics and two kinds of inquiries', () => {
    expect(shipped.channels).toEqual(['whatsapp', 'ivr', 'mobile_app']);
    expect(Object.keys(shipped.topics)).toEqual([
      'orders.events',
      'logistics.events',
      'payments.events',
      'onboarding.events',
    ]);
    expect(Object.keys(shipped.inquiries)).toEqual(['order_status', 'payout_status']);
    expect(shipped.names.sources).toEqual(['logistics', 'orders', 'payments']);
  });

  test('has every default filled in', () => {
    expect(shipped.topics['orders.events']).toMatchObject({ system: 'orders', format: 'cloudevents' });
    expect(shipped.inquiries['order_status']).toMatchObject({
      sources: {
        orders: { required: true, after: [] },
        logistics: { required: false, after: ['orders'] },
      },
      without_required: 'nothing',
      fallback: null,
    });
  });
});

describe('a file', () => {
  test('may be JSON', () => {
    const text = JSON.stringify({ version: 1, channels: ['telegram'] }, null, '\t');
    expect(parseDeclarations(text, 'file.json')).toMatchObject({ channels: ['telegram'], topics: {} });
  });

  test('may leave out the merge: then all answers merge in order', () => {
    const text = withInquiry(
      'sources:',
      '  one: { request: { id: /subject/order_id } }',
      '  two: { request: { id: /subject/order_id } }',
    );
    expect(parseDeclarations(text, 'f').inquiries['status']?.merge).toEqual(['/answers/one', '/answers/two']);
  });

  test('that is missing or too large is refused with its name', () => {
    expect(() => loadDeclarations({ TURNSTREAM_DECLARATIONS: '/no/such.yaml' })).toThrow(
      /\/no\/such\.yaml cannot be read/,
    );
    const large = join(folder, 'large.yaml');
    writeFileSync(large, `#${' '.repeat(1_048_576)}`);
    expect(() => loadDeclarations({ TURNSTREAM_DECLARATIONS: large })).toThrow(/more than 1048576 bytes/);
  });

  test.each(['events', 'replies'])(
    'with a topic %s, whose consumer group would be taken, is refused',
    (name) => {
      const text = withType().replace('a.events', name);
      expect(faultsOf(text)).toEqual([
        expect.stringContaining(`/topics/${name}: would share the consumer group of other topics`),
      ]);
    },
  );

  test('with several faults is refused with all of them, in the order of the file', () => {
    const text = `${withType('stauts: /data/status', 'schema: { type: objct }')}
      a.c.v1: { kind: C }
  b.dlq: { system: b, types: { x: { kind: x } } }
inquiries:
  status: { subject: [order_id], sources: { orders: { after: [other], request: { id: /subject/order } } } }
`;
    expect(faultsOf(text)).toEqual([
      'file.yaml:9:9 /topics/a.events/types/a.b.v1/stauts: is not known here: use kind, schema, references, status, time, public_text',
      expect.stringContaining('file.yaml:10:25 /topics/a.events/types/a.b.v1/schema/type: '),
      'file.yaml:11:23 /topics/a.events/types/a.c.v1/kind: must be a lower-case letter, then lower-case letters, digits or _, 64 at most',
      'file.yaml:12:3 /topics/b.dlq: is a topic of Turnstream itself: choose another name',
      expect.stringContaining('/inquiries/status/sources/orders/after/0: is no source: use orders'),
      expect.stringContaining('/inquiries/status/sources/orders/request/id: the subject has no order'),
    ]);
  });
});

test('a wrong number hides no other fault of its inquiry', () => {
  const text = withInquiry('deadline_ms: soon', 'sources: { one: { request: { id: /subject/order } } }');
  expect(faultsOf(text)).toEqual([
    'file.yaml:6:18 /inquiries/status/deadline_ms: must be integer',
    'file.yaml:7:38 /inquiries/status/sources/one/request/id: the subject has no order',
  ]);
});

test.each([
  ...['pointer', 'otherwise', 'const'].map((name) => [
    `a field of a request named ${name}`,
    withInquiry(`sources: { one: { request: { ${name}: /subject/order_id } } }`),
    `file.yaml:6:34 /inquiries/status/sources/one/request/${name}: is no name for this: `,
  ]),
  [
    'a field of an answer named const',
    withInquiry(
      'sources: { one: { request: { id: /subject/order_id } } }',
      'merge: [{ const: /answers/one }]',
    ),
    '/inquiries/status/merge/0/const: is no name for this: ',
  ],
  [
    'a kind that is too large for the event that carries it',
    withInquiry(
      'sources: { one: { request: { id: /subject/order_id } } }',
      `fallback: { text: ${'x'.repeat(32_768)} }`,
    ),
    'file.yaml:4:3 /inquiries/status: has more than 32768 characters of JSON, with its defaults',
  ],
  [
    'a constant with a pointer',
    withType('status: { const: a, pointer: /data/b }'),
    'must NOT have more than 1 properties (const stands alone)',
  ],
  ['no YAML', 'version: [1', 'file.yaml:1:12 '],
  ['a key twice', 'version: 1\nversion: 1', 'file.yaml:2:1 '],
  ['an alias', 'version: &a 1\nchannels: [*a]', 'file.yaml:2:12 is an alias: write the value out'],
  ['an empty file', '', 'file.yaml:1:1 /: must be object'],
  ['another version', 'version: 2\nchannels: [ivr]', 'file.yaml:1:10 /version: must be 1'],
  ['no channel', 'version: 1', 'file.yaml:1:1 /: misses channels'],
  [
    'a channel of another form',
    'version: 1\nchannels: [ivr, WhatsApp]',
    'file.yaml:2:17 /channels/1: must be a lower-case letter',
  ],
  [
    'an invalid schema',
    withType('schema: { type: objct }'),
    'file.yaml:9:25 /topics/a.events/types/a.b.v1/schema/type: ',
  ],
  [
    'a schema with an unknown keyword',
    withType('schema: { requird: [a] }'),
    'file.yaml:9:9 /topics/a.events/types/a.b.v1/schema: strict mode: unknown keyword: "requird"',
  ],
  ['a pattern that RE2 lacks', withType("schema: { pattern: '(?=a)' }"), 'schema: '],
  ['a pattern that is too complex', withType("schema: { pattern: '((a{1,99}){1,99}){1,99}' }"), 'schema: '],
  [
    'a pattern with too many repetitions',
    withType("schema: { pattern: '(abcdefghij){1,200}' }"),
    'pattern (abcdefghij){1,200} is too complex: use fewer or smaller repetitions',
  ],
  [
    'a pattern that is too long',
    withType(`schema: { pattern: '[${'a'.repeat(1_000)}]' }`),
    'pattern has more than 1000 characters',
  ],
  [
    'a schema that is too large',
    withType(`schema: { description: ${'x'.repeat(65_536)} }`),
    'has more than 65536 characters of JSON',
  ],
  [
    'another format of messages',
    withType().replace('system: a', 'system: a\n    format: avro'),
    'file.yaml:6:13 /topics/a.events/format: must be one of cloudevents, json',
  ],
  [
    'a schema of another server',
    withType('schema: { $ref: https://example.com/schema.json }'),
    'has the $ref https://example.com/schema.json: only #/definitions/NAME',
  ],
  [
    'a schema within itself',
    withType(
      "schema: { definitions: { a: { items: { $ref: '#/definitions/a' } } }, $ref: '#/definitions/a' }",
    ),
    'leads back to itself',
  ],
  [
    'an unknown root of a pointer',
    withType('references: { order: [/payload/order_id] }'),
    'file.yaml:9:31 /topics/a.events/types/a.b.v1/references/order/0: must begin with one of /id, /type, /time, /subject, /key, /data',
  ],
  [
    'a place in CloudEvents',
    withType().replace('system: a', 'system: a\n    id: { pointer: /id }'),
    '/topics/a.events/id: belongs to the format json only',
  ],
  [
    'plain JSON without the place of its id',
    withType().replace('system: a', 'system: a\n    format: json'),
    '/topics/a.events: misses id',
  ],
  [
    'several types without the place of the type',
    `${withType()}\n      a.c.v1: { kind: c }`.replace(
      'system: a',
      'system: a\n    format: json\n    id: { header: x-id }',
    ),
    'so say where a message names its type',
  ],
  [
    'a type twice for a system',
    `${withType()}\n  a.more: { system: a, types: { a.b.v1: { kind: b } } }`,
    '/topics/a.more/types/a.b.v1: is declared for a on a.events already',
  ],
  [
    'two names that Kafka does not distinguish',
    `${withType()}\n  a_events: { system: b, types: { x: { kind: x } } }`,
    '/topics/a_events: differs from a.events in . and _ only',
  ],
  [
    'a value that is too large',
    withType(`status: { const: ${'x'.repeat(4_096)} }`),
    'has a value of more than 4096 characters',
  ],
  [
    'a constant of a request that is too large',
    withInquiry(`sources: { a: { request: { x: { const: ${'x'.repeat(4_096)} } } } }`),
    '/inquiries/status/sources/a/request/x: has a value of more than 4096 characters',
  ],
  [
    'a circle of sources',
    withInquiry(
      'sources: { a: { after: [b], request: { x: /answers/b/x } }, b: { after: [a], request: { x: /answers/a/x } } }',
    ),
    '/inquiries/status/sources/a/after: leads back to the source itself',
  ],
  [
    'an answer that is not awaited',
    withInquiry('sources: { a: { request: { x: /answers/b/x } }, b: { request: { x: /subject/order_id } } }'),
    'needs the answer of a source that is not in its after',
  ],
  [
    'an unknown field of the subject',
    withInquiry('about: { order: order }', 'sources: { a: { request: { x: /subject/order_id } } }'),
    '/inquiries/status/about/order: must be one of the subject: order_id',
  ],
  [
    'a merge of an unknown source',
    withInquiry('sources: { a: { request: { x: /subject/order_id } } }', 'merge: [/answers/b]'),
    '/inquiries/status/merge/0: is of no source: use a',
  ],
  [
    'a text that is not a pointer',
    withInquiry('sources: { a: { request: { x: order_id } } }'),
    'request/x: must be a JSON Pointer as',
  ],
])('%s is refused', (_, text, fault) => {
  expect(faultsOf(text).join('\n')).toContain(fault);
});

/** How data differs from a schema. */
test('a process with a wrong file writes its faults and ends with 78', () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(file, 'version: 1\nchannels: []\n');
  const register = join(import.meta.dirname, '../../../tools/register.mjs');
  const load = pathToFileURL(join(import.meta.dirname, 'load.ts')).href;
  const source = `const { declared } = await import('${load}'); declared();`;
  const args = ['--no-warnings', '--import', register, '--input-type=module', '-e', source];
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { TURNSTREAM_DECLARATIONS: file },
    encoding: 'utf8',
  });
  expect(stderr).toBe(
    `Wrong declarations:\n${file}:2:1 /channels: must NOT have fewer than 1 items (The channels that a session can be on.)\n`,
  );
  expect(status).toBe(78);
});
