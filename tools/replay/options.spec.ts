import { expect, test } from '@jest/globals';
import { loadOtherCode } from './other-code.ts';
import { replayOptions } from './options.ts';

const session = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';

test('one session is replayed up to a revision', () => {
  expect(replayOptions(['--session', session.toUpperCase(), '--until', '3', '--with', 'a.ts'])).toMatchObject(
    {
      session,
      until: 3,
      with: 'a.ts',
      samples: 10,
      purpose: undefined,
    },
  );
});

test.each([
  ['neither a session nor all', ['--with', 'a.ts'], 'usage'],
  ['both', ['--all', '--session', session, '--with', 'a.ts'], 'usage'],
  ['no code', ['--all'], 'usage'],
  ['a revision for all', ['--all', '--until', '3', '--with', 'a.ts'], '--until is for one --session'],
  ['a revision that is none', ['--session', session, '--until', 'x', '--with', 'a.ts'], '--until must be'],
  ['too many samples', ['--all', '--with', 'a.ts', '--samples', '100000'], '--samples must be'],
  ['no workers', ['--all', '--with', 'a.ts', '--workers', '0'], '--workers must be'],
  ['a purpose that is free text', ['--all', '--with', 'a.ts', '--purpose', 'Asha said'], '--purpose'],
  ['an unknown option', ['--all', '--into', 'x'], "Unknown option '--into'"],
])('%s is refused with a clear error', (_, args, words) => {
  expect(() => replayOptions(args)).toThrow(words);
});

test.each([
  ['that is not there', 'nowhere.ts', 'There is no file nowhere.ts'],
  ['without evolve', 'tools/shared/format-json.ts', 'exports no function evolve'],
])('a file %s is refused with a clear error', async (_, file, words) => {
  await expect(loadOtherCode(file)).rejects.toThrow(words);
});
