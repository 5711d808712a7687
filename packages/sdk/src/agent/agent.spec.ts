import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { deferred } from '../client/deferred.ts';
import { AgentReplaced, CommandNotAllowed, connectAgent, InvalidRequest, Unavailable } from '../index.ts';
import { limitMs, waitUntil } from '../client/test-support.ts';
import { answerAttach, attached, cleanup, connect, refuse, serve, welcome } from './test-api.ts';

jest.setTimeout(limitMs);
afterEach(() => cleanup.closeAll());

describe('connectAgent', () => {
  test('rejects with the reason when the API refuses the hello', async () => {
    const { url } = await refuse(4400, 'capacity must be a number');
    const connecting = connect(url, { capacity: 0 });
    await expect(connecting).rejects.toThrow(InvalidRequest);
    await expect(connecting).rejects.toThrow('capacity must be a number');
  });

  test('does not reconnect when the API refuses the hello', async () => {
    const { url, received } = await refuse(4400, 'capacity must be a number');
    await expect(connect(url, { capacity: 0 })).rejects.toThrow(InvalidRequest);
    expect(received).toHaveLength(1);
  });

  test('does not report a refused hello to onError', async () => {
    const { url } = await refuse(4400, 'capacity must be a number');
    const onError = jest.fn();
    await expect(connect(url, { capacity: 0, onError })).rejects.toThrow(InvalidRequest);
    expect(onError).not.toHaveBeenCalled();
  });

  test('rejects with the whole detail of an error frame', async () => {
    const detail = `pool must be letters; ${'capacity must be a number '.repeat(5)}`;
    const { url } = await serve((_, socket) => {
      socket.send(JSON.stringify({ type: 'error', code: 'bad_frame', detail }));
      socket.close(4400, detail.slice(0, 100));
      return undefined;
    });
    await expect(connect(url, { pool: 'a b' })).rejects.toThrow(detail);
  });

  test('rejects when no API is available for retryForMs', async () => {
    const connecting = connect('http://127.0.0.1:9', { retryForMs: 100 });
    await expect(connecting).rejects.toThrow(Unavailable);
    await expect(connecting).rejects.toThrow('No API at http://127.0.0.1:9 accepted the agent for 100 ms.');
  });

  test.each([{ retryForMs: 0 }, { retryForMs: Infinity }, { timeoutMs: Infinity }])(
    'and attach succeed with %p',
    async (limits) => {
      const { url } = await serve(({ type }, socket) => {
        setTimeout(() => socket.send(JSON.stringify(type === 'hello' ? welcome : attached)), 50);
        return undefined;
      });
      const agent = await connect(url, limits);
      await expect(agent.attach('s')).resolves.toMatchObject({ sessionId: 's' });
    },
  );

  test('makes one attempt with retryForMs 0', async () => {
    const { url, received } = await refuse(1013, 'try again later');
    await expect(connect(url, { retryForMs: 0 })).rejects.toThrow(Unavailable);
    expect(received).toHaveLength(1);
  });

  test('removes the newline at the end of a token', async () => {
    const { url, authorizations } = await serve(() => welcome);
    await connect(url, { token: () => 'secret\n' });
    expect(authorizations).toEqual(['Bearer secret']);
  });

  test.each([['a\nb'], ['a b']])('rejects with InvalidRequest for the token %j', async (token) => {
    const { url, received } = await serve(() => welcome);
    await expect(connect(url, { token })).rejects.toThrow(InvalidRequest);
    expect(received).toEqual([]);
  });

  test.each([
    ['no address', []],
    ['an address that no connection can have', ['http://127.0.0.1:9/#a']],
  ])('rejects with InvalidRequest for %s', async (_, url) => {
    await expect(connectAgent({ url, pool: 'spec' })).rejects.toThrow(InvalidRequest);
  });

  test('requests another token while it is unusable', async () => {
    const { url, authorizations } = await serve(() => welcome);
    const tokens = ['', 'whole'];
    await connect(url, { token: () => tokens.shift() ?? '' });
    expect(authorizations).toEqual(['Bearer whole']);
  });

  test('connects once more when an earlier process of the instance had a higher attempt', async () => {
    const attempt = Date.now() + 1_000_000;
    const { url, received } = await serve((_, socket) => {
      if (received.length > 1) return welcome;
      socket.send(JSON.stringify({ type: 'error', code: 'stale_attempt', attempt }));
      socket.close(4409, 'stale_attempt');
      return undefined;
    });
    await connect(url);
    expect(received[1]).toMatchObject({ type: 'hello', attempt: attempt + 1 });
  });

  test('rejects when another process has the instance id', async () => {
    const { url } = await refuse(4409, 'superseded');
    await expect(connect(url)).rejects.toThrow(AgentReplaced);
  });

  test.each(['{', 'null'])('reconnects when it receives %s instead of a frame', async (text) => {
    const { url, received } = await serve(() => (received.length === 1 ? text : welcome));
    await connect(url);
    expect(received.map(({ type }) => type)).toEqual(['hello', 'hello']);
  });

  test.each(['includeOwnEvents', 'echo'])('asks for its own events with %s', async (option) => {
    const { url, received } = await serve(() => welcome);
    await connect(url, { [option]: true });
    expect(received[0]).toMatchObject({ echo: true });
  });
});

