/**
 * Random histories of a register, some of them linearizable; the same every time. As a program, it prints them for
 * main.go.
 */
import { Random } from '../../common/random.ts';
import type { Model, Operation } from '../linearizability.ts';

/**
 * An operation of a register that holds a small number; `out`: the result of a read, or whether a compare-and-set
 * succeeded.
 */
export interface Register {
  readonly op: 'read' | 'write' | 'cas';
  readonly value: number;
  readonly expected: number;
  readonly out: number;
}

export const register: Model<number, Register> = {
  initial: 0,
  step: (state, { op, value, expected, out }) => {
    if (op === 'read') return out === state ? state : undefined;
    if (op === 'write') return value;
    const isDone = state === expected;
    if (isDone !== (out === 1)) return undefined;
    return isDone ? value : state;
  },
  key: String,
};

export const count = 2_000;

export function histories(): Operation<Register>[][] {
  return Array.from({ length: count }, (_, n) => history(new Random(`register ${n}`)));
}

/**
 * Operations that take effect at one moment between call and return; in half of the histories some results are wrong.
 */
function history(random: Random): Operation<Register>[] {
  const length = random.int(4, 24);
  const spread = random.int(1, 12);
  const errors = random.chance(0.5) ? 0.1 : 0;
  let state = 0;
  return Array.from({ length }, (_, moment) => {
    const drawn = {
      op: random.pick(['read', 'write', 'cas'] as const),
      value: random.int(0, 3),
      expected: random.int(0, 3),
    };
    const isDone = drawn.expected === state;
    const right = drawn.op === 'read' ? state : Number(isDone);
    if (drawn.op === 'write' || (drawn.op === 'cas' && isDone)) state = drawn.value;
    const out = random.chance(errors) ? (drawn.op === 'read' ? random.int(0, 3) : 1 - right) : right;
    const at = 10 * moment;
    const call = at - random.int(0, 10 * spread);
    return { call, return: at + 1 + random.int(0, 10 * spread), input: { ...drawn, out } };
  });
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(histories()));
