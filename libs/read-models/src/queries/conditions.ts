/** Whether a query shows forks: no, as well, or nothing else. */
export const forkChoices = ['exclude', 'include', 'only'] as const;
export type ForkChoice = (typeof forkChoices)[number];

/** The WHERE clause of a query, with its parameters counted. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  /** Adds a condition unless one of its values is undefined; `$?` stands for each value in turn. */
  add(sql: string, ...values: unknown[]): this {
    if (values.includes(undefined)) return this;
    const numbered = sql.replace(/\$\?/g, () => `$${this.values.push(values.shift())}`);
    this.parts.push(numbered);
    return this;
  }

  /** Adds conditions as one, if there are any; `wrap` puts them, joined, into what they are conditions of. */
  addWithin(wrap: (joined: string) => string, addAll: (conditions: this) => unknown): this {
    const before = this.parts.length;
    addAll(this);
    const inner = this.parts.splice(before);
    if (inner.length > 0) this.parts.push(wrap(inner.join(' AND ')));
    return this;
  }

  /** What `isFork`, a condition, makes of a choice. */
  forks(choice: ForkChoice, isFork: string): this {
    if (choice === 'include') return this;
    return this.add(choice === 'only' ? isFork : `NOT ${isFork}`);
  }

  /** The placeholder of one more value. */
  parameter(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  where(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }
}

/** A page of rows, which ends by bytes too; `next`, sent as `after`, returns the one that follows. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}
