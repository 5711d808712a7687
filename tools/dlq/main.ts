/** `npm run dlq -- list | show | redrive | discard`: the messages that could not be processed. */
import { createLogger, createPool } from '#platform';
import { addressOf, unreachable } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { kafkaOf } from '../shared/kafka.ts';
import { recordAct } from '../shared/record-act.ts';
import type { Services } from './dead-letters.ts';
import { at, discard, discardOpen, redrive, redriveOpen } from './dead-letters.ts';
import type { Listed } from './list.ts';
import { list } from './list.ts';
import type { Request } from './options.ts';
import { parseRequest, usage } from './options.ts';
import { placeText } from './place.ts';
import type { Found } from './read.ts';
import type { Redriven } from './sender.ts';
import { takeOverGroups } from './take-over.ts';

await runProgram(async () => {
  const request = parseRequest(process.argv.slice(2));
  const logger = createLogger('dlq', 'silent');
  const pool = createPool(addressOf('DATABASE_URL'), { logger, max: 1, applicationName: 'turnstream-dlq' });
  const kafka = kafkaOf('turnstream-dlq');
  const admin = kafka.admin();
  const opened = openKeys();
  await admin.connect().catch((error: unknown) => {
    throw unreachable('KAFKA_BROKERS', error);
  });
  try {
    await run({ kafka, admin, pool, keys: opened?.keys }, request);
  } catch (error) {
    throw inWords(error);
  } finally {
    await Promise.all([admin.disconnect(), pool.end(), opened?.close()]);
  }
}, usage);

async function run(services: Services, request: Request): Promise<void> {
  const { action, isJson, places, isAgain } = request;
  if (action !== 'list') await record(request);
  if (action === 'show') return show(await at(services, places), isJson);
  await takeOverGroups(services);
  if (action === 'list') return printList(services, request);
  if (places.length > 0) {
    const found = await at(services, places);
    await (action === 'redrive' ? redrive : discard)(services, found);
    return report(action, found.length, isJson);
  }
  if (action === 'discard') return report(action, await discardOpen(services, request), isJson);
  reportOpen(await redriveOpen(services, { ...request, again: isAgain }), isJson);
}

/** A dead letter may hold personal data, so looking at one is recorded, too. */
async function record({ action, places, isAgain, reason, topic }: Request): Promise<void> {
  const which =
    places.length > 0 ? places.map(placeText) : [topic, reason, isAgain && 'again'].filter(Boolean);
  const what = which.slice(0, 100).join(' ') || 'all';
  await recordAct({ action: `${action}_dead_letters`, what, isAct: action !== 'show' });
}

async function printList(services: Services, request: Request): Promise<void> {
  const { found, more } = await list(services, request);
  const last = found.at(-1);
  const after = more && last !== undefined ? placeText(last) : null;
  if (request.isJson) {
    console.log(JSON.stringify({ dead_letters: found.map(document), next_after: after }, null, 2));
    return;
  }
  for (const item of found) console.log(line(item));
  console.log(counted(found.length, 'dead letter') + (after === null ? '' : `; more with --after ${after}`));
}

function line(item: Listed): string {
  const { topic, partition, offset, reason, detail } = item.letter;
  const state = item.action === null ? '' : `(${item.action}) `;
  const origin = `${topic}/${partition}/${offset}`;
  return [placeText(item).padEnd(30), origin.padEnd(26), reason.padEnd(18), state + detail].join(' ');
}

function document({ letter, action, ...place }: Listed): object {
  return { place: placeText(place), state: action ?? 'open', ...letter };
}

function show([found]: readonly Found[], isJson: boolean): void {
  if (found === undefined) return;
  const { value, key, headers, ...facts } = found.letter;
  const texts = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(bytes)]));
  const shown = { at: placeText(found), ...facts, key: text(key), headers: texts };
  if (isJson)
    return console.log(
      JSON.stringify({ ...shown, value_base64: value?.toString('base64') ?? null }, null, 2),
    );
  console.log(JSON.stringify(shown, null, 2));
  console.log(`value, ${value?.length ?? 0} bytes:\n${text(value) ?? ''}`);
}

function report(action: 'redrive' | 'discard', count: number, isJson: boolean): void {
  const done = action === 'redrive' ? 'redriven' : 'discarded';
  if (isJson) console.log(JSON.stringify({ [done]: count }));
  else if (action === 'discard') console.log(`${counted(count, 'dead letter')} discarded`);
  else console.log(`${counted(count, 'message')} sent to ${count === 1 ? 'its topic' : 'their topics'}`);
}

function reportOpen({ sent, withoutMessage, refused }: Redriven, isJson: boolean): void {
  if (isJson)
    return console.log(JSON.stringify({ redriven: sent, without_message: withoutMessage, refused }));
  report('redrive', sent, isJson);
  if (withoutMessage > 0)
    console.log(`${counted(withoutMessage, 'dead letter')} skipped: they do not hold their message`);
  for (const [topic, { letters, reason }] of Object.entries(refused))
    console.log(`${counted(letters, 'message')} refused by ${topic}: ${reason}`);
}

function inWords(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== '42P01') return explained(error);
  return new Failure('The database has no table of dead letters yet: npm run migrate.');
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8');
}
