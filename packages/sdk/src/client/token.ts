import { invalid } from './errors.ts';

/** A token, or a function that returns one: called for the first request, and again when the API refuses the token. */
export type Token = string | (() => string | Promise<string>);

/** The token of requests and connections. Default: the variable TURNSTREAM_TOKEN, if it is set. Space around it is removed. */
export class TokenSource {
  private current: Promise<string | undefined> | undefined;

  constructor(private readonly token: Token | undefined = process.env['TURNSTREAM_TOKEN'] || undefined) {}

  /** @throws InvalidRequest for a text that is no token, and what the function throws; the next call asks again */
  get(): Promise<string | undefined> {
    if (this.current !== undefined) return this.current;
    const asked = this.ask();
    this.current = asked;
    asked.catch(() => void this.refresh(asked));
    return asked;
  }

  /** The API has refused this token. @returns whether another one is available */
  refresh(refused: Promise<string | undefined>): boolean {
    if (typeof this.token !== 'function') return false;
    if (this.current === refused) this.current = undefined;
    return true;
  }

  private async ask(): Promise<string | undefined> {
    const token = await (typeof this.token === 'function' ? this.token() : this.token);
    const text = token?.trim();
    if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text;
    throw invalid('The token is empty, or has characters that no header can have.');
  }
}
