import { expect, test } from '@jest/globals';
import { createDatabase } from '../test-support.ts';
import { requestExport, TooManyExportsError } from './jobs.ts';
import { exportRequest } from './test-exports.ts';

test('a subject has at most twenty unfinished exports, however many it requests at once', async () => {
  const database = await createDatabase();
  try {
    const { requested_by } = exportRequest();
    const requests = Array.from({ length: 40 }, () =>
      requestExport(database.pool, exportRequest({ requested_by })),
    );
    const refused = (await Promise.allSettled(requests)).flatMap((result) =>
      result.status === 'rejected' ? [result.reason] : [],
    );
    expect(refused).toEqual(Array.from({ length: 20 }, () => expect.any(TooManyExportsError)));
    await requestExport(database.pool, exportRequest());
  } finally {
    await database.drop();
  }
});
