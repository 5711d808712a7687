import { readFileSync } from 'node:fs';
import { usageError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/** The options of every command that calls the API. */
export interface CommonOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly purpose?: string;
  readonly json?: boolean;
  readonly utc?: boolean;
}

export interface Settings {
  readonly url: string;
  /** Called again when the API has refused the token: a file may contain a new one by then. */
  readonly token: (() => string) | undefined;
  readonly purpose: string | undefined;
  /** How long requests are retried while the API is unavailable, in milliseconds. */
  readonly retryForMs: number;
}

const defaultUrl = 'http://127.0.0.1:3000';

/** Options first, then the environment. @throws Failure for invalid values */
export function settingsOf(options: CommonOptions, env: Terminal['env']): Settings {
  const url = options.url ?? (env['TURNSTREAM_URL'] || defaultUrl);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usageError(`${url} is not the address of an API, such as https://turnstream.example.com.`);
  const retryS = Number(env['TURNSTREAM_RETRY_S'] || 5);
  if (!(retryS >= 0)) throw usageError('TURNSTREAM_RETRY_S must be a number of seconds.');
  const token = tokenOf(options, env);
  const purpose = options.purpose ?? (env['TURNSTREAM_PURPOSE'] || undefined);
  return { url, token, purpose, retryForMs: retryS * 1_000 };
}

function tokenOf({ tokenFile }: CommonOptions, env: Terminal['env']): Settings['token'] {
  const file = tokenFile ?? (env['TURNSTREAM_TOKEN'] ? undefined : env['TURNSTREAM_TOKEN_FILE'] || undefined);
  if (file !== undefined) {
    readToken(file);
    return () => readToken(file);
  }
  const token = env['TURNSTREAM_TOKEN'];
  return token ? () => token : undefined;
}

/** The file contains the token alone, or a header with it, as `npm start` writes it for curl. */
function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError(`The token file cannot be read: ${(error as Error).message}`);
  }
  const token = text.trim().replace(/^authorization:\s*bearer\s+/i, '');
  if (!/^[\x21-\x7e]+$/.test(token)) throw usageError(`${file} holds no token.`);
  return token;
}
