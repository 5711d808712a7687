import type { Pool } from 'pg';
import { deadLetterTopic } from '#messaging';
import { Failure } from '../shared/failure.ts';
import type { Action, Mark, Part } from './marks.ts';
import { Marks } from './marks.ts';
import type { Place } from './place.ts';
import { comparePlaces, placeText } from './place.ts';
import { planPage } from './plan.ts';
import type { Bounds, Found, Source } from './read.ts';
import { boundsOf, deadLetterTopics, nameOf, readParts, readPlaces } from './read.ts';
import type { Redriven, Sent } from './sender.ts';
import { holdsMessage, LetterSender } from './sender.ts';

/** The services that the commands on dead letters need. */
export interface Services extends Source {
  readonly pool: Pool;
}

/** The letters of a command; by default all. */
export interface Filter {
  readonly reason?: string | undefined;
  /** The topic of the letters' messages, or the dead letter topic. */
  readonly topic?: string | undefined;
}

/**
 * Redrives the open dead letters: with `again` those that were redriven and came back, otherwise the others. They are
 * marked page by page, so that an interruption causes repetitions but no losses. Letters without their message are
 * skipped, and a topic that refuses its letters does not stop others.
 */
export async function redriveOpen(
  services: Services,
  { again = false, ...filter }: Filter & { readonly again?: boolean } = {},
): Promise<Redriven> {
  const isWanted = (item: Found): boolean => matches(filter, item) && cameBack(item) === again;
  const parts = await wantedParts(services, filter);
  return withSender(services, async (sender) => {
    await processOpen(services, parts, 'redriven', isWanted, (letters) => sender.sendPage(letters));
    return sender.result;
  });
}

/** Discards the open dead letters. @returns how many */
export async function discardOpen(services: Services, filter: Filter): Promise<number> {
  const isWanted = (item: Found): boolean => matches(filter, item);
  return processOpen(services, await wantedParts(services, filter), 'discarded', isWanted);
}

/**
 * Redrives dead letters, even if they were redriven or discarded before.
 * @throws Failure when one does not hold its message
 */
export async function redrive(services: Services, letters: readonly Found[]): Promise<void> {
  const empty = letters.filter((letter) => !holdsMessage(letter));
  if (empty.length > 0)
    throw new Failure(`These do not hold their message: ${empty.map(placeText).join(', ')}`);
  const { sent, failure } = await withSender(services, (sender) => sender.send(letters));
  await mark(services, sent, 'redriven');
  if (failure !== undefined) throw failure;
}

/** Discards dead letters. */
export function discard(services: Services, letters: readonly Found[]): Promise<void> {
  return mark(services, letters, 'discarded');
}

/** The dead letters at places. @throws Failure that names the places without one */
export async function at(services: Services, places: readonly Place[]): Promise<Found[]> {
  const found = await readPlaces(services, places);
  const missing = places.filter((place) => !found.some((item) => comparePlaces(item, place) === 0));
  if (missing.length === 0) return found;
  const named = missing.map(placeText).join(', ');
  throw new Failure(`There is no dead letter at ${named}: npm run dlq -- list shows them.`);
}

/** Performs an action on letters. */
type Act = (letters: readonly Found[]) => Promise<Sent>;

/**
 * Performs an action on the open letters of the selected parts, and marks them.
 * @returns how many
 * @throws the failure of the action, when those before are marked
 */
export async function processOpen(
  services: Services,
  parts: readonly Bounds[],
  action: Action,
  isWanted: (letter: Found) => boolean,
  act: Act = async (letters) => ({ sent: letters }),
): Promise<number> {
  const marks = new Marks(services.pool);
  for (const part of parts) await marks.prune(part, part.low, part.high);
  const open = new Map<string, Mark | undefined>();
  let count = 0;
  await readParts(services, parts, async (part, { letters, next }) => {
    const known = await marksOf(marks, part, letters);
    const { chosen } = planPage(letters, action, isWanted, known);
    const { sent, failure } = await act(chosen);
    const done = new Set(sent);
    const plan = planPage(letters, action, (letter) => done.has(letter), known, open.get(nameOf(part)));
    count += plan.chosen.length;
    let last = plan.open;
    for (const one of plan.marks) {
      const saved = await marks.save(part, one);
      if (one === plan.open) last = saved;
    }
    open.set(nameOf(part), last);
    if (failure !== undefined) throw failure;
    return behindMark(last, next);
  });
  return count;
}

/**
 * The offset to continue from: a mark reaches beyond its page when an earlier command marked the following letters,
 * too.
 */
export function behindMark(mark: Mark | undefined, next: bigint): bigint {
  return mark !== undefined && mark.last >= next ? mark.last + 1n : next;
}

async function mark({ pool }: Services, letters: readonly Found[], action: Action): Promise<void> {
  const marks = new Marks(pool);
  for (const letter of letters) {
    const { offset, time } = letter;
    await marks.save(letter, { action, first: offset, last: offset, oldest: time, newest: time });
  }
}

async function withSender<T>(services: Services, work: (sender: LetterSender) => Promise<T>): Promise<T> {
  const sender = new LetterSender(services);
  try {
    return await work(sender);
  } finally {
    await sender.close();
  }
}

/** The marks of letters of one part, latest first. */
export async function marksOf(marks: Marks, part: Part, letters: readonly Found[]): Promise<Mark[]> {
  const [first, last] = [letters[0], letters.at(-1)];
  return first === undefined || last === undefined ? [] : marks.load(part, first.offset, last.offset);
}

/** The parts that a filter selects. @throws Failure when its topic has no dead letters */
export async function wantedParts(services: Services, { topic }: Filter): Promise<Bounds[]> {
  const topics = await deadLetterTopics(services);
  if (topic === undefined) return boundsOf(services.admin, topics);
  const found = topics.filter((name) => name === topic || name === deadLetterTopic(topic));
  if (found.length > 0) return boundsOf(services.admin, found);
  throw new Failure(`${topic} has no dead letters: those that may have are ${topics.join(', ')}.`);
}

/** Whether a letter's message was redriven before and failed again. */
export function cameBack({ letter }: Found): boolean {
  return 'redriven_from' in letter.headers;
}

/** Whether a filter selects a letter of a selected part. */
export function matches({ reason }: Filter, { letter }: Found): boolean {
  return reason === undefined || letter.reason === reason;
}
