/** Prints the figures of a run beside what is promised of them, and collects those that fall short. */
export class Report {
  private readonly shortfalls: string[] = [];

  begin(title: string): void {
    console.log(`\n${title}`);
  }

  note(text: string): void {
    console.log(`    ${text}`);
  }

  /** A figure and what is promised of it. */
  figure(what: string, value: string | number, promise: string, holds: boolean): void {
    console.log(`  ${holds ? '✔' : '✖'} ${what.padEnd(64)} ${String(value).padStart(10)}   ${promise}`);
    if (!holds) this.shortfalls.push(`${what}: ${value}, promised ${promise}`);
  }

  equal(what: string, value: number, promised: number): void {
    this.figure(what, value, `= ${promised}`, value === promised);
  }

  atMost(what: string, value: number, promised: number): void {
    this.figure(what, rounded(value), `<= ${promised}`, value <= promised);
  }

  atLeast(what: string, value: number, promised: number): void {
    this.figure(what, rounded(value), `>= ${promised}`, value >= promised);
  }

  /** A list that is promised to be empty; its first items are printed. */
  none(what: string, items: readonly string[]): void {
    this.equal(what, items.length, 0);
    for (const item of items.slice(0, 10)) this.note(item);
  }

  /** The figures that fell short, one a line. */
  get missed(): readonly string[] {
    return this.shortfalls;
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
