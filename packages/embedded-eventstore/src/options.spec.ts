import { describe, expect, test } from '@jest/globals';
import { parseDirectories, parseOptions, UsageError } from './options.ts';

describe('the command line', () => {
  test('has defaults for everything except the directory', () => {
    expect(parseOptions(['--data', 'd'], {})).toEqual({
      dir: 'd',
      port: 2113,
      host: '127.0.0.1',
      secure: false,
      maxAppendSize: 1_048_576,
    });
  });

  test('makes the store behave like a server on request', () => {
    const { likeAServer } = parseOptions(['--data', 'd', '--like-a-server'], {});
    expect(likeAServer).toEqual({ indexLagMs: 20, repeatTimeoutMs: 2_500 });
  });

  test('listens for other machines when another address is advertised', () => {
    const options = parseOptions(['--data', 'd', '--mode', 'secure', '--advertise', 'store.local:99'], {
      EVENTSTORE_MAX_APPEND_SIZE: '2048',
    });
    expect(options).toMatchObject({
      host: '0.0.0.0',
      secure: true,
      maxAppendSize: 2_048,
      advertise: { host: 'store.local', port: 99 },
    });
  });

  test.each([
    [[], {}],
    [['--data', 'd', '--port', '70000'], {}],
    [['--data', 'd', '--port', 'x'], {}],
    [['--data', 'd', '--mode', 'half'], {}],
    [['--data', 'd', '--advertise', 'nowhere'], {}],
    [['--data', 'd', '--colour', 'red'], {}],
    [['--data', 'd'], { EVENTSTORE_MAX_APPEND_SIZE: '-1' }],
  ])('is refused when it is not valid: %j %j', (args, env) => {
    expect(() => parseOptions(args, env)).toThrow(UsageError);
  });

  test('of a command names its directories', () => {
    expect(parseDirectories(['--data', 'a', '--to', 'b'], 'to')).toEqual({ data: 'a', to: 'b' });
  });

  test('of a backup is refused without --to', () => {
    expect(() => parseDirectories(['--data', 'a'], 'to')).toThrow(UsageError);
  });
});
