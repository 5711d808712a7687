import { beforeEach, expect, test } from '@jest/globals';
import { Attachment } from './attachment.ts';
import { TestOutlet } from './test-updates.ts';
import { UpdateDispatcher } from './update-dispatcher.ts';

let dispatcher: UpdateDispatcher;
let watched: unknown[];
beforeEach(() => {
  watched = [];
  const notifier = {
    watch: async (_sessionId: string, listener: unknown) => void watched.push(listener),
    unwatch: (_sessionId: string, listener: unknown) => {
      watched = watched.filter((item) => item !== listener);
    },
  };
  const [metrics, announcer] = [{ watchUnacknowledged: () => undefined }, { subscribe: () => undefined }];
  const services = [{}, {}, notifier, metrics, {}, {}, announcer, {}];
  dispatcher = new UpdateDispatcher(
    ...(services as unknown as ConstructorParameters<typeof UpdateDispatcher>),
  );
});

function outletOf(instance: string): TestOutlet {
  const outlet = new TestOutlet();
  return Object.assign(outlet, { member: { ...outlet.member, instance } });
}

test('the next owner of a session replaces the one before', async () => {
  const [first, second] = [outletOf('bot-1'), outletOf('bot-2')];
  await dispatcher.add(new Attachment('session', first, 5, 4));
  const current = new Attachment('session', second, 6, 4);
  await dispatcher.add(current);
  expect(dispatcher.get('session')).toBe(current);
  expect(first.frames).toMatchObject([{ type: 'detached', epoch: 5, reason: 'replaced' }]);
  expect(watched).toEqual([current.onNotification]);
});

test('a former owner that comes late replaces nobody, and is told the owner', async () => {
  const [owner, late] = [outletOf('bot-2'), outletOf('bot-1')];
  const current = new Attachment('session', owner, 6, 4);
  await dispatcher.add(current);
  await dispatcher.add(new Attachment('session', late, 5, 4));
  expect(dispatcher.get('session')).toBe(current);
  expect(owner.frames).toEqual([]);
  const holder = { instance: 'bot-2', epoch: 6, pool: 'support' };
  expect(late.frames).toMatchObject([{ type: 'detached', epoch: 5, reason: 'replaced', holder }]);
  expect(late.attached.size).toBe(0);
  expect(watched).toEqual([current.onNotification]);
});
