import { expect, test } from '@jest/globals';
import { AttachRequests } from './attach-requests.ts';
import type { Frame } from './frame.ts';

test('at most 200 attaches wait for their answers at the same time', async () => {
  const sent: Frame[] = [];
  const requests = new AttachRequests((frame) => void sent.push(frame), 60_000);
  const answers = Array.from({ length: 250 }, (_, n) => requests.request(`s${n}`, undefined));
  expect(sent).toHaveLength(200);
  requests.reject('s0', new Error('spec'));
  await expect(answers[0]).rejects.toThrow('spec');
  expect(sent).toHaveLength(201);
  requests.resend();
  expect(sent).toHaveLength(401);
  requests.rejectAll(new Error('spec'));
  await Promise.allSettled(answers);
});
