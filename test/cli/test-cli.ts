import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '#privacy';
import { DevelopmentIssuer } from '#privacy';
import type { Answer, TestApp, TestAppOptions } from '../../apps/api/src/test-app.ts';
import { startTestApp } from '../../apps/api/src/test-app.ts';
import { createTestDatabase } from '../../libs/platform/src/testing/test-services.ts';
import type { Ran, RunOptions } from '../../packages/cli/src/testing/run-cli.ts';
import { runCli } from '../../packages/cli/src/testing/run-cli.ts';

/** The real API with one conversation, and the command line in front of it. */
export interface CliTest {
  readonly app: TestApp;
  /** For files of the spec. */
  readonly dir: string;
  readonly partner_id: string;
  readonly session_id: string;
  readonly message_text: string;
  /** Sends a command to the session as a service. */
  write(method: string, path: string, body: object, headers?: Record<string, string>): Promise<Answer>;
  /** Runs a command line with a token of this role. */
  as(role: Role, args: readonly string[], options?: RunOptions & { readonly purpose?: string }): Promise<Ran>;
  close(): Promise<void>;
}

/** Starts the API; the session has revisions 0 (start), 1 (turn) and 2 (goal). */
export async function startCliTest(options: TestAppOptions = {}): Promise<CliTest> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-cli-'));
  const issuer = await DevelopmentIssuer.in(join(dir, 'issuer'));
  const database = await createTestDatabase();
  const app = await startTestApp({ issuer, databaseUrl: database.url, ...options });
  const partner_id = `P-${randomUUID()}`;
  const message_text = `Where is my payout? ${randomUUID()}`;
  const tokenOf = (role: Role): Promise<string> => issuer.token({ role, sub: `${role}-${partner_id}` });
  const call = async (method: string, path: string, body: object, headers = {}): Promise<Answer> => {
    const authorization = `Bearer ${await tokenOf('service')}`;
    const answer = await app.call(method, path, body, { authorization, ...headers });
    if (answer.status > 202) throw new Error(JSON.stringify(answer.body));
    return answer;
  };
  const started = await call('POST', '/v1/sessions', { partner_id, channel: 'whatsapp', language: 'hi' });
  const session_id = String(started.body['session_id']);
  const write: CliTest['write'] = (method, path, body, headers) =>
    call(method, `/v1/sessions/${session_id}/${path}`, body, headers);
  await write('POST', 'turns', { sender: 'user', message_text, parsed_intent: 'ask_payment_status' });
  await write('POST', 'goals', { goal: 'resolve_payment', step: 'verify_bank' });
  await addRow(app, session_id, partner_id);
  return {
    app,
    dir,
    partner_id,
    session_id,
    message_text,
    write,
    as: async (role, args, { purpose = '', ...options } = {}) =>
      runCli(args, {
        ...options,
        env: {
          TURNSTREAM_URL: app.url,
          TURNSTREAM_TOKEN: await tokenOf(role),
          TURNSTREAM_PURPOSE: purpose,
          TURNSTREAM_RETRY_S: '5',
        },
      }),
    close: async () => {
      await app.close();
      await database.drop();
      await rm(dir, { recursive: true });
    },
  };
}

/** Simulates the projector. */
async function addRow({ pool }: TestApp, session_id: string, partner_id: string): Promise<void> {
  await pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision)
     VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now(), 3600, 'active', 2)`,
    [session_id, partner_id],
  );
}
