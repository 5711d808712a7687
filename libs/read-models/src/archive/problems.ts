import { BrokenSealError, UnknownKeyError } from '#privacy';

/** Lines at most: the rest is counted, so that an archive takes no memory. */
const most = 1_000;

/** What could not be read of an archive, collected while its files are read. */
export class Problems {
  private readonly lines: string[] = [];
  private count = 0;

  add(file: string, problem: string): void {
    this.count += 1;
    if (this.lines.length < most) this.lines.push(`${file}: ${problem}\n`);
  }

  /** Read it after all other files. */
  async *text(): AsyncGenerator<string> {
    if (this.count === 0) yield 'None.\n';
    yield* this.lines;
    if (this.count > most) yield `and ${this.count - most} more\n`;
  }
}

/** Why a sealed value cannot be opened, now or later. @throws any other error, after which the archive can be asked for again */
export function reasonOf(error: unknown): 'broken_seal' | 'unknown_key' | 'malformed' {
  if (error instanceof BrokenSealError) return 'broken_seal';
  if (error instanceof UnknownKeyError) return 'unknown_key';
  if (error instanceof SyntaxError) return 'malformed';
  throw error;
}
