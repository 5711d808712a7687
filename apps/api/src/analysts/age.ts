import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RowReads } from './row-reads.ts';

/** Sets the headers that state the age of answers read from rows. */
export function announceAge(app: NestFastifyApplication): void {
  const rows = app.get(RowReads);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (request, reply, _payload, done) => {
      const asOf = rows.asOf(request);
      if (asOf !== undefined) {
        const ageMs = Math.max(0, performance.now() - asOf);
        void reply.header('age', Math.floor(ageMs / 1_000));
        void reply.header('turnstream-as-of', new Date(Date.now() - ageMs).toISOString());
      }
      done();
    });
}
