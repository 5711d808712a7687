/** Whether a query returns forks: not, too, or only. */
export const forkChoices = ['exclude', 'include', 'only'] as const;
export type ForkChoice = (typeof forkChoices)[number];

/** The WHERE clause of a query, with numbered parameters. */
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

  /** Adds the joined conditions as one, if there are any; `wrap` makes the condition that contains them. */
  addWithin(wrap: (joined: string) => string, addAll: (conditions: this) => unknown): this {
    const before = this.parts.length;
    addAll(this);
    const inner = this.parts.splice(before);
    if (inner.length > 0) this.parts.push(wrap(inner.join(' AND ')));
    return this;
  }

  /** Adds the condition of a choice; `isFork` is the SQL that detects a fork. */
  forks(choice: ForkChoice, isFork: string): this {
    if (choice === 'include') return this;
    return this.add(choice === 'only' ? isFork : `NOT ${isFork}`);
  }

  /** The placeholder of another value. */
  parameter(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  where(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }
}

/** A page of rows, which is also limited by bytes; pass `next` as `after` to get the following page. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}
