import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { deferred } from '../client/deferred.ts';
import { AgentReplaced, Unavailable } from '../index.ts';
import { limitMs, waitUntil } from '../client/test-support.ts';
import type { Frame } from './frame.ts';
import type { TestApi } from './test-api.ts';
import { answerAttach, attached, cleanup, connect, refuse, serve, welcome } from './test-api.ts';
import { testUpdate } from './test-update.ts';

jest.setTimeout(limitMs);
afterEach(() => cleanup.closeAll());

/** An API that records what it receives, and acknowledges. */
const drainable = (): Promise<TestApi> =>
  serve(({ type, revision }, socket) => {
    if (type === 'attach') {
      socket.send(JSON.stringify(attached));
      return { ...testUpdate(4), type: 'update', session_id: 's' };
    }
    if (type === 'ack') return { type: 'acknowledged', session_id: 's', up_to: revision };
    return type === 'hello' ? welcome : type === 'drain' ? { type: 'drained' } : undefined;
  });

describe('an agent', () => {
  test('that another process replaces reports it to onError, and ends', async () => {
    let socket: WebSocket | undefined;
    const { url } = await serve((_, opened) => {
      socket = opened;
      return welcome;
    });
    const onError = jest.fn();
    const agent = await connect(url, { onError });
    socket?.close(4409, 'superseded');
    const { reason, error } = await agent.ended;
    expect([reason, error]).toEqual(['replaced', expect.any(AgentReplaced)]);
    expect(onError).toHaveBeenCalledWith(error, undefined);
  });

  test('that is closed ends', async () => {
    const { url } = await serve(() => welcome);
    const agent = await connect(url);
    await agent.close();
    await expect(agent.ended).resolves.toEqual({ reason: 'closed' });
    await expect(agent.attach('s')).rejects.toThrow('closed');
  });

  test('sends attempts that grow even if the clock is set back', async () => {
    const { url, received } = await serve(({ type }, socket) => {
      if (type === 'hello' && received.length === 1) setImmediate(() => socket.terminate());
      return type === 'hello' ? welcome : undefined;
    });
    const now = jest.spyOn(Date, 'now');
    cleanup.add(() => now.mockRestore());
    now.mockReturnValueOnce(9_000).mockReturnValue(1_000);
    await connect(url);
    const hellos = (): Frame[] => received.filter(({ type }) => type === 'hello');
    await waitUntil(() => hellos().length === 2);
    expect(hellos().map(({ attempt }) => attempt)).toEqual([9_000, 9_001]);
  });

  test('survives callbacks that throw', async () => {
    const { url } = await serve(({ type }, socket) => {
      if (type === 'hello') {
        socket.send(JSON.stringify(welcome));
        return { ...attached, session_id: 'taken', reason: 'takeover' };
      }
      return type === 'attach' ? attached : undefined;
    });
    const onError = jest.fn();
    const failure = new Error('spec');
    const onTakeover = (): void => {
      throw failure;
    };
    const agent = await connect(url, { onTakeover, onError });
    await agent.attach('s');
    expect(onError).toHaveBeenCalledWith(failure, undefined);
    expect([...agent.streams.keys()]).toEqual(['taken', 's']);
  });
});

describe('a detach', () => {
  test('without a connection is sent over the next one', async () => {
    const { url, received } = await serve(({ type }, socket) => {
      if (type === 'attach') setImmediate(() => socket.terminate());
      if (type === 'detach') return { ...attached, type: 'detached', reason: 'requested' };
      return type === 'hello' ? welcome : type === 'attach' ? attached : undefined;
    });
    const agent = await connect(url);
    const stream = await agent.attach('s');
    await waitUntil(() => received.length > 1);
    await stream.detach();
    expect(await stream.ended).toBe('requested');
  });

  test('that fails is sent again', async () => {
    let attempts = 0;
    const { url } = await serve(({ type }) => {
      if (type === 'hello') return welcome;
      if (type === 'attach') return attached;
      if (type !== 'detach') return undefined;
      attempts += 1;
      return attempts === 1
        ? { type: 'error', code: 'engine_unavailable', session_id: 's' }
        : { ...attached, type: 'detached', reason: 'requested' };
    });
    const stream = await (await connect(url)).attach('s');
    await stream.detach();
    expect(attempts).toBe(2);
  });

  test('rejects when there is no answer for timeoutMs', async () => {
    const { url } = await answerAttach(attached);
    const stream = await (await connect(url, { timeoutMs: 500 })).attach('s');
    await expect(stream.detach()).rejects.toThrow(Unavailable);
  });
});

describe('closing', () => {
  test('waits for the handler that runs, and acknowledges before it drains', async () => {
    const { url, received } = await drainable();
    const gate = deferred<void>();
    const begun = deferred<void>();
    const onUpdate = (): Promise<void> => {
      begun.resolve();
      return gate.promise;
    };
    const agent = await connect(url, { onUpdate });
    await agent.attach('s');
    await begun.promise;
    const closing = agent.close();
    expect(received.map(({ type }) => type)).toEqual(['hello', 'attach']);
    gate.resolve();
    await closing;
    expect(received.map(({ type }) => type)).toEqual(['hello', 'attach', 'ack', 'drain']);
  });

  test('does not wait longer than closeTimeoutMs for a handler', async () => {
    const { url, received } = await drainable();
    const begun = deferred<void>();
    const onUpdate = (): Promise<void> => {
      begun.resolve();
      return new Promise(() => undefined);
    };
    const agent = await connect(url, { onUpdate, closeTimeoutMs: 20 });
    await agent.attach('s');
    await begun.promise;
    await agent.close();
    expect(received.map(({ type }) => type)).toEqual(['hello', 'attach', 'drain']);
  });

  test('drains over the next connection when the first one breaks', async () => {
    const { url, received } = await serve(({ type }, socket) => {
      if (type === 'drain' && received.filter((frame) => frame.type === 'drain').length === 1)
        socket.terminate();
      else if (type === 'drain') return { type: 'drained' };
      return type === 'hello' ? welcome : type === 'attach' ? attached : undefined;
    });
    const agent = await connect(url);
    await agent.attach('s');
    await agent.close();
    const hellos = received.filter(({ type }) => type === 'hello');
    expect(hellos.map(({ draining }) => draining)).toEqual([false, true]);
  });
});

describe('the token of a connection', () => {
  test('is followed by another one when it has expired', async () => {
    const tokens = ['old', 'new'];
    const api = await serve((_, socket) => {
      if (api.authorizations.at(-1) === 'Bearer new') return welcome;
      socket.close(4401, 'token expired');
      return undefined;
    });
    await connect(api.url, { token: () => tokens.shift() ?? '' });
    expect(api.authorizations).toEqual(['Bearer old', 'Bearer new']);
  });

  test.each([
    [4401, 'unauthenticated'],
    [4403, 'forbidden'],
  ])('that is refused for good ends the agent (%i)', async (code, expected) => {
    const { url } = await refuse(code, 'no');
    await expect(connect(url, { token: 'fixed' })).rejects.toMatchObject({ code: expected });
  });
});
