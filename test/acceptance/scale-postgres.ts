import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevelopmentIssuer } from '#privacy';
import { startTestApp } from '../../apps/api/src/test-app.ts';
import { withBackingServices } from '#launcher';
import { readThroughFaults } from '../scenarios/scale/postgres.ts';
import { startStreamingReplica } from '../scenarios/scale/streaming-replica.ts';
import type { Report } from './report.ts';

const maxAgeMs = 1_000;

/** `npm run prove -- scale postgres`: reads from a streaming replica with one fault after the other. */
export async function runPostgres(report: Report, isQuick: boolean): Promise<void> {
  /** How often a replica stops replaying, hangs and is killed, and for how long. */
  const size = isQuick ? { rounds: 1, forMs: 2_000 } : { rounds: 10, forMs: 5_000 };
  report.begin(
    `PostgreSQL with a replica that replays nothing, hangs and is killed, ${size.rounds} times each`,
  );
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
  const issuer = await DevelopmentIssuer.in(dir);
  const tokenOf = async (role: 'agent' | 'auditor'): Promise<string> =>
    `Bearer ${await issuer.token({ role, sub: role }, 86_400)}`;
  const tokens = { agent: await tokenOf('agent'), auditor: await tokenOf('auditor') };
  const pair = await startStreamingReplica();
  try {
    await withBackingServices(async ({ env }) => {
      Object.assign(process.env, env);
      const databaseReads = { url: pair.url.replica, maxAgeMs };
      const app = await startTestApp({ issuer, databaseUrl: pair.url.primary, databaseReads });
      try {
        const get = (path: string, role: 'agent' | 'auditor', more = {}): Promise<Response> =>
          fetch(`${app.url}${path}`, { headers: { authorization: tokens[role], ...more } });
        const facts = await readThroughFaults(pair, { get }, { ...size, maxAgeMs });
        report.note(
          `${facts.written} turns written; ${facts.answers} answers, the slowest after ${Math.round(facts.slowestMs)} ms`,
        );
        report.note(
          Object.entries(facts.reads)
            .map(([result, count]) => `${result} ${count}`)
            .join(', '),
        );
        report.none('answers other than 200', facts.refused);
        report.none('turns of before the time that an answer names, and not in it', facts.older);
        report.none(`answers older than ${maxAgeMs} ms`, facts.tooOld);
        report.none('turns that a follower, who reads here and there, missed', facts.missed);
        report.none('turns that it got twice', facts.repeated);
      } finally {
        await app.close();
      }
    });
  } finally {
    await pair.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
