/** A caller and its share of the node. */
export interface Caller<Item> {
  readonly name: string;
  readonly waiting: Item[];
  /** How many times the caller has entered and not left. */
  entered: number;
  admitted: number;
  bytes: number;
  /** When the last of its requests that were refused is to come back. */
  returnsAt: number;
}

/** The callers with requests in progress or waiting, and the order of those that wait. */
export class Callers<Item> {
  private readonly byName = new Map<string, Caller<Item>>();
  /** The waiting callers, in the order of their turns. */
  private turns: Caller<Item>[] = [];
  private count = 0;

  get size(): number {
    return this.byName.size;
  }

  /** How many items wait. */
  get waiting(): number {
    return this.count;
  }

  enter(name: string): Caller<Item> {
    const known = this.byName.get(name);
    const caller = known ?? { name, waiting: [], entered: 0, admitted: 0, bytes: 0, returnsAt: 0 };
    if (!known) this.byName.set(name, caller);
    caller.entered += 1;
    return caller;
  }

  /** Call once for each time that the caller entered; after the last one the caller is forgotten. */
  exit(caller: Caller<Item>): void {
    caller.entered -= 1;
    if (caller.entered === 0) this.byName.delete(caller.name);
  }

  wait(caller: Caller<Item>, item: Item): void {
    if (caller.waiting.push(item) === 1) this.turns.push(caller);
    this.count += 1;
  }

  stopWaiting(caller: Caller<Item>, item: Item): void {
    caller.waiting.splice(caller.waiting.indexOf(item), 1);
    this.count -= 1;
    if (caller.waiting.length === 0) this.turns = this.turns.filter((other) => other !== caller);
  }

  /**
   * Takes the first qualifying item of the callers in the order of their turns; that caller's next turn comes after
   * all others'.
   */
  next(qualifies: (item: Item) => boolean): Item | undefined {
    const index = this.turns.findIndex(({ waiting: [first] }) => first !== undefined && qualifies(first));
    const [caller] = index < 0 ? [] : this.turns.splice(index, 1);
    const item = caller?.waiting.shift();
    if (caller === undefined || item === undefined) return undefined;
    this.count -= 1;
    if (caller.waiting.length > 0) this.turns.push(caller);
    return item;
  }

  /** Takes the items from the heads of the queues as long as they qualify. */
  takeWaiting(qualifies: (item: Item) => boolean): Item[] {
    const taken: Item[] = [];
    for (const { waiting } of this.turns) {
      const kept = waiting.findIndex((item) => !qualifies(item));
      taken.push(...waiting.splice(0, kept < 0 ? waiting.length : kept));
    }
    this.count -= taken.length;
    this.turns = this.turns.filter(({ waiting }) => waiting.length > 0);
    return taken;
  }
}
