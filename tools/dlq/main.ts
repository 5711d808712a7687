/** `npm run dlq -- list | show | redrive`: the messages that could not be processed. */
import type { Admin, Kafka } from 'kafkajs';
import { deadLetterReasons } from '#messaging';
import { unreachable } from '../shared/address.ts';
import { Failure, parseWords, runProgram } from '../shared/failure.ts';
import { kafkaOf } from '../shared/kafka.ts';
import type { Found } from './read.ts';
import { readDeadLetters } from './read.ts';
import { redriveAll, redriveOne, sentBefore } from './redrive.ts';

const usage = `usage: npm run dlq -- list [reason]
       npm run dlq -- show <topic>.dlq/<partition>/<offset>
       npm run dlq -- redrive [<topic>.dlq/<partition>/<offset> | again]

redrive without a place sends every dead letter that was not sent yet to its topic once more; redrive again those that
were sent and came back. Sent twice, a message has its effect once.`;

await runProgram(async () => {
  const [action = '', argument, ...rest] = parseWords();
  if (!['list', 'show', 'redrive'].includes(action) || rest.length > 0) throw new Failure(usage);
  if (action === 'list' && argument !== undefined && !deadLetterReasons.some((reason) => reason === argument))
    throw new Failure(`Unknown reason ${argument}: the reasons are ${deadLetterReasons.join(', ')}.`);
  const kafka = kafkaOf('turnstream-dlq');
  const admin = kafka.admin();
  await admin.connect().catch((error: unknown) => {
    throw unreachable('KAFKA_BROKERS', error);
  });
  try {
    if (action === 'list') await list(kafka, admin, argument);
    else if (action === 'show') show(await one(kafka, admin, argument));
    else await redrive(kafka, admin, argument);
  } finally {
    await admin.disconnect();
  }
}, usage);

async function list(kafka: Kafka, admin: Admin, reason: string | undefined): Promise<void> {
  const all = await readDeadLetters(kafka, admin);
  const found = reason === undefined ? all : all.filter(({ letter }) => letter.reason === reason);
  const wasSent = await sentBefore(admin);
  for (const one of found) {
    const { at, letter } = one;
    const origin = `${letter.topic}/${letter.partition}/${letter.offset}`;
    const sent = wasSent(one) ? '(redriven) ' : '';
    const facts = [place(at).padEnd(30), origin.padEnd(26), letter.reason.padEnd(18), sent + letter.detail];
    console.log(facts.join(' '));
  }
  console.log(count(found.length, 'dead letter'));
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function show({ at, letter }: Found): void {
  const { value, key, headers, ...facts } = letter;
  const texts = Object.entries(headers).map(([name, bytes]) => [name, String(bytes)]);
  console.log(
    JSON.stringify({ at: place(at), ...facts, key: text(key), headers: Object.fromEntries(texts) }, null, 2),
  );
  console.log(`value, ${value?.length ?? 0} bytes:\n${text(value) ?? ''}`);
}

async function redrive(kafka: Kafka, admin: Admin, argument: string | undefined): Promise<void> {
  if (argument !== undefined && argument !== 'again') {
    const found = await one(kafka, admin, argument);
    await redriveOne(kafka, found);
    console.log(`sent to ${found.letter.topic}`);
    return;
  }
  const sent = await redriveAll(kafka, admin, argument === 'again');
  console.log(`${count(sent, 'message')} sent to ${sent === 1 ? 'its topic' : 'their topics'}`);
}

async function one(kafka: Kafka, admin: Admin, argument: string | undefined): Promise<Found> {
  if (argument === undefined) throw new Failure(usage);
  const found = (await readDeadLetters(kafka, admin)).find(({ at }) => place(at) === argument);
  if (found) return found;
  throw new Failure(`There is no dead letter at ${argument}: npm run dlq -- list shows them.`);
}

function place({ topic, partition, offset }: Found['at']): string {
  return `${topic}/${partition}/${offset}`;
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8');
}
