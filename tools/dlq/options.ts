import { parseArgs } from 'node:util';
import { deadLetterReasons } from '#messaging';
import { Failure } from '../shared/failure.ts';
import type { Filter } from './dead-letters.ts';
import type { Place } from './place.ts';
import { parsePlace } from './place.ts';

export const usage = `usage: npm run dlq -- list [--open] [--reason R] [--topic T] [--limit N] [--after PLACE] [--json]
       npm run dlq -- show PLACE [--json]
       npm run dlq -- redrive [again | PLACE…] [--reason R] [--topic T] [--json]
       npm run dlq -- discard PLACE… | --reason R [--topic T] [--json]

A PLACE is <topic>.dlq/<partition>/<offset>. redrive without one sends every open dead letter to its topic once more;
redrive again sends those that were sent and came back. A message sent twice has one effect. discard marks dead letters
as of no use. What was redriven or discarded is open no more; a PLACE that is named is redriven in any case. list shows
100 at a time, --after the last of them the next ones.`;

const actions = ['list', 'show', 'redrive', 'discard'] as const;

/** The parsed command line. */
export interface Request extends Filter {
  readonly action: (typeof actions)[number];
  readonly places: readonly Place[];
  readonly isAgain: boolean;
  readonly isOpen: boolean;
  readonly limit: number;
  readonly after: Place | undefined;
  readonly isJson: boolean;
}

const options = {
  open: { type: 'boolean', default: false },
  reason: { type: 'string' },
  topic: { type: 'string' },
  limit: { type: 'string' },
  after: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** The options of individual actions. */
const own: Readonly<Record<string, readonly (typeof actions)[number][]>> = {
  open: ['list'],
  limit: ['list'],
  after: ['list'],
  reason: ['list', 'redrive', 'discard'],
  topic: ['list', 'redrive', 'discard'],
};

/** Parses a command line. @throws Failure that says what is wrong with it */
export function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [word = '', ...words] = positionals;
  const action = actions.find((name) => name === word);
  if (action === undefined) throw new Failure(usage);
  for (const [name, among] of Object.entries(own)) {
    const isGiven = Boolean(values[name as keyof typeof values]);
    if (isGiven && !among.includes(action)) throw new Failure(`${action} has no --${name}. ${usage}`);
  }
  const isAgain = action === 'redrive' && words[0] === 'again';
  // The syntax of earlier versions.
  const reason = action === 'list' ? (values.reason ?? words.shift()) : values.reason;
  const places = (isAgain ? words.slice(1) : words).map(parsePlace);
  const request = { action, places, isAgain, reason, topic: values.topic };
  check(request);
  return {
    ...request,
    isOpen: values.open,
    limit: limitOf(values.limit),
    after: values.after === undefined ? undefined : parsePlace(values.after),
    isJson: values.json,
  };
}

function check({
  action,
  places,
  isAgain,
  reason,
  topic,
}: Pick<Request, 'action' | 'places' | 'isAgain' | 'reason' | 'topic'>): void {
  if (reason !== undefined && !deadLetterReasons.some((known) => known === reason))
    throw new Failure(`Unknown reason ${reason}: the reasons are ${deadLetterReasons.join(', ')}.`);
  const isFiltered = reason !== undefined || topic !== undefined;
  const [some, one] = [places.length > 0, places.length === 1];
  const fault =
    (action === 'list' && some && 'list takes no place: show PLACE shows a dead letter.') ||
    (action === 'show' && !one && 'show needs one place.') ||
    (action === 'redrive' &&
      some &&
      (isFiltered || isAgain) &&
      'redrive takes places, or again and a filter.') ||
    (action === 'discard' && some === isFiltered && 'discard needs places, or else --reason or --topic.');
  if (fault) throw new Failure(`${fault} ${usage}`);
}

function limitOf(text = '100'): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new Failure(`--limit is ${text}: give a whole number from 1 to 9999999.`);
}
