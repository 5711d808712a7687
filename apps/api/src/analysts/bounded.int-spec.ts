import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import { startTestApp } from '../test-app.ts';

test('agents do not look through all turns for a flag', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-issuer-'));
  const issuer = await DevelopmentIssuer.in(dir);
  const app = await startTestApp({ issuer });
  const headers = { authorization: `Bearer ${await issuer.token({ role: 'agent', sub: 'spec' })}` };
  const list = (path: string) => app.call('GET', `/v1/${path}`, undefined, headers);
  expect(await list('turns?flag=vip')).toMatchObject({ status: 400, body: { errors: [{ field: 'flag' }] } });
  for (const path of ['turns?sender=user', 'turns?flag=vip&partner_id=P1', 'sessions?channel=ivr'])
    expect((await list(path)).status).toBe(200);
  await app.close();
  rmSync(dir, { recursive: true });
});
