/** `npm run demo`: prints a conversation as events, working context and rows. `npm run demo -- order`: a takeover. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Context, Session, SessionRow, TurnRow } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import { sleep } from '#platform';
import { findApi } from '../shared/address.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { playOrder } from './order.ts';
import { printAppended, printContext, printRows, printScene, printTitle } from './print.ts';
import type { Scene } from './story.ts';
import { partner, story } from './story.ts';
import { waitFor } from './watch.ts';
import { headerFile } from '../shared/token.ts';

const usage = `usage: npm run demo [-- --fast]    a conversation as events, context and rows
       npm run demo -- order     an agent is killed, another one takes over`;
/** Time to read, on a terminal. */
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
    before = await playScene(turnstream, session, scene, index + 1, before);
    await sleep(pauseMs);
  }
  await startAgain(turnstream, partner_id, session);
  printTitle('Look closer:');
  for (const [address, what] of [
    [`/v1/sessions/${session.id}/context?explain=1`, 'which event set each field'],
    [`/v1/sessions/${session.id}/events`, 'the stream'],
    [`/v1/turns?partner_id=${partner_id}`, 'the rows'],
  ])
    console.log(`  ${what}:\n    curl -s -H @${headerFile()} '${url}${address}'`);
  await turnstream.close();
}, usage);

/** Whether the order demo is requested. */
function asksForOrder(): boolean {
  const { positionals } = parseArgs({ allowPositionals: true, options: { fast: { type: 'boolean' } } });
  if (positionals.length === 0) return false;
  if (positionals.length === 1 && positionals[0] === 'order') return true;
  throw new Failure(usage);
}

async function playScene(
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
  const { row, turns } = await rowsOf(turnstream, session, context.partner_id);
  printRows(
    row,
    turns.filter(({ revision }) => revision > seen),
  );
  return context;
}

/** The rows, once the projector has written them. */
async function rowsOf(
  turnstream: Turnstream,
  session: Session,
  partner_id: string,
): Promise<{ row: SessionRow; turns: TurnRow[] }> {
  let row: SessionRow | undefined;
  const isWritten = async (): Promise<boolean> => {
    const found = await Array.fromAsync(turnstream.sessions({ partner_id }));
    row = found.find(({ session_id }) => session_id === session.id);
    return row !== undefined && row.revision >= session.revision;
  };
  await waitFor(isWritten, 'the rows of the conversation: see the projector’s log');
  return { row: row as SessionRow, turns: await Array.fromAsync(session.turns()) };
}

/** Starts a session on another channel, which begins with the partner's memory. */
async function startAgain(turnstream: Turnstream, partner_id: string, earlier: Session): Promise<void> {
  printTitle('The next day Asha opens the app: a new session that starts from what is remembered');
  const session = await turnstream.startSession({ partner_id, channel: 'mobile_app' });
  const context = await session.context();
  printContext(context, undefined);
  const same = context.session.previous_session_id === earlier.id;
  console.log(`  previous session ${context.session.previous_session_id} ${same ? '(the one above)' : ''}`);
  await session.end('demo');
}
