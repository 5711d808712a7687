import type { Schema } from './narrowed.ts';
import { narrowed } from './narrowed.ts';

export interface AsyncApi {
  readonly channels: { readonly [name: string]: { readonly address: string; readonly messages: object } };
  readonly operations: {
    readonly [name: string]: {
      readonly action: 'send' | 'receive';
      readonly channel: { readonly $ref: string };
    };
  };
  readonly components: { readonly messages: { readonly [name: string]: { readonly payload: Schema } } };
}

const received = { closed: false, openEnums: false };
const sent = { closed: false, openEnums: true };

/** What an older service on Kafka can no longer do. */
export function messageBreaks(before: AsyncApi, after: AsyncApi): string[] {
  return Object.entries(before.operations).flatMap(([name, { action, channel }]) => {
    const now = after.operations[name];
    if (now === undefined) return [`${name} is gone`];
    const old = channelOf(before, channel.$ref);
    const same = channelOf(after, now.channel.$ref);
    if (old.address !== same.address) return [`${name}: the topic ${old.address} is now ${same.address}`];
    return Object.keys(old.messages).flatMap((type) => {
      if (!(type in same.messages)) return [`${name}: ${type} is gone`];
      const place = (document: AsyncApi) => ({
        schema: document.components.messages[type]?.payload ?? {},
        document,
      });
      const [was, is] = [place(before), place(after)];
      const faults = action === 'receive' ? narrowed(was, is, received) : narrowed(is, was, sent);
      return faults.map((fault) => `${name}: ${type}: ${fault}`);
    });
  });
}

function channelOf({ channels }: AsyncApi, reference: string): AsyncApi['channels'][string] {
  return channels[reference.split('/').at(-1) ?? ''] ?? { address: '', messages: {} };
}
