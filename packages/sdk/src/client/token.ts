/** A token, or a function that returns one: called for the first request, and again when the API refuses the token. */
export type Token = string | (() => string | Promise<string>);

/** The token of requests and connections. Default: the variable TURNSTREAM_TOKEN, if it is set. */
export class TokenSource {
  private current: Promise<string | undefined> | undefined;

  constructor(private readonly token: Token | undefined = process.env['TURNSTREAM_TOKEN'] || undefined) {}

  get(): Promise<string | undefined> {
    this.current ??= this.ask();
    return this.current;
  }

  /** The API has refused this token. @returns whether another one is available */
  refresh(refused: Promise<string | undefined>): boolean {
    if (typeof this.token !== 'function') return false;
    if (this.current === refused) this.current = undefined;
    return true;
  }

  private async ask(): Promise<string | undefined> {
    try {
      return await (typeof this.token === 'function' ? this.token() : this.token);
    } catch (error) {
      this.current = undefined;
      throw error;
    }
  }
}
