import { allFaults } from '../faults/plan.ts';
import type { RunOptions } from './seed.ts';

/** The parameters of runs besides their seed and folder. */
export type Size = Omit<RunOptions, 'seed' | 'dir' | 'root' | 'signalService'>;

/** A run of `npm run prove -- consistency`. */
export const fullSize: Size = {
  sizes: { api: 2, projector: 2, bridge: 1 },
  load: {
    loadMs: 60_000,
    commands: 5_000,
    clients: 16,
    slots: 10,
    agents: 3,
    perSecond: 140,
    sessionLength: [20, 200],
  },
  faults: 8,
  weights: allFaults,
  erasures: 4,
  target: '',
  settleMs: 90_000,
};

/** A run of `npm test`. */
export const smallSize: Size = {
  ...fullSize,
  load: { ...fullSize.load, loadMs: 20_000, commands: 0, clients: 8, slots: 6, agents: 2, perSecond: 50 },
  faults: 5,
  erasures: 2,
};

/** A run for finding a mutant: more of the faults that expose it. */
export const mutantSize: Size = {
  ...fullSize,
  load: {
    ...fullSize.load,
    loadMs: 30_000,
    commands: 0,
    clients: 10,
    slots: 8,
    perSecond: 100,
    sessionLength: [10, 60],
  },
  faults: 10,
  settleMs: 15_000,
};

/** A run of `npm test` for finding two mutants at once, without faults. */
export const smallMutantSize: Size = {
  ...mutantSize,
  sizes: { api: 1, projector: 1, bridge: 1 },
  load: { ...mutantSize.load, loadMs: 5_000, agents: 0 },
  faults: 0,
  erasures: 0,
  settleMs: 0,
};
