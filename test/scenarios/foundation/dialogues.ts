import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Conversation } from '../../../tools/import/conversation.ts';
import { readConversationFile } from '../../../tools/import/read-file.ts';
import { readDialogues } from '../../../tools/import/sgd.ts';
import { sampleDialogues } from '../../../tools/import/sample.ts';

const files = ['dev_dialogues_002.json.gz', 'dev_dialogues_014.json.gz'];

interface Dialogues {
  /** A description of their source. */
  readonly source: string;
  readonly conversations: readonly Conversation[];
}

/**
 * The real dialogues of TURNSTREAM_DIALOGUES (or of the folder beside the project), otherwise as many generated
 * turns.
 * @param run changes the ids of the conversations
 */
export async function fullDialogues(run: string): Promise<Dialogues> {
  const folder = resolve(process.env['TURNSTREAM_DIALOGUES'] ?? '../shared/data/sgd');
  const paths = files.map((name) => join(folder, name));
  if (!paths.every((path) => existsSync(path)))
    return {
      source: `generated dialogues, since ${folder} does not have both files`,
      conversations: generatedDialogues(run, 256, 5),
    };
  const all = await Promise.all(paths.map((path) => readConversationFile(path, run)));
  return { source: paths.map((path) => basename(path)).join(', '), conversations: all.flat() };
}

/** Generated dialogues, with four turns times `rounds` each. */
export function generatedDialogues(run: string, count: number, rounds: number): Conversation[] {
  return readDialogues(`${run}sample.json`, sampleDialogues(count, rounds));
}
