import Sequencer from '@jest/test-sequencer';

const KINDS = ['.e2e-spec.ts', '.int-spec.ts', '.spec.ts'];
/** This also takes long. It uses both cores, as the checks do at the beginning, so it runs after whole systems. */
const isLong = (path) => /[/\\]test[/\\]packages\.spec\.ts$/.test(path);
const rank = ({ path }) => (isLong(path) ? 0.5 : KINDS.findIndex((kind) => path.endsWith(kind)));

/** Runs the long specs, those of whole systems, first, so that none is left for one worker at the end. */
export default class extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
