import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Inquiry, Session } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import type { Kafka } from 'kafkajs';
import { Pool } from 'pg';
import { parse } from 'yaml';
import { Publisher } from '#messaging';
import { waitUntil } from '#platform';
import { SampleService, wellBehaved } from '../../tools/services/sample-service.ts';
import { assemble } from '../../tools/image/assemble.ts';
import { kafkaOf } from '../../tools/shared/kafka.ts';
import { authorization } from '../../tools/shared/token.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import type { RunningImage } from './test-image.ts';
import { keysIn, withImage } from './test-image.ts';

type Members = Record<string, object>;
interface File {
  readonly channels: readonly string[];
  readonly topics: Members;
  readonly inquiries: Members;
}

const folder = mkdtempSync(join(tmpdir(), 'turnstream-image-'));
const image = join(folder, 'image');
/** The shipped declarations plus those of the example in the docs. */
const file = join(folder, 'declarations.json');
const run = `${process.pid}-${Date.now()}`;

beforeAll(() => assemble(image));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the folder of the image holds built code and production packages only', () => {
  const files = readdirSync(image, { recursive: true, encoding: 'utf8' });
  expect(readdirSync(image).sort()).toEqual([
    'LICENSE',
    'declarations',
    'dist',
    'migrations',
    'node_modules',
    'package.json',
    'tools',
  ]);
  const own = files.filter((file) => !file.startsWith('node_modules'));
  expect(own.filter((file) => /spec|bench|\.ts$/.test(file))).toEqual([]);
  expect(own.filter((file) => file.endsWith('main.js')).sort()).toEqual([
    'dist/apps/api/main.js',
    'dist/apps/bridge/main.js',
    'dist/apps/projector/main.js',
    'dist/apps/router/main.js',
  ]);
  for (const name of ['node', 'jest', 'typescript', '@swc/core', '@nestjs/cli', '@turnstream/sdk', 'oxfmt'])
    expect(files).not.toContain(`node_modules/${name}`);
  const [size] = execFileSync('du', ['-sm', image], { encoding: 'utf8' }).split('\t');
  console.log(`The folder of the image has ${size} MB.`);
  expect(Number(size)).toBeLessThan(250);
});

/** Everything that an app needs but an issuer; none of it is used before the issuer is missed. */
const complete = {
  PATH: process.env['PATH'],
  NODE_ENV: 'production',
  ...keysIn(folder),
  ...Object.fromEntries(
    ['DATABASE_URL', 'EVENTSTORE_URL', 'KAFKA_BROKERS', 'REDIS_URL'].map((name) => [name, process.env[name]]),
  ),
};

test.each([
  ['api', 'AUTH_ISSUER', complete],
  ['projector', 'KEYSTORE_URL', { ...complete, KEYSTORE_URL: '' }],
  ['bridge', 'KEYSTORE_URL', { ...complete, KEYSTORE_URL: '' }],
])('the %s of the image does not start without %s', (app, name, env) => {
  expect(() =>
    execFileSync(process.execPath, [`dist/apps/${app}/main.js`], { cwd: image, env, stdio: 'pipe' }),
  ).toThrow(expect.objectContaining({ status: 78, message: expect.stringContaining(`${name} is missing`) }));
});

test('a wrong file ends an app of the image with 78 and the places of its faults', () => {
  const wrong = join(folder, 'wrong.yaml');
  writeFileSync(wrong, 'version: 1\nchannels: [whatsapp]\ntopics: { a: { systm: a, types: {} } }\n');
  const env = { PATH: process.env['PATH'], TURNSTREAM_DECLARATIONS: wrong };
  expect(() =>
    execFileSync(process.execPath, ['dist/apps/api/main.js'], { cwd: image, env, stdio: 'pipe' }),
  ).toThrow(
    expect.objectContaining({
      status: 78,
      message: expect.stringContaining(`${wrong}:3:16 /topics/a/systm`),
    }),
  );
});

