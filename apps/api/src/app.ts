import type { AppDefinition } from '#platform';
import { authenticateRequests } from './access/hook.ts';
import { admitRequests } from './admission/hook.ts';
import { announceAge } from './analysts/age.ts';
import { AppModule } from './app.module.ts';
import { makeAnswers } from './common/answers.ts';
import { serveOpenApi } from './common/openapi.ts';
import { toApiProblem } from './common/problems.ts';
import { announceDegradation } from './common/degradation.ts';
import { restrictLists } from './erasure/restricted-lists.ts';

/** The HTTP API: commands, reads, live agents. */
export const api: AppDefinition = {
  name: 'api',
  defaultPort: 3000,
  module: AppModule,
  // Commands and contexts work without these services: a load balancer must not take every node out.
  dispensable: ['redis', 'postgres', 'key_store'],
  webSocketPath: '/v1/agents',
  translateError: toApiProblem,
  setUp: (app) => {
    serveOpenApi(app);
    announceDegradation(app);
    announceAge(app);
    authenticateRequests(app);
    admitRequests(app);
    makeAnswers(app);
    restrictLists(app);
  },
};
