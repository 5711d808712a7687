/** `npm run import -- <file>...`: plays files of conversations through the api, then checks streams, rows and contexts. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { Turnstream } from '@turnstream/sdk';
import { findApi } from '../shared/address.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { startProgress } from '../shared/progress.ts';
import { check } from './check.ts';
import type { Conversation } from './conversation.ts';
import { countTurns } from './conversation.ts';
import { play } from './play.ts';
import { readConversationFile } from './read-file.ts';

const usage = `usage: npm run import -- [options] <file>...
  --parallel 16   conversations played at once
  --url <url>     address of the api`;
const timeoutMs = 60_000;
const differencesShown = 20;

await runProgram(async () => {
  const { files, parallel, url } = options();
  const conversations = await readAll(files);
  const turnstream = new Turnstream({
    url: await findApi(url),
    agentId: 'importer',
    connections: parallel,
  });
  try {
    await playAll(turnstream, conversations, parallel);
    await checkAll(turnstream, conversations, parallel);
  } finally {
    await turnstream.close();
  }
}, usage);

function options(): { files: string[]; parallel: number; url: string | undefined } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { parallel: { type: 'string', default: '16' }, url: { type: 'string' } },
  });
  const parallel = Number(values.parallel);
  if (positionals.length === 0 || !Number.isInteger(parallel) || parallel < 1) throw new Failure(usage);
  return { files: positionals, parallel, url: values.url };
}

async function readAll(files: readonly string[]): Promise<Conversation[]> {
  const all: Conversation[] = [];
  for (const path of files) {
    const conversations = await readConversationFile(path);
    console.log(
      `${basename(path)}: ${conversations.length} conversations, ${countTurns(conversations)} turns`,
    );
    all.push(...conversations);
  }
  return all;
}

async function playAll(
  turnstream: Turnstream,
  conversations: Conversation[],
  parallel: number,
): Promise<void> {
  const start = performance.now();
  const progress = startProgress('playing', countTurns(conversations), 'turns');
  const onStep = (items: readonly { type: string }[]): void =>
    progress.add(items.filter(({ type }) => type === 'RecordTurn').length);
  const played = await play(turnstream, conversations, { parallel, onStep }).finally(() => progress.stop());
  const seconds = (performance.now() - start) / 1_000;
  const known =
    played.repeated > 0 ? `; ${played.repeated} of ${played.steps} commands were already recorded` : '';
  console.log(`added ${played.events} events in ${seconds.toFixed(1)} s${known}`);
}

async function checkAll(
  turnstream: Turnstream,
  conversations: Conversation[],
  parallel: number,
): Promise<void> {
  const progress = startProgress('checking', conversations.length, 'sessions');
  const onChecked = (): void => progress.add();
  const { rows, contexts, differences } = await check(turnstream, conversations, {
    parallel,
    timeoutMs,
    onChecked,
  }).finally(() => progress.stop());
  const turns = countTurns(conversations);
  console.log(
    `${turns} turns in the files, ${rows} rows; ${conversations.length} sessions, ${contexts} contexts correct`,
  );
  if (differences.length === 0) return console.log('✔ streams, rows and contexts match the files');
  const more =
    differences.length > differencesShown ? `\n  … ${differences.length - differencesShown} more` : '';
  throw new Failure(
    `${differences.length} differences:\n  ${differences.slice(0, differencesShown).join('\n  ')}${more}`,
  );
}
