import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Failure } from '../shared/failure.ts';
import type { Conversation } from './conversation.ts';
import { readDialogues } from './sgd.ts';
import { readConversations } from './tau-bench.ts';

/**
 * The conversations of a file: Schema-Guided Dialogue (a JSON list) or tau-bench (JSON lines), gzip or plain.
 * @param run changes the ids of the conversations
 */
export async function readConversationFile(path: string, run = ''): Promise<Conversation[]> {
  const file = run + basename(path).replace(/\.gz$/, '');
  const content = (await contentOf(path)).trim();
  if (content === '') throw new Failure(`${path} is empty.`);
  if (content.startsWith('[')) return readDialogues(file, parseDocument(path, content));
  const lines = content.split('\n');
  if (isJson(lines[0] ?? '')) return readConversations(file, lines);
  throw new Failure(
    `${path} is neither a Schema-Guided Dialogue file (a JSON list) nor tau-bench (a JSON a line).`,
  );
}

function isJson(line: string): boolean {
  try {
    return JSON.parse(line) !== undefined;
  } catch {
    return false;
  }
}

async function contentOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString();
  try {
    return gunzipSync(bytes).toString();
  } catch (error) {
    throw new Failure(`${path} is a damaged gzip file (${(error as Error).message}).`);
  }
}

function parseDocument(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new Failure(`${path} is not JSON: ${(error as Error).message}`);
  }
}
