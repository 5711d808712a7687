import { expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { inheritOffsets } from './group.ts';

type Offsets = Record<number, string>;
type Seek = Parameters<Admin['setOffsets']>[0];

/** Groups with these offsets. When offsets are set, only this many partitions take them. */
function groupsOf(groups: Record<string, Offsets>, settable: number) {
  const set: Offsets[] = [];
  const admin = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    fetchOffsets: async ({ groupId }: { groupId: string }) => {
      const offsets = Object.entries(groups[groupId] ?? {});
      const partitions = offsets.map(([partition, offset]) => ({ partition: Number(partition), offset }));
      return [{ topic: 'orders', partitions }];
    },
    setOffsets: async ({ groupId, partitions }: Seek) => {
      const these = partitions.slice(0, settable).map(({ partition, offset }) => [partition, offset]);
      set.push(Object.fromEntries(these) as Offsets);
      groups[groupId] = { ...groups[groupId], ...set.at(-1) };
    },
  };
  return { kafka: { admin: () => admin as unknown as Admin }, set };
}

const call = { from: 'old', groupId: 'own', topic: 'orders' };

test('each partition without an offset inherits that of the previous group', async () => {
  const { kafka, set } = groupsOf({ old: { 0: '5', 1: '6', 2: '-1' }, own: { 0: '9', 1: '-1', 2: '-1' } }, 9);
  await inheritOffsets(kafka, call);
  await inheritOffsets(kafka, call);
  expect(set).toEqual([{ 1: '6' }]);
});

test('a partial update is an error, and the next attempt completes it', async () => {
  const { kafka, set } = groupsOf({ old: { 0: '5', 1: '6' } }, 1);
  await expect(inheritOffsets(kafka, call)).rejects.toThrow('partitions 1 of orders');
  await inheritOffsets(kafka, call);
  expect(set).toEqual([{ 0: '5' }, { 1: '6' }]);
});
