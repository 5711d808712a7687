/** An operation of a history: it took effect at one moment between its call and its return. */
export interface Operation<Input> {
  readonly call: number;
  /** Infinity: it may have taken effect at any time after its call. */
  readonly return: number;
  readonly input: Input;
}

/** A sequential object: the state after an operation, or undefined when the operation cannot be next. */
export interface Model<State, Input> {
  readonly initial: State;
  step(state: State, input: Input): State | undefined;
  /** Equal states have equal keys. */
  key(state: State): string;
}

/** A call or a return, in a doubly linked list from which linearized operations are removed. */
interface Node {
  readonly id: number;
  readonly at: number;
  /** The return of a call; undefined: this is a return. */
  match: Node | undefined;
  prev: Node | undefined;
  next: Node | undefined;
}

/**
 * Whether the operations have an order that the model allows and that respects their times: the algorithm of Wing and
 * Gong with Lowe's memory of states, as in porcupine.
 */
export function isLinearizable<State, Input>(
  model: Model<State, Input>,
  history: readonly Operation<Input>[],
): boolean {
  const head: Node = { id: -1, at: -Infinity, match: undefined, prev: undefined, next: undefined };
  link(head, history);
  const seen = new Set<string>();
  const done = new Bits(history.length);
  const path: { call: Node; before: State }[] = [];
  let state = model.initial;
  let node = head.next;
  while (node !== undefined) {
    if (node.match !== undefined) {
      const operation = history[node.id] as Operation<Input>;
      const after = model.step(state, operation.input);
      if (after !== undefined && !seen.has(done.with(node.id, model.key(after)))) {
        seen.add(done.with(node.id, model.key(after)));
        path.push({ call: node, before: state });
        state = after;
        done.set(node.id, true);
        lift(node);
        node = head.next;
      } else {
        node = node.next;
      }
      continue;
    }
    // An operation that could not be placed yet returns: undo the last placement.
    const last = path.pop();
    if (last === undefined) return false;
    state = last.before;
    done.set(last.call.id, false);
    unlift(last.call);
    node = last.call.next;
  }
  return true;
}

/** Calls come before returns with the same time: they may be concurrent. */
function link(head: Node, history: readonly Operation<unknown>[]): void {
  const nodes = history.flatMap(({ call, return: end }, id): Node[] => {
    const returns: Node = { id, at: end, match: undefined, prev: undefined, next: undefined };
    return [{ id, at: call, match: returns, prev: undefined, next: undefined }, returns];
  });
  nodes.sort((a, b) =>
    a.at === b.at ? Number(a.match === undefined) - Number(b.match === undefined) : a.at - b.at,
  );
  let last = head;
  for (const node of nodes) {
    last.next = node;
    node.prev = last;
    last = node;
  }
}

function lift(call: Node): void {
  for (const node of [call, call.match as Node]) {
    if (node.prev) node.prev.next = node.next;
    if (node.next) node.next.prev = node.prev;
  }
}

function unlift(call: Node): void {
  for (const node of [call.match as Node, call]) {
    if (node.prev) node.prev.next = node;
    if (node.next) node.next.prev = node;
  }
}

/** The set of placed operations. */
class Bits {
  private readonly words: Uint32Array;

  constructor(size: number) {
    this.words = new Uint32Array(Math.ceil(size / 32) || 1);
  }

  set(index: number, value: boolean): void {
    const bit = (1 << (index % 32)) >>> 0;
    const word = this.words[index >>> 5] ?? 0;
    this.words[index >>> 5] = value ? word | bit : word & ~bit;
  }

  /** The set with one more operation, together with a state, as a key. */
  with(index: number, key: string): string {
    this.set(index, true);
    const text = `${this.words.join(',')}|${key}`;
    this.set(index, false);
    return text;
  }
}