describe('the folder of the image with a file of declarations', () => {
  const held = holdOpen<RunningImage>((work) =>
    withImage(
      { image, folder, env: { KAFKA_GROUP: `declared-${run}`, TURNSTREAM_DECLARATIONS: file } },
      work,
    ),
  );
  let running: RunningImage;
  beforeAll(async () => {
    const docs = readFileSync('docs/declarations.md', 'utf8');
    const example = parse(/<!-- example -->\s+```yaml\n(.*?)```/s.exec(docs)?.[1] ?? '') as File;
    const shipped = parse(readFileSync(join(image, 'declarations/default.yaml'), 'utf8')) as File;
    const topics = { ...shipped.topics, ...example.topics };
    const inquiries = { ...shipped.inquiries, ...example.inquiries };
    writeFileSync(file, JSON.stringify({ ...shipped, channels: example.channels, topics, inquiries }));
    running = await held.open();
  });
  afterAll(() => held.close());

  test('migrates, and runs the three apps', () => {
    expect(running.children.map(({ exitCode }) => exitCode)).toEqual([null, null, null]);
  });

  test('has one more channel, a topic with three types and a kind of inquiry', async () => {
    const { url, services } = running;
    const turnstream = new Turnstream({ url, agentId: 'spec-bot' });
    const kafka = kafkaOf('turnstream-spec', services['KAFKA_BROKERS']);
    const publisher = new Publisher(kafka);
    const pool = new Pool({ connectionString: services['DATABASE_URL'] });
    try {
      await isDescribed(url);
      await refuses(url);

      const partner_id = `P-${run}`;
      const session = await turnstream.startSession({ partner_id, channel: 'telegram' });
      await waitUntil(async () => (await pool.query('SELECT FROM conversation_session')).rowCount === 1);
      const parcel = `TRK-${run}`;
      const sent = [
        message('parcel_arrived', 1, { parcel, depot: 'BLR', rider: { id: partner_id } }),
        message('parcel_left', 2, { parcel, left_at: '2026-11-29T07:00:00+05:30' }, partner_id),
        message('parcel_damaged', 3, { parcel, order: 'ORD1', rider: partner_id }, null),
        message('parcel_arrived', 4, { parcel, depot: 'Bengaluru', rider: { id: partner_id } }),
      ];
      await session.recordTurn({
        sender: 'user',
        message_text: 'Where is my parcel?',
        extracted_entities: { tracking_id: parcel, order_id: 'ORD1' },
      });
      await waitUntil(
        async () => (await pool.query("SELECT FROM reference_index WHERE kind <> 'partner'")).rowCount === 2,
      );
      await publisher.send(sent);
      await waitUntil(async () => (await session.context()).external.length === 3);
      const { external, session: shown } = await session.context();
      expect(shown.channel).toBe('telegram');
      expect(external.map(({ system, kind }) => `${system} ${kind}`).sort()).toEqual([
        'depot parcel_arrived',
        'depot parcel_damaged',
        'depot parcel_left',
      ]);
      const updates = await Array.fromAsync(session.events());
      const arrived = updates.find(({ data }) => data['kind'] === 'parcel_arrived');
      expect(arrived?.data).toMatchObject({
        references: { tracking: parcel, partner: partner_id },
        status: 'at_depot',
        occurred_at_source: '2026-11-29T01:00:00.000Z',
        public_text: 'BLR',
      });
      const rows = await Array.fromAsync(turnstream.sessions({ channel: 'telegram' }));
      expect(rows.map((row) => row.session_id)).toEqual([session.id]);
      expect(await askRefunds(kafka, session)).toMatchObject({
        status: 'complete',
        answer: { order_id: 'ORD1', refund: 'paid', payout: 'unknown' },
      });
    } finally {
      await Promise.all([turnstream.close(), publisher.close(), pool.end()]);
    }
  });

  test('stops its apps when they are told to', async () => {
    await held.close();
    expect(running.children.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  });
});

/** The result of an inquiry of the declared kind, answered by the service of its source. */
async function askRefunds(kafka: Kafka, session: Session): Promise<Inquiry | undefined> {
  const refunds = new SampleService({
    kafka,
    source: 'refunds',
    answer: ({ detail }) => (detail === 'full' ? { refund: 'paid' } : undefined),
    behaviour: wellBehaved,
  });
  await refunds.start();
  try {
    const { inquiry_id } = await session.openInquiry({
      kind: 'refund_status',
      subject: { order_id: 'ORD1' },
      // However slow the machine is.
      timeout_ms: 120_000,
    });
    await waitUntil(async () => (await session.inquiry(inquiry_id)).status !== 'open');
    return await session.inquiry(inquiry_id);
  } finally {
    await refunds.stop();
  }
}

function message(type: string, id: number, data: object, key: string | null = null) {
  const meta = { id: `${run}-${id}`, at: '2026-11-29T06:30:00+05:30' };
  return {
    topic: 'depot.movements',
    key,
    headers: { 'x-type': type },
    value: JSON.stringify({ meta, ...data }),
  };
}

async function isDescribed(url: string): Promise<void> {
  const openApi = JSON.stringify(await (await fetch(`${url}/openapi.json`)).json());
  // No description of a channel is left with those of the shipped file.
  expect(openApi).toContain('"enum":["whatsapp","ivr","mobile_app","telegram"]');
  expect(openApi).not.toContain('"enum":["whatsapp","ivr","mobile_app"]');
  expect(openApi).toContain('"enum":["order_status","payout_status","refund_status"]');
  const { channels } = (await (await fetch(`${url}/asyncapi.json`)).json()) as { channels: Members };
  expect(channels['depot_movements']).toMatchObject({
    address: 'depot.movements',
    messages: { parcel_arrived: {}, parcel_left: {}, parcel_damaged: {} },
  });
  expect(channels).toHaveProperty('inquiry_requests_refunds');
}

async function refuses(url: string): Promise<void> {
  const body = JSON.stringify({ partner_id: 'P1', channel: 'fax' });
  const headers = { 'content-type': 'application/json', ...authorization() };
  const answer = await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('whatsapp, ivr, mobile_app, telegram');
}
