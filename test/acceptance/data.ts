import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Conversation } from '../../tools/import/conversation.ts';
import { readConversationFile } from '../../tools/import/read-file.ts';
import { readDialogues } from '../../tools/import/sgd.ts';
import { sampleDialogues } from '../../tools/import/sample.ts';

const files = ['dev_dialogues_002.json.gz', 'dev_dialogues_014.json.gz'];

/** Where the real data lies: TURNSTREAM_DIALOGUES, or beside the project. */
function folder(): string {
  return resolve(process.env['TURNSTREAM_DIALOGUES'] ?? '../shared/data/sgd');
}

export interface Data {
  readonly source: string;
  readonly conversations: readonly Conversation[];
}

/**
 * The real dialogues, or about as many turns of our own making where they are not at hand.
 * @param run gives the same conversations other ids
 */
export async function fullData(run: string): Promise<Data> {
  const paths = files.map((name) => join(folder(), name));
  if (!paths.every((path) => existsSync(path)))
    return {
      source: `generated dialogues, since ${folder()} has not both files`,
      conversations: smallData(run, 256, 5),
    };
  const all = await Promise.all(paths.map((path) => readConversationFile(path, run)));
  return { source: paths.map((path) => basename(path)).join(', '), conversations: all.flat() };
}

/** Dialogues of our own making, each of four turns times `rounds`. */
export function smallData(run: string, count: number, rounds: number): Conversation[] {
  return readDialogues(`${run}sample.json`, sampleDialogues(count, rounds));
}
