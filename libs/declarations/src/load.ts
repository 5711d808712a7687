import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sourcesOf } from '#domain';
import { ConfigError, orExit } from '#platform';
import { checkInquiries } from './check-inquiries.ts';
import { checkTopics } from './check-topics.ts';
import type { Declarations } from './declarations.ts';
import type { FileContent, TopicInFile } from './file.ts';
import { formatFaults, shippedFolder } from './format.ts';
import type { Fault } from './source.ts';
import { Source } from './source.ts';

const sizeLimit = 1_048_576;
const shownFaults = 50;

/** Thrown when the file of declarations is wrong; the message has one line per fault, with its place. */
export class DeclarationsError extends ConfigError {
  constructor(readonly faults: readonly string[]) {
    const more = faults.length > shownFaults ? [`… and ${faults.length - shownFaults} more`] : [];
    super(['Wrong declarations:', ...faults.slice(0, shownFaults), ...more].join('\n'));
  }
}

/**
 * Reads the file that TURNSTREAM_DECLARATIONS names, else the shipped one.
 * @throws DeclarationsError that lists every fault of the file
 */
export function loadDeclarations(env: NodeJS.ProcessEnv): Declarations {
  const file = env['TURNSTREAM_DECLARATIONS']?.trim() || join(shippedFolder, 'default.yaml');
  return parseDeclarations(read(file), file);
}

let current: Declarations | undefined;

/** The declarations of this process, read once. On an error it writes the faults to stderr and ends with 78. */
export function declared(): Declarations {
  return (current ??= orExit(() => loadDeclarations(process.env)));
}

/** @throws DeclarationsError */
export function parseDeclarations(text: string, file: string): Declarations {
  const source = new Source(file, text);
  if (source.faults.length > 0) throw new DeclarationsError(source.faults);
  const inFormat = formatFaults(source.content);
  const { channels, ...parts } = readable(source.content, inFormat);
  const { topics, faults: ofTopics } = checkTopics(parts.topics);
  const { inquiries, faults: ofInquiries } = checkInquiries(parts.inquiries);
  const faults = source.explain([...inFormat, ...ofTopics, ...ofInquiries]);
  if (faults.length > 0) throw new DeclarationsError(faults);
  const names = { incoming: Object.keys(topics), sources: sourcesOf(inquiries) };
  return { channels, topics, inquiries, names };
}

/** The well-formed parts of a file, so that the remaining faults are found in the same run. */
function readable(content: unknown, faults: readonly Fault[]): FileContent {
  const { channels = [], topics = {}, inquiries = {} } = (content ?? {}) as Partial<FileContent>;
  const structural = faults.filter(({ isName, isPlain }) => !isName && !isPlain);
  const broken = new Set(structural.map(({ path }) => path.slice(0, path[2] === 'types' ? 4 : 2).join(' ')));
  const whole = <T>(part: string, items: { readonly [name: string]: T }): [string, T][] =>
    broken.has(part) ? [] : Object.entries(items).filter(([name]) => !broken.has(`${part} ${name}`));
  const wholeTopics = whole('topics', topics).map(([name, topic]): [string, TopicInFile] => [
    name,
    { ...topic, types: Object.fromEntries(whole(`topics ${name} types`, topic.types)) },
  ]);
  return {
    channels,
    topics: Object.fromEntries(wholeTopics),
    inquiries: Object.fromEntries(whole('inquiries', inquiries)),
  };
}

function read(file: string): string {
  try {
    if (statSync(file).size > sizeLimit) throw new Error(`has more than ${sizeLimit} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeclarationsError([`${file} cannot be read (TURNSTREAM_DECLARATIONS): ${reason}`]);
  }
}
