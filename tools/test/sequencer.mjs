import Sequencer from '@jest/test-sequencer';

const KINDS = ['.e2e-spec.ts', '.int-spec.ts', '.spec.ts'];
/** This takes long, too; it uses both cores, as the checks do at the beginning, so it comes after whole systems. */
const isLong = (path) => /[/\\]test[/\\]packages\.spec\.ts$/.test(path);
const rank = ({ path }) => (isLong(path) ? 0.5 : KINDS.findIndex((kind) => path.endsWith(kind)));

/** The long specs, those of whole systems, first: none is left over for one worker at the end. */
export default class extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
