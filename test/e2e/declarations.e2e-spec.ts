import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Inquiry, Session } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import type { Kafka } from 'kafkajs';
import { Pool } from 'pg';
import { parse } from 'yaml';
import { withBackingServices } from '#launcher';
import { Publisher } from '#messaging';
import { waitUntil } from '#platform';
import { separateBackingServices } from '../scenarios/separate-backing-services.ts';
import { SampleService, wellBehaved } from '../../tools/services/sample-service.ts';
import { assemble } from '../../tools/image/assemble.ts';
import { freePorts } from '../../tools/shared/free-ports.ts';
import { kafkaOf } from '../../tools/shared/kafka.ts';
import { authorization } from '../../tools/shared/token.ts';
import { DevelopmentIssuer } from '#privacy';

type Members = Record<string, object>;
interface File {
  readonly channels: readonly string[];
  readonly topics: Members;
  readonly inquiries: Members;
}

/**
 * The folder of the image with one additional file: the shipped declarations plus those of the example in the docs.
 */
const folder = mkdtempSync(join(tmpdir(), 'turnstream-declared-'));
const image = join(folder, 'image');
const file = join(folder, 'declarations.json');
const run = `${process.pid}-${Date.now()}`;

beforeAll(() => {
  assemble(image);
  const docs = readFileSync('docs/declarations.md', 'utf8');
  const example = parse(/<!-- example -->\s+```yaml\n(.*?)```/s.exec(docs)?.[1] ?? '') as File;
  const shipped = parse(readFileSync(join(image, 'declarations/default.yaml'), 'utf8')) as File;
  const topics = { ...shipped.topics, ...example.topics };
  const inquiries = { ...shipped.inquiries, ...example.inquiries };
  writeFileSync(file, JSON.stringify({ ...shipped, channels: example.channels, topics, inquiries }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the three apps of the image with the file while `work` runs. */
async function withImage(work: (url: string, env: Record<string, string>) => Promise<void>): Promise<void> {
  const restore = await separateBackingServices();
  try {
    await withBackingServices(async ({ env: services }) => {
      const issuer = await DevelopmentIssuer.in(join(folder, 'auth'));
      process.env['TURNSTREAM_TOKEN'] = await issuer.token({
        role: 'service',
        sub: 'spec',
        instances: ['*'],
      });
      const keys = {
        KEYSTORE_URL: `file:${folder}/keys.db`,
        MASTER_KEYS: `file:${folder}/master-keys.json`,
      };
      const env = {
        NODE_ENV: 'production',
        PATH: process.env['PATH'] ?? '',
        ...services,
        ...issuer.env,
        ...keys,
      };
      execFileSync(process.execPath, ['tools/keys/init.mjs'], { cwd: image, env, stdio: 'pipe' });
      const migrate = ['node_modules/node-pg-migrate/bin/node-pg-migrate.js', 'up', '-t', 'schema_migration'];
      execFileSync(process.execPath, migrate, { cwd: image, env, stdio: 'pipe' });
      const ports = await freePorts(3);
      const children = ['api', 'projector', 'bridge'].map((app, index) =>
        spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/main.js`], {
          cwd: image,
          env: {
            ...env,
            PORT: String(ports[index]),
            LOG_LEVEL: 'error',
            KAFKA_GROUP: `declared-${run}`,
            TURNSTREAM_DECLARATIONS: file,
          },
          stdio: ['ignore', 'inherit', 'inherit'],
        }),
      );
      try {
        for (const port of ports)
          await waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok, {
            everyMs: 100,
          });
        await work(`http://127.0.0.1:${ports[0]}`, services);
      } finally {
        await Promise.all(
          children.map(async (child) => {
            if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
          }),
        );
      }
    });
  } finally {
    await restore();
  }
}

test('a file alone adds a channel, a topic with three types and a kind of inquiry to the folder of the image', async () => {
  await withImage(async (url, services) => {
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
