import { Command, Option } from 'commander';
import { usageError } from '../failure.ts';
import { parseLimit } from '../api/pages.ts';

/** A command that calls the API; `name` includes its arguments, as in `show <session>`. */
export function apiCommand(nameAndArgs: string, summary: string): Command {
  const [name = '', ...args] = nameAndArgs.split(' ');
  const command = new Command(name).summary(summary).description(summary);
  for (const arg of args) command.argument(arg);
  return command;
}

/** Adds the options of every command that calls the API. */
export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Options of every command:')
    .option('--url <url>', 'address of the API (TURNSTREAM_URL)')
    .option('--token-file <file>', 'file with the token (TURNSTREAM_TOKEN, TURNSTREAM_TOKEN_FILE)')
    .option('--purpose <purpose>', 'why personal data are read, as complaint:4711 (TURNSTREAM_PURPOSE)')
    .option('--json', 'for programs: JSON, lists as NDJSON')
    .option('--utc', 'times in UTC; else in the local zone');
}

export const limitOption = (): Option =>
  new Option('--limit <n>', 'rows at most, or all').argParser(parseLimit).default(50);

/** Parses a whole number from `least` on. */
export function whole(name: string, least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw usageError(`${name} must be a whole number from ${least} on, not ${text}.`);
    return value;
  };
}

/** The path of a session, starting with `/v1`. */
export function sessionPath(id: string, rest = ''): string {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
    throw usageError(`${id} is not a session id (a UUID).`);
  return `/v1/sessions/${id}${rest}`;
}