describe('attach', () => {
  test('called twice for a session sends one frame and returns one stream', async () => {
    const { url, received } = await answerAttach(attached);
    const agent = await connect(url);
    const [first, second] = await Promise.all([agent.attach('s'), agent.attach('s')]);
    expect(first).toBe(second);
    expect(received.filter(({ type }) => type === 'attach')).toHaveLength(1);
  });

  test('is sent again when a backing service was unavailable', async () => {
    const unavailable = { type: 'error', code: 'engine_unavailable', detail: 'Redis', session_id: 's' };
    let attempts = 0;
    const { url } = await serve(({ type }) => {
      if (type === 'hello') return welcome;
      if (type !== 'attach') return undefined;
      attempts += 1;
      return attempts === 1 ? unavailable : attached;
    });
    const agent = await connect(url);
    await expect(agent.attach('s')).resolves.toMatchObject({ sessionId: 's', epoch: 1 });
  });

  test('rejects when there is no answer for timeoutMs', async () => {
    const { url } = await serve(({ type }) => (type === 'hello' ? welcome : undefined));
    const agent = await connect(url, { timeoutMs: 50 });
    await expect(agent.attach('s')).rejects.toThrow(Unavailable);
  });

  test('answered after the timeout is detached', async () => {
    const timedOut = deferred<void>();
    const { url, received } = await serve(({ type }, socket) => {
      if (type === 'attach') void timedOut.promise.then(() => socket.send(JSON.stringify(attached)));
      return type === 'hello' ? welcome : undefined;
    });
    const agent = await connect(url, { timeoutMs: 50 });
    await expect(agent.attach('s')).rejects.toThrow(Unavailable);
    timedOut.resolve();
    await waitUntil(() => received.some(({ type }) => type === 'detach'));
  });

  test('rejects with the owner when another instance was faster', async () => {
    const holder = { instance: 'other', epoch: 2, pool: 'spec' };
    const { url } = await answerAttach({ ...attached, type: 'detached', reason: 'replaced', holder });
    const agent = await connect(url);
    const attaching = agent.attach('s');
    await expect(attaching).rejects.toThrow(AgentReplaced);
    await expect(attaching).rejects.toMatchObject({ holder });
  });

  test.each([
    ['internal_error', 500],
    ['not_found', 404],
    ['at_capacity', 409],
  ])('rejects with code %s and status %d', async (code, status) => {
    const { url } = await answerAttach({ type: 'error', code, detail: 'why', session_id: 's' });
    const agent = await connect(url);
    await expect(agent.attach('s')).rejects.toMatchObject({ code, status, message: 'why' });
  });

  test('rejects with CommandNotAllowed when the instance is at capacity', async () => {
    const { url } = await answerAttach({ type: 'error', code: 'at_capacity', session_id: 's' });
    const agent = await connect(url);
    await expect(agent.attach('s')).rejects.toThrow(CommandNotAllowed);
  });
});
