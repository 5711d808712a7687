import { expect, test } from '@jest/globals';
import type { CallFrame, Profile } from './stages.ts';
import { stageShares } from './stages.ts';

const frame = (functionName: string, url = ''): CallFrame => ({
  functionName,
  url,
  lineNumber: 0,
  columnNumber: 0,
});

/** The codec calls native code and the seals; samples are 10 µs apart. */
const profile: Profile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 6] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('encode', 'libs/sessions/src/codec.ts'), children: [4, 5] },
    { id: 4, callFrame: frame('stringify') },
    { id: 5, callFrame: frame('seal', 'libs/privacy/src/seal/seal.ts') },
    { id: 6, callFrame: frame('run', 'somewhere.ts') },
  ],
  samples: [2, 3, 4, 5, 6, 6],
  timeDeltas: [10, 10, 10, 10, 10, 10],
  startTime: 1_000,
};

const placeOf = ({ url, functionName }: CallFrame): string => `${url} ${functionName}`;

test('the callees of a stage belong to it, unless they have their own stage', () => {
  expect(stageShares(profile, { from: 0, to: 1_055 }, placeOf)).toEqual(
    new Map([
      ['encode', 0.5],
      ['seals and keys', 0.25],
      ['other', 0.25],
    ]),
  );
});

test('only samples of the stretch count', () => {
  expect(stageShares(profile, { from: 1_035, to: 1_045 }, placeOf)).toEqual(new Map([['seals and keys', 1]]));
});
