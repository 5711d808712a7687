import {
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  type EventStoreDBClient,
  type PersistentSubscriptionToStreamSettings,
} from '@eventstore/db-client';
import { Recorder } from './harness.ts';

/** Shorthands for persistent subscriptions to a stream. */
export const groupTools = (client: () => EventStoreDBClient) => {
  const create = async (
    stream: string,
    settings: Partial<PersistentSubscriptionToStreamSettings> = {},
    group = 'group',
  ) => {
    const all = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, ...settings });
    await client().createPersistentSubscriptionToStream(stream, group, all);
    return all;
  };
  const connect = (stream: string, group = 'group', bufferSize = 10) =>
    client().subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize });
  const info = (stream: string, group = 'group') =>
    client().getPersistentSubscriptionToStreamInfo(stream, group);
  /** Acknowledges every event. */
  const acking = (stream: string, group = 'group') => {
    const subscription = connect(stream, group);
    const recorder = new Recorder().follow(subscription);
    subscription.on('data', (resolved) => void subscription.ack(resolved));
    return { subscription, recorder };
  };
  const parked = async (stream: string) => Number((await info(stream)).stats.parkedMessageCount);
  return { create, connect, info, acking, parked };
};
