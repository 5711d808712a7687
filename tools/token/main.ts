/** `npm run token -- --role auditor`: prints a token for the system that npm start runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DevelopmentIssuer } from '../../libs/privacy/src/access/development-issuer.ts';
import type { TokenClaims } from '../../libs/privacy/src/access/development-issuer.ts';
import { runningSystem } from '../shared/address.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';
import { issuerDir } from '../shared/token.ts';
import { tokenOptions } from './options.ts';

const usage = `usage: npm run token [-- OPTIONS]   a token for the system that npm start runs, from its development issuer
  --role ROLE        agent, service (without the option), analyst, auditor or admin
  --subject NAME     whom it is for; without the option the role
  --instance NAME    the agent instance it is for; bot-* or *: any of these. Without the option any for a service, else none
  --partner ID  --region NAME  --channel NAME  --pool NAME   what it is limited to; each may be given several times
  --expires 1h       10m, 1h, 1d at most; without the option 1h`;

await runProgram(async () => {
  const { values } = parseOptions({
    role: { type: 'string' },
    subject: { type: 'string' },
    instance: { type: 'string', multiple: true },
    partner: { type: 'string', multiple: true },
    region: { type: 'string', multiple: true },
    channel: { type: 'string', multiple: true },
    pool: { type: 'string', multiple: true },
    expires: { type: 'string' },
  });
  const options = tokenOptions(values);
  if (options === undefined) throw new Failure(usage);
  if (!existsSync(join(issuerDir(), 'private.json')))
    throw new Failure('There is no development issuer yet: npm start creates one.');
  await recordIfItRuns(options.claims);
  const issuer = await DevelopmentIssuer.in(issuerDir());
  console.log(await issuer.token(options.claims, options.expiresS));
}, usage);

/** A token may be created before its system runs; then there is no log. */
async function recordIfItRuns({ role, sub }: TokenClaims): Promise<void> {
  const isKnown = process.env['EVENTSTORE_URL'] || runningSystem(process.env) !== undefined;
  try {
    if (!isKnown) throw new Failure('No system runs here.');
    await recordAct({ action: 'make_token', what: `role ${role}, subject ${sub}` });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`This token is not recorded in the access log. ${error.message}`);
  }
}
