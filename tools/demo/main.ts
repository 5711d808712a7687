/** `npm run demo`, or `npm run demo -- order`: a conversation becomes events, a working context and rows, before your eyes. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Context, Session, SessionRow, TurnRow } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import { findApi } from '../shared/address.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { playOrder } from './order.ts';
import { printAppended, printContext, printRows, printScene, printTitle } from './print.ts';
import type { Scene } from './story.ts';
import { partner, story } from './story.ts';

const usage = `usage: npm run demo [-- --fast]    a conversation as events, context and rows
       npm run demo -- order     an agent is killed, another one goes on`;
const patienceMs = 20_000;
/** On a terminal there is time to read. */
const pauseMs = process.stdout.isTTY && !process.argv.includes('--fast') ? 1_200 : 0;

await runProgram(async () => {
  const order = asksForOrder();
  const url = await findApi();
  if (order) return playOrder(url);
  const turnstream = new Turnstream({ url, agentId: 'demo-bot' });
  const partner_id = `P${randomInt(1_000_000, 10_000_000)}`;
  printTitle(`A conversation of ${partner.name}, delivery partner ${partner_id}, through ${url}`);
  const session = await turnstream.startSession({
    partner_id,
    channel: 'whatsapp',
    language: 'en',
    ...partner,
  });
  let before: Context | undefined;
  for (const [index, scene] of story.entries()) {
    before = await play(turnstream, session, scene, index + 1, before);
    await sleep(pauseMs);
  }
  await comeBack(turnstream, partner_id, session);
  printTitle('Look closer:');
  for (const [address, what] of [
    [`/v1/sessions/${session.id}/context?explain=1`, 'which event set each field'],
    [`/v1/sessions/${session.id}/events`, 'the stream'],
    [`/v1/turns?partner_id=${partner_id}`, 'the rows'],
  ])
    console.log(`  ${what}:\n    curl -s '${url}${address}'`);
  await turnstream.close();
}, usage);

function asksForOrder(): boolean {
  try {
    const { positionals } = parseArgs({ allowPositionals: true, options: { fast: { type: 'boolean' } } });
    if (positionals.length === 0) return false;
    if (positionals.length === 1 && positionals[0] === 'order') return true;
  } catch {
    // An unknown option: the usage says which there are.
  }
  throw new Failure(usage);
}

async function play(
  turnstream: Turnstream,
  session: Session,
  scene: Scene,
  number: number,
  before: Context | undefined,
): Promise<Context> {
  const seen = session.revision;
  printScene(number, scene, partner.name);
  await session.commands(scene.commands);
  printAppended(await Array.fromAsync(session.events({ fromRevision: seen + 1 })));
  const context = await session.context();
  printContext(context, before);
  const { row, turns } = await rows(turnstream, session, context.partner_id);
  const fresh = turns.filter(({ revision }) => revision > seen);
  printRows(row, fresh);
  return context;
}

/** The rows once the projector has them: usually at once. */
async function rows(
  turnstream: Turnstream,
  session: Session,
  partner_id: string,
): Promise<{ row: SessionRow; turns: TurnRow[] }> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const found = await Array.fromAsync(turnstream.sessions({ partner_id }));
    const row = found.find(({ session_id }) => session_id === session.id);
    if (row !== undefined && row.revision >= session.revision)
      return { row, turns: await Array.fromAsync(session.turns()) };
    await sleep(50);
  }
  throw new Failure(`The rows do not follow within ${patienceMs / 1_000} s: look at the projector's log.`);
}

/** A new session on another channel starts from what is remembered of the partner. */
async function comeBack(turnstream: Turnstream, partner_id: string, earlier: Session): Promise<void> {
  printTitle('The next day Asha opens the app: a new session, and nothing is forgotten');
  const session = await turnstream.startSession({ partner_id, channel: 'mobile_app' });
  const context = await session.context();
  printContext(context, undefined);
  const same = context.session.previous_session_id === earlier.id;
  console.log(`  previous session ${context.session.previous_session_id} ${same ? '(the one above)' : ''}`);
  await session.end('demo');
}
